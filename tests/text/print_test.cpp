// Modules printed as text.
#include "engine/text/print.h"

#include "tests/text/module_test.h"

using namespace wasmrun;
using namespace wasmrun::text_tests;

namespace {

std::string print(const module::Module& module) {
  std::string text;
  const auto result = text::print_module(module, binary::read_name_section(module), [&](std::string_view part) { text += part; });
  if (!result.ok()) FAIL(result.error().to_string());
  return text;
}

/// Prints the module, and holds that the text makes the same module again.
std::string round_trip(std::string_view source) {
  const module::Module first = decode(source);
  const std::string text = print(first);
  INFO(text);
  const module::Module second = decode(text);
  CHECK(print(second) == text);
  REQUIRE(first.functions.size() == second.functions.size());
  for (size_t i = 0; i < first.functions.size(); ++i) {
    const auto a = first.view(first.functions[i].body), b = second.view(second.functions[i].body);
    CHECK(std::vector(a.begin(), a.end()) == std::vector(b.begin(), b.end()));
  }
  return text;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("blocks are indented and the last end is the function's parenthesis", "[text][print]") {
  const std::string text = round_trip("(func (param i32) (if (local.get 0) (then nop) (else (block (result i32) i32.const 1) drop)))");
  CHECK(contains(text, "    local.get 0\n    if\n      nop\n    else\n      block (result i32)\n        i32.const 1\n      end\n      drop\n    end)"));
}

TEST_CASE("floats are read back bit for bit", "[text][print]") {
  const std::string text = round_trip(
      "(func f32.const nan:0x200000 f32.const -nan f32.const -0 f64.const 0.1 f64.const 0x1p-1074 f32.const inf "
      "f64.const 1e300 drop drop drop drop drop drop drop)");
  CHECK(contains(text, "f32.const nan:0x200000\n    f32.const -nan\n    f32.const -0\n    f64.const 0.1\n"));
}

TEST_CASE("names that are no identifiers are quoted", "[text][print]") {
  const std::string text = round_trip("(func $\"a b\") (func (export \"x\") call $\"a b\")");
  CHECK(contains(text, "call $\"a b\""));
}

TEST_CASE("of equal names one is an identifier", "[text][print]") {
  const std::string text = round_trip("(func $f) (func (@name \"f\")) (func call 0 call 1)");
  CHECK(contains(text, "call $f\n    call 1)"));
  CHECK(contains(text, "(func (;1;) (@name \"f\") (type 0))"));
}

TEST_CASE("segments, tables, memories and globals are printed", "[text][print]") {
  round_trip(R"((module
    (import "m" "g" (global $g (mut i64)))
    (memory i64 1 2) (memory 0)
    (table 3 funcref) (table 1 (ref null func) (ref.func $f))
    (global i32 (i32.add (i32.const 1) (i32.const 2)))
    (data (memory 1) (i32.const 0) "a\"\\\00\ff") (data "passive")
    (elem (i32.const 0) $f $f) (elem func $f) (elem declare func $f) (elem (table 1) (i32.const 0) funcref (ref.null func))
    (func $f (param i32) (local i64 i64 f32)
      (memory.copy 1 0 (local.get 0) (i64.const 0) (i32.const 1))
      (i32.store8 1 offset=3 (local.get 0) (i32.const -1))
      (i64.store align=1 (i64.const 9) (i64.const 0x8000000000000000))
      (table.init 1 3 (i32.const 0) (i32.const 0) (i32.const 0))
      (call_indirect 1 (param i32) (local.get 0) (i32.const 0)))
    (start $s) (func $s)))");
}

TEST_CASE("types, casts and exceptions are printed", "[text][print]") {
  round_trip(R"((module
    (rec (type $a (sub (struct (field (mut i8)) (field (ref null $b))))) (type $b (sub final $a (struct (field (mut i8)) (field (ref null $b))))))
    (type (array (mut f64)))
    (tag $t (param i32))
    (func (param anyref) (result i32)
      (drop (block $l (result (ref $a)) (br_on_cast $l anyref (ref $a) (local.get 0)) (drop) (return (i32.const 0))))
      (drop (ref.test (ref null $b) (local.get 0)))
      (block $e (return (block $h (result i32) (try_table (result i32) (catch $t $h) (catch_all $e) (throw $t (i32.const 3))))))
      (i32.const 7))))");
}
