// Programs of ours in C and C++: the library of each language works as a user expects.
#include "tests/cli/command.h"

using namespace cli;

TEST_CASE("hello world runs with no word on standard error", "[cli][programs]") {
  SKIP_WITHOUT_GUEST("hello");
  const Ended ended = wasmrun({guest("hello")});
  CHECK(ended.status == 0);
  CHECK(ended.out == "hello, world\n");
  CHECK(ended.err == "");
}

TEST_CASE("what is done is said on standard error with -v", "[cli][programs]") {
  SKIP_WITHOUT_GUEST("hello");
  const Ended ended = wasmrun({"-v", guest("hello")});
  CHECK(ended.out == "hello, world\n");
  CHECK(contains(ended.err, "compiled"));
}

TEST_CASE("arithmetic, sorting and memory give the known answers", "[cli][programs]") {
  SKIP_WITHOUT_GUEST("compute");
  const std::string expected = read_file(SOURCES "/tests/guests/compute.expected");
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--explicit-bounds-checks"}}) {
    std::vector<std::string> words = options;
    words.push_back(guest("compute"));
    const Ended ended = wasmrun(words);
    CHECK(ended.status == 0);
    CHECK(ended.out == expected);
  }
}

TEST_CASE("C++ containers, streams and destructors work", "[cli][programs]") {
  SKIP_WITHOUT_GUEST("containers");
  const Ended ended = wasmrun({guest("containers")});
  CHECK(ended.status == 0);
  CHECK(ended.out == "and=2 bird=1 cat=1 dog=1 the=3 \n143 71500\n48 12 9 1 \nbye\n");
}

TEST_CASE("clocks, sleeping, polling and random bytes work", "[cli][programs]") {
  SKIP_WITHOUT_GUEST("clock_random");
  const Ended ended = wasmrun({guest("clock_random")});
  CHECK(ended.out == "clocks and random work\n");
  CHECK(ended.status == 0);
}

TEST_CASE("files can be written, read, renamed, linked and listed", "[cli][dir]") {
  SKIP_WITHOUT_GUEST("files");
  const TemporaryFolder folder;
  write_file(folder.file("Grüße"), "x");
  const std::string expected = "entry Grüße\nentry folder\nentry link\nfiles work\n";
  CHECK(run({.words = {guest("files"), "--dir=.", "."}, .directory = folder.path()}).out == expected);
  CHECK(wasmrun({"--dir=" + folder.path(), guest("files"), folder.path()}).out == expected);
  CHECK(wasmrun({"--dir", folder.path() + "::/out", guest("files"), "/out"}).out == expected);
  CHECK(wasmrun({"--dir", folder.path() + "::/", guest("files"), "/"}).out == expected);
  CHECK(wasmrun({"--dir", folder.path() + "::/", guest("files"), "."}).out == expected);
}

TEST_CASE("nothing is granted by default, and :ro grants no writing", "[cli][dir]") {
  SKIP_WITHOUT_GUEST("files");
  const TemporaryFolder folder;
  const Ended none = run({.words = {guest("files"), "."}, .directory = folder.path()});
  CHECK(none.status == 1);
  CHECK_FALSE(exists(folder.file("one.txt")));
  const Ended read_only = run({.words = {guest("files"), "--dir=.:ro", "."}, .directory = folder.path()});
  CHECK(read_only.status == 1);
  CHECK_FALSE(exists(folder.file("one.txt")));
}

TEST_CASE("a directory that does not exist is wrong usage", "[cli][dir]") {
  SKIP_WITHOUT_GUEST("hello");
  for (const char* directory : {"--dir=no-such-directory", "--dir=/bin/true", "--dir=no/such::/out:ro"}) {
    const Ended ended = wasmrun({directory, guest("hello")});
    INFO(directory << "\n" << ended.err);
    CHECK(ended.status == 125);
    CHECK(ended.out == "");
    CHECK(contains(ended.err, "--dir"));
  }
}
