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
}

TEST_CASE("what never ends in a text is an error at the place where it began", "[cli][text]") {
  const auto says = [](const std::string& text, std::string_view what) {
    const Ended ended = run_text(text);
    CAPTURE(ended.err);
    return ended.status == 126 && contains(ended.err, what) && ended.err.size() < 1000;
  };
  std::string comments, annotations, types;
  for (int i = 0; i < 100000; ++i) comments += "(;", annotations += "(@a ", types += "(func (param ";
  CHECK(says("(module\n " + comments, "app:2:2: unclosed comment"));
  CHECK(says("(module\n " + annotations, "app:2:2: unclosed annotation"));
  CHECK(says("(module (type\n " + types, "app:2:"));
  CHECK(says("(module (memory 1)\n (data \"" + std::string(1000000, 'a'), "app:2:8: unclosed string"));
}

TEST_CASE("bytes that are no UTF-8 are refused where they stand", "[cli][text]") {
  for (const char* text : {"(module\n (func $\xff))", "(module\n (import \"\xff\" \"\" (func)))", "(module\n ;; \xc0\x80\n)", "(module\n \xed\xa0\x80)"}) {
    const Ended ended = run_text(text);
    CAPTURE(ended.err);
    CHECK(ended.status == 126);
    CHECK(contains(ended.err, "app:2:"));
  }
}

TEST_CASE("a megabyte of white space before a mistake is not printed", "[cli][text]") {
  const Ended ended = run_text("(module " + std::string(1000000, ' ') + "(foo))");
  CHECK(contains(ended.err, "app:1:1000010: unknown operator foo"));
  CHECK(ended.err.size() < 1000);
}
