// `wasmrun wast`.
#include "tests/cli/command.h"

using namespace cli;

namespace {

/// A folder with a script that passes and one that fails at lines 2 and 3.
struct Scripts : TemporaryFolder {
  Scripts() {
    const std::string module = "(module (func (export \"f\") (result i32) (i32.const 1)))\n";
    write_file(file("good.wast"), module + "(assert_return (invoke \"f\") (i32.const 1))\n");
    write_file(file("bad.wast"), module + "(assert_return (invoke \"f\") (i32.const 2))\n(assert_trap (invoke \"f\") \"x\")\n");
  }
};

}  // namespace

TEST_CASE("wast reports each failed command with its place", "[cli][wast]") {
  const Scripts scripts;
  const Ended ended = wasmrun({"wast", scripts.path()});
  CHECK(ended.status == 1);
  CHECK(contains(ended.out, "bad.wast:2: expected a return of (i32.const 2), got (i32.const 1)\n"));
  CHECK(contains(ended.out, "bad.wast:3: "));
  CHECK(contains(ended.out, "2 files, 3 assertions; 1 files failed, 2 commands failed"));
}

TEST_CASE("wast --filter selects scripts by name", "[cli][wast]") {
  const Scripts scripts;
  CHECK(wasmrun({"wast", "--filter", "good", scripts.path()}).status == 0);
  CHECK(wasmrun({"wast", "--filter=bad", scripts.path()}).status == 1);
  CHECK(wasmrun({"wast", "--filter=none", scripts.path()}).status == 125);
}

TEST_CASE("wast --expect-failures takes known failures, and fails on a pass", "[cli][wast]") {
  const Scripts scripts;
  const auto with = [&](std::string_view list) {
    write_file(scripts.file("list"), list);
    return wasmrun({"wast", "--expect-failures", scripts.file("list"), scripts.path()});
  };
  CHECK(with("# known\nbad.wast:2  # wrong\nbad.wast:3\n").status == 0);
  CHECK(with("bad.wast\n").status == 0);
  CHECK(with("bad.wast:2\n").status == 1);
  const Ended passed = with("bad.wast\ngood.wast:2\n");
  CHECK(passed.status == 1);
  CHECK(contains(passed.out, "good.wast:2: expected a failure, got a pass"));
}

TEST_CASE("wast writes JUnit, TAP and JSON", "[cli][wast]") {
  const Scripts scripts;
  const std::string tap = wasmrun({"wast", "--format=tap", scripts.path()}).out;
  CHECK(contains(tap, "TAP version 14\n1..2\nnot ok 1 - bad.wast: 2 assertions\n# bad.wast:2: "));
  CHECK(contains(tap, "ok 2 - good.wast: 1 assertions\n"));
  const std::string junit = wasmrun({"wast", "--format", "junit", scripts.path()}).out;
  CHECK(contains(junit, "<testsuite name=\"wast\" tests=\"2\" failures=\"1\""));
  CHECK(contains(junit, "<failure message=\"bad.wast:2: "));
  const std::string json = wasmrun({"wast", "--format=json", scripts.path()}).out;
  CHECK(contains(json, "\"assertions\": 3, \"failed_files\": 1, \"failures\": 2"));
  CHECK(wasmrun({"wast", "--format=xml", scripts.path()}).status == 125);
}

TEST_CASE("wast says where a malformed script is wrong", "[cli][wast]") {
  const Scripts scripts;
  write_file(scripts.file("bad.wast"), "(module)\n(assert_retur)\n");
  const Ended ended = wasmrun({"wast", scripts.file("bad.wast")});
  CHECK(ended.status == 1);
  CHECK(contains(ended.out, "bad.wast"));
  CHECK(contains(ended.out, "2:2"));
}

TEST_CASE("wast says what is no script", "[cli][wast]") {
  const TemporaryFolder empty;
  CHECK(wasmrun({"wast"}).status == 125);
  CHECK(wasmrun({"wast", "--no-such-option", empty.path()}).status == 125);
  const Ended missing = wasmrun({"wast", empty.file("missing.wast")});
  CHECK(missing.status != 0);
  CHECK(contains(missing.err + missing.out, "missing.wast"));
  const Ended none = wasmrun({"wast", empty.path()});
  CHECK(none.status != 0);
  CHECK(contains(none.err + none.out, "no"));
}

TEST_CASE("wast ends with an error in deep, long and broken scripts", "[cli][wast]") {
  const Scripts scripts;
  std::string deep = "(module)\n";
  for (int i = 0; i < 100000; ++i) deep += "(assert_return ";
  for (const std::string& text : {deep, "(module)\n(assert_return (invoke \"" + std::string(1000000, 'a'), std::string("(module)\n(module quote \"\xff")}) {
    write_file(scripts.file("hostile.wast"), text);
    const Ended ended = wasmrun({"wast", scripts.file("hostile.wast")});
    CAPTURE(ended.out, ended.err);
    CHECK(ended.status == 1);
    CHECK(contains(ended.out, "hostile.wast:2"));
    CHECK(ended.seconds < 20);
  }
}
