// --invoke: arguments by type, results one a line, reactors.
#include "tests/cli/command.h"

using namespace cli;

TEST_CASE("results are printed one a line", "[cli][invoke]") {
  SKIP_WITHOUT_GUEST("no_start");
  const std::string module = guest("no_start");
  CHECK(wasmrun({"--invoke=answer", module}).out == "42\n");
  CHECK(wasmrun({"--invoke", "swap", module, "--", "-5", "0xffffffffffffffff"}).out == "-1\n-5\n");
  CHECK(wasmrun({module, "--invoke=same_f32", "0.1"}).out == "0.1\n");
  CHECK(wasmrun({module, "--invoke=same_f64", "--", "-inf"}).out == "-inf\n");
  CHECK(wasmrun({module, "--invoke=same_v128", "0x0123456789abcdef0123456789abcdef"}).out == "0x0123456789abcdef0123456789abcdef\n");
  CHECK(wasmrun({module, "--invoke=fail"}).status == 134);
}

TEST_CASE("arguments that do not fit are wrong usage", "[cli][invoke]") {
  SKIP_WITHOUT_GUEST("no_start");
  const std::string module = guest("no_start");
  const Ended none = wasmrun({"--invoke=nothing", module});
  CHECK(none.status == 125);
  CHECK(contains(none.err, "exports no function 'nothing'"));
  CHECK(contains(none.err, "  answer: func [] -> [i32]\n"));
  CHECK(wasmrun({"--invoke=memory", module}).status == 125);
  const Ended count = wasmrun({"--invoke=swap", module, "1"});
  CHECK(count.status == 125);
  CHECK(contains(count.err, "expected 2 arguments, found 1"));
  CHECK(contains(wasmrun({"--invoke=swap", module, "1", "x"}).err, "'x' is no i64"));
}

TEST_CASE("a reactor is initialized before a call", "[cli][invoke]") {
  SKIP_WITHOUT_GUEST("reactor");
  CHECK(wasmrun({"--invoke=add", guest("reactor"), "1", "2"}).out == "103\n");
  CHECK(wasmrun({"--invoke=half", guest("reactor"), "3"}).out == "1.5\n");
  CHECK(wasmrun({"--invoke=say", guest("reactor")}).out == "said\n");
  CHECK(wasmrun({guest("reactor")}).status == 0);
}

TEST_CASE("results that cannot be written are an error", "[cli][invoke]") {
  SKIP_WITHOUT_GUEST("no_start");
  CHECK(run({.words = {"--invoke=answer", guest("no_start")}, .output_file = "/dev/full"}).status == 125);
  CHECK(run({.words = {"--invoke=answer", guest("no_start")}, .close_output = true}).status == 125);
}
