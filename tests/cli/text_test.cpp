// Programs in text form.
#include "tests/cli/command.h"

using namespace cli;

namespace {

constexpr const char* kHello = R"((module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\03\00\00\00hi\n")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))
)";

/// Runs the text; the file's name says nothing about what is in it.
Ended run_text(std::string_view text) {
  const TemporaryFolder folder;
  write_file(folder.file("app"), text);
  return run({.words = {"app"}, .directory = folder.path()});
}

}  // namespace

TEST_CASE("a text module runs", "[cli][text]") {
  const Ended ended = run_text(kHello);
  CHECK(ended.err == "");
  CHECK(ended.out == "hi\n");
  CHECK(ended.status == 0);
}

TEST_CASE("a text module may begin with an interpreter line and comments", "[cli][text]") {
  CHECK(run_text(std::string("#!/usr/bin/env -S wasmrun exec\n;; says hi\n") + kHello).out == "hi\n");
  CHECK(run_text(std::string("(; says\n hi ;)\n") + kHello).out == "hi\n");
}

TEST_CASE("a text module comes from standard input", "[cli][text]") {
  CHECK(run({.words = {"-"}, .input = kHello}).out == "hi\n");
}

TEST_CASE("a mistake in a text is shown with its place", "[cli][text]") {
  const Ended ended = run_text("#!line one\n(module\n  (func i32.ad))\n");
  CHECK(ended.status == 126);
  CHECK(ended.err == "wasmrun: app:3:9: unknown operator i32.ad\n      (func i32.ad))\n            ^~~~~~\n");
}

TEST_CASE("validate takes text", "[cli][text]") {
  const TemporaryFolder folder;
  write_file(folder.file("good.wat"), "(func (result i32) i32.const 1)");
  write_file(folder.file("bad.wat"), "(func (result i32) i64.const 1)");
  CHECK(wasmrun({"validate", folder.file("good.wat")}).status == 0);
  const Ended ended = wasmrun({"validate", folder.file("bad.wat")});
  CHECK(ended.status == 126);
  CHECK(contains(ended.err, "bad.wat' is invalid: type mismatch"));
}

TEST_CASE("deep nesting and large numbers in a text end in an error", "[cli][text]") {
  const Ended deep = run_text("(module (func " + std::string(1000000, '('));
  CHECK(deep.status == 126);
  CHECK(deep.seconds < 20);
  std::string blocks = "(module (func ";
  for (int i = 0; i < 100000; ++i) blocks += "(block ";
  CHECK(run_text(blocks).status == 126);
  CHECK(run_text("(module (memory 1" + std::string(1000000, '0') + "))").status == 126);
  CHECK(run_text("(module (func (drop (f64.const 1" + std::string(1000000, '0') + "))))").status == 126);
  CHECK(run_text("(module (import \"\xff\" \"\" (func)))").status == 126);
}
