// Module fields: index spaces, abbreviations, type uses, custom sections.
#include "engine/text/module_parser.h"

#include "tests/text/module_test.h"

using namespace wasmrun;
using namespace wasmrun::text_tests;

TEST_CASE("a module's fields may stand alone, and behind a #! line", "[text]") {
  CHECK(decode("").functions.empty());
  CHECK(decode("(module)").functions.empty());
  CHECK(decode("#!/usr/bin/env wasmrun\n(module $m (func))").functions.size() == 1);
  CHECK(decode("(func) (func)").functions.size() == 2);
  CHECK_THAT(error_of("(module) (module)"), StartsWith("unexpected token"));
  CHECK_THAT(error_of("(module (func)"), StartsWith("unexpected token"));
  CHECK_THAT(error_of("(module (foo))"), StartsWith("unknown operator foo"));
  CHECK(text::looks_like_text(" \n;; a\n(module)"));
  CHECK_FALSE(text::looks_like_text(std::string_view("\0asm", 4)));
}

TEST_CASE("names may be used before they are bound", "[text]") {
  const auto module = decode(
      "(start $f) (export \"g\" (global $g)) (elem $t (i32.const 0) func $f) (table $t 1 funcref)"
      "(func $f (call $f) (drop (global.get $g))) (global $g i32 (i32.const 1))");
  CHECK(module.start == FuncIndex(0));
  REQUIRE(module.find_export("g"));
}

TEST_CASE("inline imports and exports are fields of their own", "[text]") {
  const auto module = decode(
      "(func $f (export \"a\") (export \"b\") (import \"m\" \"f\") (param i32))"
      "(global (import \"m\" \"g\") (mut i64)) (memory (export \"mem\") 1 2)");
  CHECK(module.imports.size() == 2);
  CHECK(module.exports.size() == 3);
  CHECK(module.memories[0].limits.max == 2);
  CHECK_THAT(error_of("(memory 1) (func (import \"a\" \"b\"))"), StartsWith("import after memory"));
  CHECK_THAT(error_of("(func) (import \"a\" \"b\" (global i32))"), StartsWith("import after function"));
}

TEST_CASE("inline segments size their memory and table", "[text]") {
  const auto module = decode(
      "(func $f) (table funcref (elem $f $f)) (memory (data \"abc\" \"d\")) (elem $e func $f) (func (elem.drop $e))");
  CHECK(module.tables[0].type.limits.min == 2);
  CHECK(module.tables[0].type.limits.max == 2);
  CHECK(module.memories[0].limits.min == 1);
  REQUIRE(module.datas.size() == 1);
  CHECK(module.datas[0].bytes.size() == 4);
  CHECK(module.elems.size() == 2);
}

TEST_CASE("inline function types reuse a type or append one", "[text]") {
  const auto module = decode(
      "(func $a (result f64) (f64.const 0)) (func $b (param i32)) (func $c (result f64) (f64.const 1)) (type $t (func "
      "(param i32)))");
  CHECK(module.types.size() == 2);
  CHECK(module.functions[0].type == TypeIndex(1));
  CHECK(module.functions[1].type == TypeIndex(0));
  CHECK(module.functions[2].type == TypeIndex(1));
  // A member of a larger rec group is another type.
  CHECK(decode("(rec (type (func)) (type (func))) (func)").types.size() == 3);
  CHECK_THAT(error_of("(type $t (func (param i32))) (func (type $t) (param i64))"), StartsWith("inline function type"));
  CHECK_THAT(error_of("(func (type 2) (param i64))"), StartsWith("unknown type"));
  CHECK_THAT(error_of("(func (result i32) (param i32))"), StartsWith("unexpected token"));
}

TEST_CASE("parameters of a named type take the first local indices", "[text][local_get]") {
  const auto module = decode("(type $t (func (param i32 i64))) (func (type $t) (local $x f32) (drop (local.get $x)))");
  const auto body = module.view(module.functions[0].body);
  CHECK(body[4] == 2);
}

