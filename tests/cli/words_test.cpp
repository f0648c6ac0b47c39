// Which words reach the guest, and the environment it sees.
#include "tests/cli/command.h"

using namespace cli;

TEST_CASE("words and options reach the right side", "[cli][grammar]") {
  SKIP_WITHOUT_GUEST("echo");
  CHECK(wasmrun({guest("echo")}).out == "arg echo.wasm\n");
  CHECK(wasmrun({guest("echo"), "--argv0=me", "in.txt", "--verbose", "-v"}).out == "arg me\narg in.txt\narg --verbose\narg -v\n");
  CHECK(wasmrun({"run", "--argv0", "me", guest("echo"), "--", "--argv0=you", "--"}).out == "arg me\narg --argv0=you\narg --\n");
  CHECK(wasmrun({"exec", "--argv0=me", guest("echo"), "--help", "--dir=/", "--"}).out == "arg me\narg --help\narg --dir=/\narg --\n");
  CHECK(wasmrun({guest("echo"), "", "a b", "\xff\xfe", "日本"}).out == "arg echo.wasm\narg \narg a b\narg \xff\xfe\narg 日本\n");
}

TEST_CASE("the guest has no environment unless it is given one", "[cli][env]") {
  SKIP_WITHOUT_GUEST("echo");
  const auto echo = [](std::vector<std::string> words) {
    words.insert(words.end(), {"--argv0=x", guest("echo")});
    return run({.words = words, .environment = {"SECRET=1", "EMPTY="}}).out;
  };
  CHECK(echo({}) == "arg x\n");
  CHECK(echo({"--env=A=1", "--env", "B=x=y", "--env=A=2", "--env=E="}) == "arg x\nenv A=2\nenv B=x=y\nenv E=\n");
  CHECK(echo({"--env=SECRET", "--env=EMPTY", "--env=UNSET"}) == "arg x\nenv SECRET=1\nenv EMPTY=\n");
  CHECK(echo({"--env-inherit", "--env=SECRET=2"}) == "arg x\nenv SECRET=2\nenv EMPTY=\n");
}

TEST_CASE("a file that begins with a shebang line runs, and every word is its own", "[cli][shebang]") {
  SKIP_WITHOUT_GUEST("echo");
  const TemporaryFolder folder;
  const std::string script = folder.file("tool");
  write_file(script, std::string("#!/usr/bin/env -S ") + WASMRUN_COMMAND + " exec --env=A=1\n" + read_file(guest("echo")), 0755);
  const Ended ended = run({.words = {"--help", "--dir=/", "x"}, .program = script});
  CHECK(ended.err == "");
  CHECK(ended.out == "arg tool\narg --help\narg --dir=/\narg x\nenv A=1\n");
  CHECK(ended.status == 0);
}

TEST_CASE("a program can come from standard input or a pipe", "[cli][stdin]") {
  SKIP_WITHOUT_GUEST("echo");
  const Ended ended = run({.words = {"-", "x"}, .input = read_file(guest("echo"))});
  CHECK(ended.out == "arg -\narg x\n");
  CHECK(ended.status == 0);
  CHECK(run({.words = {"/dev/stdin"}, .input = read_file(guest("echo"))}).out == "arg stdin\n");
  CHECK(run({.words = {"validate", "-"}, .input = read_file(guest("echo"))}).status == 0);
  const Ended empty = run({.words = {"-"}});
  CHECK(empty.status == 126);
  CHECK(contains(empty.err, "is empty"));
}
