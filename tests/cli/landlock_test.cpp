// The kernel's second layer around the program's files: said by -v, left out by --no-landlock, and without effect on programs.
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/cli/command.h"

using namespace cli;

namespace {

// spec: landlock_create_ruleset(2), LANDLOCK_CREATE_RULESET_VERSION
bool has_landlock() {
  return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1u) >= 2;
}

#define SKIP_WITHOUT_LANDLOCK()                                         \
  if (!has_landlock()) {                                                \
    std::printf("SKIPPED: this kernel has no Landlock that suffices\n"); \
    std::fflush(stdout);                                                \
    SUCCEED("no Landlock");                                             \
    return;                                                             \
  }

}  // namespace

TEST_CASE("files are restricted by the kernel unless --no-landlock is given", "[cli][landlock]") {
  SKIP_WITHOUT_GUEST("hello");
  SKIP_WITHOUT_LANDLOCK();
  const Ended with = wasmrun({"-v", guest("hello")});
  CHECK(with.out == "hello, world\n");
  CHECK(contains(with.err, "files are restricted by the kernel"));
  const Ended without = wasmrun({"-v", "--no-landlock", guest("hello")});
  CHECK(without.out == "hello, world\n");
  CHECK_FALSE(contains(without.err, "by the kernel"));
}

TEST_CASE("programs do the same with and without Landlock", "[cli][landlock][attack][attack46]") {
  SKIP_WITHOUT_GUEST("files");
  SKIP_WITHOUT_GUEST("cat");
  for (const char* resolver : {"openat2", "walk"}) {
    Ended ended[2];
    for (const bool is_restricted : {false, true}) {
      const TemporaryFolder folder;
      std::vector<std::string> words{"--dir=" + folder.path() + "::/out", guest("files"), "/out"};
      if (!is_restricted) words.insert(words.begin(), "--no-landlock");
      ended[is_restricted] = run({.words = words, .environment = {std::string("WASMRUN_RESOLVER=") + resolver}});
    }
    CHECK(ended[0].status == 0);
    CHECK(ended[0].out == ended[1].out);
    CHECK(ended[0].err == ended[1].err);
    CHECK(ended[0].status == ended[1].status);
  }
  // What is refused is refused alike, standard streams and read-only directories work alike.
  const TemporaryFolder folder;
  write_file(folder.file("in.txt"), "hello\n");
  for (const char* name : {"/data/in.txt", "/data/none", "/etc/passwd", "/data/../etc/passwd", "-"}) {
    INFO(name);
    const std::string dir = "--dir=" + folder.path() + "::/data:ro";
    const Ended without = run({.words = {"--no-landlock", dir, guest("cat"), name}, .input = "input\n"});
    const Ended with = run({.words = {dir, guest("cat"), name}, .input = "input\n"});
    CHECK(without.status == with.status);
    CHECK(without.out == with.out);
    CHECK(without.err == with.err);
  }
}

TEST_CASE("preloaded modules and time limits do not mind Landlock", "[cli][landlock][preload]") {
  SKIP_WITHOUT_GUEST("spin");
  const Ended preloaded = wasmrun({"--preload=lib=" + guest("library"), "--invoke=twice", guest("uses_library")});
  CHECK(preloaded.status == 0);
  const Ended spinning = wasmrun({"--timeout=300ms", guest("spin")});
  CHECK(spinning.status == 124);
  CHECK(spinning.seconds < 5);
}
