// Instruction sequences: folding, labels, nesting.
#include "engine/text/body_parser.h"

#include "tests/text/module_test.h"

using namespace wasmrun;
using namespace wasmrun::text_tests;
using Bytes = std::vector<uint8_t>;

TEST_CASE("folded instructions come after their operands", "[text]") {
  const Bytes flat = body_of("(func (local i32) local.get 0 i32.const -1 i32.add drop)");
  CHECK(flat == Bytes{1, 1, 0x7f, 0x20, 0, 0x41, 0x7f, 0x6a, 0x1a, 0x0b});
  CHECK(body_of("(func (local i32) (drop (i32.add (local.get 0) (i32.const -1))))") == flat);
}

TEST_CASE("a folded if runs its condition before the block", "[text][if_]") {
  const Bytes flat = body_of("(func i32.const 1 if (result i32) i32.const 2 else i32.const 3 end drop)");
  CHECK(body_of("(func (drop (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3)))))") == flat);
  // The label is not in scope in the condition: 0 is the function there.
  CHECK(body_of("(func (if $l (br 0) (then (br $l))))") == Bytes{0, 0x0c, 0, 0x04, 0x40, 0x0c, 0, 0x0b, 0x0b});
}

TEST_CASE("labels count from the inside, and inner names hide outer ones", "[text][br]") {
  CHECK(body_of("(func block $a block $b br $a br $b block $a br $a end end end)") ==
        Bytes{0, 0x02, 0x40, 0x02, 0x40, 0x0c, 1, 0x0c, 0, 0x02, 0x40, 0x0c, 0, 0x0b, 0x0b, 0x0b, 0x0b});
  CHECK_THAT(error_of("(func (block $l) (br $l))"), StartsWith("unknown label $l"));
  CHECK_THAT(error_of("(func block $a end $b)"), StartsWith("mismatching label $b"));
  CHECK_THAT(error_of("(func i32.const 0 if else $l end)"), StartsWith("mismatching label"));
}

TEST_CASE("handlers of try_table count labels from outside the block", "[text][try_table]") {
  CHECK(body_of("(tag $t) (func (block $l (try_table $in (catch $t $l) (catch_all 0))))") ==
        Bytes{0, 0x02, 0x40, 0x1f, 0x40, 2, 0, 0, 0, 2, 0, 0x0b, 0x0b, 0x0b});
}

TEST_CASE("legacy try is written the same flat and folded", "[text][try_][delegate]") {
  const char* flat = "(tag $t) (func try nop catch $t rethrow 0 catch_all nop end try $l nop delegate 0)";
  const char* folded =
      "(tag $t) (func (try (do (nop)) (catch $t (rethrow 0)) (catch_all (nop))) (try $l (do (nop)) (delegate 0)))";
  CHECK(body_of(flat) == body_of(folded));
  CHECK(body_of(flat).back() == 0x0b);
}

TEST_CASE("immediates choose between rows with the same text", "[text][select][ref_test][ref_cast]") {
  CHECK(body_of("(func select)") == Bytes{0, 0x1b, 0x0b});
  CHECK(body_of("(func select (result i32))") == Bytes{0, 0x1c, 1, 0x7f, 0x0b});
  CHECK(body_of("(func ref.test (ref eq))") == Bytes{0, 0xfb, 0x14, 0x6d, 0x0b});
  CHECK(body_of("(func ref.test eqref)") == Bytes{0, 0xfb, 0x15, 0x6d, 0x0b});
  CHECK(body_of("(func ref.cast (ref null 5))") == Bytes{0, 0xfb, 0x17, 5, 0x0b});
  CHECK(body_of("(func br_on_cast 0 anyref (ref i31))") == Bytes{0, 0xfb, 0x18, 1, 0, 0x6e, 0x6c, 0x0b});
}

TEST_CASE("the memory of a lane access may be left out", "[text][v128_load8_lane]") {
  CHECK(body_of("(func v128.load8_lane 3)") == Bytes{0, 0xfd, 0x54, 0, 0, 3, 0x0b});
  CHECK(body_of("(func v128.load8_lane 1 3)") == Bytes{0, 0xfd, 0x54, 0x40, 1, 0, 3, 0x0b});
  CHECK(body_of("(func v128.load8_lane offset=5 align=1 3)") == Bytes{0, 0xfd, 0x54, 0, 5, 3, 0x0b});
  CHECK(body_of("(func v128.load8_lane 1 offset=5 3)") == Bytes{0, 0xfd, 0x54, 0x40, 1, 5, 3, 0x0b});
}

TEST_CASE("segments come before their memory or table in the bytes", "[text][memory_init][table_init][memory_copy]") {
  CHECK(body_of("(func memory.init 7)") == Bytes{0, 0xfc, 8, 7, 0, 0x0b});
  CHECK(body_of("(func memory.init 1 7)") == Bytes{0, 0xfc, 8, 7, 1, 0x0b});
  CHECK(body_of("(func table.init 2 3)") == Bytes{0, 0xfc, 12, 3, 2, 0x0b});
  CHECK(body_of("(func memory.copy 1 2)") == Bytes{0, 0xfc, 10, 1, 2, 0x0b});
  CHECK(body_of("(func memory.copy)") == Bytes{0, 0xfc, 10, 0, 0, 0x0b});
}

TEST_CASE("misplaced instructions are unexpected tokens", "[text]") {
  for (const char* source :
       {"(func else)", "(func end)", "(func block)", "(func (end))", "(func (block) else)", "(func (then))",
        "(func (if))", "(func (if (i32.const 0) (else)))", "(func (if i32.const 0 (then)))", "(func (nop nop))",
        "(func catch_all)", "(func (try))", "(func (try (catch_all)))", "(func (if (then) (else) (else)))",
        "(func (block (param $x i32)))", "(func (i32.const))", "(func 0)", "(func $f $g)", "(func (if (then) nop))"}) {
    INFO(source);
    CHECK_THAT(error_of(source), StartsWith("unexpected token"));
  }
  CHECK_THAT(error_of("(func (i32.const0))"), StartsWith("unknown operator i32.const0"));
}

TEST_CASE("nesting is bounded by memory, not by the stack", "[text]") {
  constexpr size_t kDepth = 100'000;
  std::string folded = "(func ", blocks = "(func ", names = "(func ";
  for (size_t i = 0; i < kDepth; ++i) {
    folded += "(i32.eqz ";
    blocks += "(block ";
    names += "block $l" + std::to_string(i) + " br $l0 ";
  }
  folded += "(i32.const 0)" + std::string(kDepth, ')') + " drop)";
  blocks += std::string(kDepth, ')') + ")";
  for (size_t i = 0; i < kDepth; ++i) names += "end ";
  CHECK(text::assemble_module(folded).ok());
  CHECK(text::assemble_module(blocks).ok());
  CHECK(text::assemble_module(names + ")").ok());
  CHECK_FALSE(text::assemble_module(std::string(kDepth, '(')).ok());
  CHECK_FALSE(text::assemble_module("(func " + std::string(kDepth, '(')).ok());
  CHECK_FALSE(text::assemble_module(std::string(kDepth, ')')).ok());
}
