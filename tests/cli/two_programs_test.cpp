// wasmrun is linked statically; what needs the optimizing compiler is done by wasmrun-llvm, which is the same with shared libraries.
#include <elf.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "tests/cli/command.h"

using namespace cli;

#ifdef WASMRUN_IS_STATIC
namespace {

/// Whether an ELF file names a program that loads its shared libraries.
bool has_interpreter(const std::string& path) {
  const std::string file = read_file(path);
  Elf64_Ehdr header;
  REQUIRE(file.size() > sizeof header);
  std::memcpy(&header, file.data(), sizeof header);
  for (size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, file.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_INTERP) return true;
  }
  return false;
}

#ifdef WASMRUN_LLVM
void copy(const std::string& from, const std::string& to) {
  std::filesystem::create_directories(std::filesystem::path(to).parent_path());
  std::filesystem::copy_file(from, to);
}

/// A file that lies beside the command.
std::string beside(const std::string& name) { return std::string(WASMRUN_COMMAND).substr(0, std::string(WASMRUN_COMMAND).rfind('/') + 1) + name; }

#endif

/// Words before a command that run it with `root` as its root directory, where that is possible for this user.
std::vector<std::string> as_root_directory(const std::string& root) {
  const std::string chroot = exists("/usr/sbin/chroot") ? "/usr/sbin/chroot" : "/usr/bin/chroot";
  for (std::vector<std::string> words : {std::vector<std::string>{chroot, root}, {"/usr/bin/unshare", "--user", "--map-root-user", chroot, root}}) {
    if (!exists(words[0])) continue;
    // A program that is not there: chroot's status is then 127, and 125 when there may be no other root.
    if (run({.words = [&] { auto rest = std::vector<std::string>(words.begin() + 1, words.end()); rest.push_back("/none"); return rest; }(), .program = words[0]}).status == 127)
      return words;
  }
  return {};
}

Ended run_in(const std::vector<std::string>& prefix, std::vector<std::string> words) {
  std::vector<std::string> all(prefix.begin() + 1, prefix.end());
  all.insert(all.end(), words.begin(), words.end());
  return run({.words = std::move(all), .program = prefix[0]});
}

}  // namespace

TEST_CASE("wasmrun and the executables that it makes need no library", "[cli][two_programs][executable]") {
  SKIP_WITHOUT_GUEST("hello");
  CHECK_FALSE(has_interpreter(WASMRUN_COMMAND));
  const TemporaryFolder folder;
  for (const char* const level : {"-O0", "-O2"}) {
#ifndef WASMRUN_LLVM
    if (std::string_view(level) == "-O2") continue;
#endif
    const Ended ended = wasmrun({"compile", "--exe", level, guest("hello"), "-o", folder.file("hello")});
    INFO(ended.err);
    REQUIRE(ended.status == 0);
    CHECK_FALSE(has_interpreter(folder.file("hello")));
  }
}

TEST_CASE("an executable runs where there is no other file", "[cli][two_programs][executable]") {
  SKIP_WITHOUT_GUEST("echo");
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("root"));
  const std::vector<std::string> chroot = as_root_directory(folder.file("root"));
  SKIP_WITHOUT(chroot.empty() ? "" : chroot[0], "another root directory needs root or user namespaces");
  REQUIRE(wasmrun({"compile", "--exe", guest("echo"), "-o", folder.file("root/echo")}).status == 0);
  const Ended ended = run_in(chroot, {"/echo", "a"});
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(ended.out == "arg echo\narg a\n");
  CHECK(ended.err == "");
}

TEST_CASE("a static wasmrun listens on addresses and on names of this machine", "[cli][two_programs][sockets]") {
  SKIP_WITHOUT_GUEST("hello");
  for (const char* const address : {"127.0.0.1:0", "localhost:0"}) {
    const Ended ended = wasmrun({std::string("--tcplisten=") + address, guest("hello")});
    INFO(ended.err);
    CHECK(ended.status == 0);
    CHECK(contains(ended.err, "listening on "));
  }
  const Ended unknown = wasmrun({"--tcplisten=nobody.invalid:0", guest("hello")});
  CHECK(unknown.status == 125);
  CHECK(contains(unknown.err, "cannot listen on 'nobody.invalid:0'"));
}

