// `wasmrun inspect`.
#include "tests/cli/command.h"

using namespace cli;

namespace {

constexpr const char* kModule = R"((module $lib
  (memory (export "memory") 1 4)
  (func $twice (export "twice") (param $x i32) (result i32) (i32.mul (local.get $x) (i32.const 2)))
  (func $v (param v128))))";

}  // namespace

TEST_CASE("inspect summarizes a module", "[cli][inspect]") {
  const Ended ended = run({.words = {"inspect", "-"}, .input = kModule});
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(contains(ended.out, "  name: lib\n"));
  CHECK(contains(ended.out, "2 functions"));
  CHECK(contains(ended.out, "  memory: 1 page (64 KiB) to 4 pages (256 KiB)\n"));
  CHECK(contains(ended.out, "  features: simd\n"));
  CHECK(contains(ended.out, "    twice: func [i32] -> [i32]\n"));
}

TEST_CASE("inspect --wat prints text that runs as the same module", "[cli][inspect]") {
  const Ended text = run({.words = {"inspect", "--wat", "-"}, .input = kModule});
  CHECK(text.status == 0);
  CHECK(contains(text.out, "call") == false);
  CHECK(contains(text.out, "i32.mul"));
  CHECK(run({.words = {"--invoke=twice", "-", "21"}, .input = text.out}).out == "42\n");
  CHECK(run({.words = {"inspect", "--wat", "-"}, .input = text.out}).out == text.out);
}

TEST_CASE("inspect refuses what is no module, and options of run", "[cli][inspect]") {
  CHECK(run({.words = {"inspect", "-"}, .input = "(module (func"}).status == 126);
  CHECK(wasmrun({"inspect", "--dir=.", "x"}).status == 125);
  CHECK(wasmrun({"--wat", "x"}).status == 125);
  CHECK(wasmrun({"inspect"}).status == 125);
}
