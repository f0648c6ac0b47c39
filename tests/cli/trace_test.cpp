// --trace-wasi.
#include "tests/cli/command.h"

using namespace cli;

TEST_CASE("the trace names descriptors, paths, flags and errors", "[cli][trace]") {
  SKIP_WITHOUT_GUEST("cat");
  const TemporaryFolder folder;
  write_file(folder.file("in.txt"), "hello\n");
  const Ended ended = wasmrun({"--trace-wasi=" + folder.file("trace"), "--dir=" + folder.path() + "::/data:ro", guest("cat"), "/data/in.txt", "/data/no.txt"});
  const std::string trace = read_file(folder.file("trace"));
  INFO(trace);
  CHECK(ended.out == "hello\n");
  CHECK(contains(trace, "path_open(fd=3</data -> " + folder.path() + ">, dirflags=SYMLINK_FOLLOW, path=\"in.txt\", oflags=0, rights_base=0x"));
  CHECK(contains(trace, ") = SUCCESS opened_fd=4</data/in.txt -> " + folder.file("in.txt") + "> <"));
  CHECK(contains(trace, "path=\"no.txt\""));
  CHECK(contains(trace, ") = NOENT <"));
  CHECK(contains(trace, " buffers of "));
  CHECK(contains(trace, "proc_exit(rval="));
  CHECK_FALSE(contains(ended.err, "path_open"));
}

TEST_CASE("without a file the trace goes to standard error", "[cli][trace]") {
  SKIP_WITHOUT_GUEST("hello");
  const Ended ended = wasmrun({"--trace-wasi", guest("hello")});
  CHECK(ended.status == 0);
  CHECK(ended.out == "hello, world\n");
  CHECK(contains(ended.err, "fd_write(fd=1<"));
  CHECK(contains(ended.err, "nwritten=13"));
}

TEST_CASE("the summary counts calls and errors, whatever the end", "[cli][trace]") {
  SKIP_WITHOUT_GUEST("cat");
  SKIP_WITHOUT_GUEST("trap");
  const TemporaryFolder folder;
  const Ended ended = wasmrun({"--trace-wasi=summary", "--dir=" + folder.path() + "::/data", guest("cat"), "/data/no.txt"});
  INFO(ended.err);
  CHECK(ended.status != 0);
  CHECK(contains(ended.err, "% time     seconds  usecs/call      calls    errors function\n"));
  CHECK(contains(ended.err, "          1         1 path_open\n"));
  CHECK(contains(ended.err, " total\n"));
  CHECK(contains(wasmrun({"--trace-wasi=summary", guest("trap")}).err, "% time"));
}

TEST_CASE("a trace that cannot be written is wrong usage before, and no matter after", "[cli][trace]") {
  SKIP_WITHOUT_GUEST("hello");
  const Ended refused = wasmrun({"--trace-wasi=/no/such/folder/trace", guest("hello")});
  CHECK(refused.status == 125);
  CHECK(first_line(refused.err) == "wasmrun: --trace-wasi: cannot write '/no/such/folder/trace': No such file or directory");
  CHECK(wasmrun({"--trace-wasi=", guest("hello")}).status == 125);
  const Ended full = wasmrun({"--trace-wasi=/dev/full", guest("hello")});
  CHECK(full.status == 0);
  CHECK(full.out == "hello, world\n");
}