#ifdef WASMRUN_LLVM
TEST_CASE("a program on standard input, its words and its status are the same where the compiler is needed", "[cli][two_programs]") {
  SKIP_WITHOUT_GUEST("exit");
  SKIP_WITHOUT_GUEST("echo");
  CHECK(run({.words = {"-O2", "-", "7"}, .input = read_file(guest("exit"))}).status == 7);
  CHECK(run({.words = {"exec", "-O2", "--env=A", guest("echo"), "-O0", "--", ""}, .environment = {"A=b", "C=d"}}).out ==
        "arg echo.wasm\narg -O0\narg --\narg \nenv A=b\n");
  const Ended closed = run({.words = {"-O2", guest("exit"), "3"}, .no_standard_descriptors = true});
  CHECK(closed.status == 3);
}

TEST_CASE("a process stays the same when the compiler is needed, and its list of words too", "[cli][two_programs]") {
  SKIP_WITHOUT_GUEST("spin");
  const Ended ended = run({.words = {"-c", "cd / && '" WASMRUN_COMMAND "' -O2 --no-cache '" + guest("spin") + "' x >/dev/null & sleep 0.5; "
                                           "tr '\\0' ' ' </proc/$!/cmdline; readlink /proc/$!/exe /proc/$!/cwd; kill $!; wait $!; echo $?"},
                           .program = "/bin/sh"});
  CHECK(ended.out == WASMRUN_COMMAND " -O2 --no-cache " + guest("spin") + " x " + beside("wasmrun-llvm") + "\n/\n143\n");
}

TEST_CASE("wrong usage is told once, whichever program finds it", "[cli][two_programs]") {
  const Ended missing = wasmrun({"-O2", "/nowhere.wasm"});
  CHECK(missing.status == 127);
  CHECK(missing.err == wasmrun({"-O0", "/nowhere.wasm"}).err);
  const Ended wrong = wasmrun({"compile", "--timeout=x", "--exe", "app.wasm"});
  CHECK(wrong.status == 125);
  CHECK(first_line(wrong.err).starts_with("wasmrun: option '--timeout'"));
}

TEST_CASE("programs and plugin are also found in lib/wasmrun beside the command's folder", "[cli][two_programs][executable]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  copy(WASMRUN_COMMAND, folder.file("bin/wasmrun"));
  copy(beside("wasmrun-llvm"), folder.file("lib/wasmrun/wasmrun-llvm"));
  copy(beside("libwasmrun-llvm.so"), folder.file("lib/wasmrun/libwasmrun-llvm.so"));
  const std::string out = wasmrun({guest("hello")}).out;
  const Ended optimized = run({.words = {"-v", "-O2", "--no-cache", guest("hello")}, .program = folder.file("bin/wasmrun")});
  INFO(optimized.err);
  CHECK(optimized.out == out);
  CHECK(contains(optimized.err, "] compiled\n"));
  REQUIRE(run({.words = {"compile", "--exe", guest("hello"), "-o", folder.file("hello")}, .program = folder.file("bin/wasmrun")}).err == "");
  CHECK_FALSE(has_interpreter(folder.file("hello")));
  CHECK(run({.words = {}, .program = folder.file("hello")}).out == out);
}

TEST_CASE("a wasmrun whose other program is missing says so where the compiler is needed", "[cli][two_programs]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  const std::string alone = folder.file("wasmrun"), cache = "--cache-dir=" + folder.file("cache");
  copy(WASMRUN_COMMAND, alone);
  copy(beside("libwasmrun-llvm.so"), folder.file("libwasmrun-llvm.so"));
  const std::string problem = "the optimizing compiler cannot be loaded: " + folder.file("wasmrun-llvm") + ": No such file or directory\n";
  const std::string out = wasmrun({guest("hello")}).out;

  const Ended run_so = run({.words = {"-O2", guest("hello")}, .program = alone});
  CHECK(run_so.status == 125);
  CHECK(run_so.out == "");
  CHECK(contains(run_so.err, problem));
  const Ended warmed = run({.words = {"cache", cache, "warm", guest("hello")}, .program = alone});
  CHECK(warmed.status != 0);
  CHECK(contains(warmed.err, problem));
  const Ended compiled = run({.words = {"compile", "--exe", guest("hello"), "-o", folder.file("hello")}, .program = alone});
  CHECK(compiled.status == 0);
  CHECK(compiled.err == "wasmrun: compiling with -O0: " + problem);
  CHECK(run({.words = {}, .program = folder.file("hello")}).out == out);
  CHECK(run({.words = {"compile", "-O2", guest("hello"), "-o", folder.file("x")}, .program = alone}).status == 125);

  // It takes what is in the cache all the same.
  REQUIRE(wasmrun({"cache", cache, "warm", guest("hello")}).status == 0);
  const Ended cached = run({.words = {"-v", cache, guest("hello")}, .program = alone});
  CHECK(cached.out == out);
  CHECK(contains(cached.err, "optimized code from the cache"));
}
#endif
#endif