TEST_CASE("recursive and sub types become a type section", "[text]") {
  const auto module = decode(
      "(rec (type $a (sub (struct (field $x (ref null $b)) (field i8 (mut i16))))) (type $b (sub final $a (struct"
      " (field (ref null $b)) (field i8) (field (mut i16)) (field i32)))))"
      "(type (array (mut f64))) (func (param (ref $b)) (result i32) (struct.get_u $a 1 (local.get 0)) (drop "
      "(struct.get $a $x (local.get 0))))");
  REQUIRE(module.types.size() == 4);
  CHECK(module.types[0].fields.size() == 3);
  CHECK_FALSE(module.types[0].is_final);
  CHECK(module.types[1].supertype == TypeIndex(0));
  CHECK(module.types[2].kind == module::SubType::Kind::Array);
  CHECK_THAT(error_of("(type (struct (field $x i32) (field $x i32)))"), StartsWith("duplicate field"));
}

TEST_CASE("names are bound once in each index space", "[text]") {
  CHECK_THAT(error_of("(func $f) (func $f)"), StartsWith("duplicate func"));
  CHECK_THAT(error_of("(func (param $x i32) (local $x i32))"), StartsWith("duplicate local"));
  CHECK_THAT(error_of("(import \"\" \"\" (memory $m 1)) (memory $m 1)"), StartsWith("duplicate memory"));
  CHECK(decode("(func $x) (global $x i32 (i32.const 0)) (type $x (func))").functions.size() == 1);
  CHECK_THAT(error_of("(func (call $f))"), StartsWith("unknown function $f"));
}

TEST_CASE("every form of element segment decodes as written", "[text]") {
  const auto module = decode(
      "(table $t 10 funcref) (table $u 10 externref) (func $f) (elem (i32.const 0) $f) (elem (table 1) (offset "
      "(i32.const 0))"
      " externref (ref.null extern)) (elem func $f $f) (elem declare func $f) (elem funcref (item ref.func $f) "
      "(ref.null func))"
      " (elem declare (ref func) (ref.func $f))");
  using module::SegmentMode;
  REQUIRE(module.elems.size() == 6);
  CHECK(module.elems[0].mode == SegmentMode::Active);
  CHECK(module.elems[1].table == TableIndex(1));
  CHECK(module.elems[1].type == module::kExternRef);
  CHECK(module.elems[2].functions.size() == 2);
  CHECK(module.elems[3].mode == SegmentMode::Declarative);
  CHECK(module.elems[4].expressions.size() == 2);
  CHECK(module.elems[5].mode == SegmentMode::Declarative);
}

TEST_CASE("function names and @name annotations go to the name section", "[text]") {
  const auto names =
      binary::read_function_names(decode("(import \"\" \"\" (func $i)) (func) (func $f) (func $g (@name \"a b\"))"));
  CHECK(names.size() == 3);
  CHECK(names.at(0) == "i");
  CHECK(names.at(2) == "f");
  CHECK(names.at(3) == "a b");
}

TEST_CASE("@custom annotations become sections at their place", "[text]") {
  const auto module = decode("(@custom \"last\" \"x\" \"y\") (func) (@custom \"early\" (before func) \"\\00\")");
  REQUIRE(module.custom_sections.size() == 2);
  CHECK(module.custom_sections[0].name == "early");
  CHECK(module.custom_sections[1].bytes.size() == 2);
  CHECK_THAT(error_of("(@custom 4)"), StartsWith("@custom annotation: missing section name"));
  CHECK_THAT(error_of("(func (@custom \"x\"))"), StartsWith("misplaced @custom annotation"));
}

TEST_CASE("branch hints carry the offset of their instruction in the body", "[text][if_][br_if]") {
  const auto module = decode("(func (param i32) (@metadata.code.branch_hint \"\\01\") (if (local.get 0) (then)))");
  REQUIRE(module.custom_sections.size() == 1);
  CHECK(module.custom_sections[0].name == "metadata.code.branch_hint");
  const auto bytes = module.view(module.custom_sections[0].bytes);
  // one function, index 0, one hint, at offset 3 (no locals, local.get 0), one byte, likely
  CHECK(std::vector<uint8_t>(bytes.begin(), bytes.end()) == std::vector<uint8_t>{1, 0, 1, 3, 1, 1});
  const auto wrong = text::assemble_module("(func (@metadata.code.branch_hint \"\\01\") nop)");
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().kind == ErrorKind::Invalid);
}

TEST_CASE("an error in a module shows where it is", "[text]") {
  CHECK(error_of("(module\n  (func foo))") == "unknown operator foo (at 2:9)\n      (func foo))\n            ^~~");
}
