// Constants and other immediates, and every row of the opcode table by its text.
#include "engine/instructions/visit.h"
#include "engine/text/keywords.h"
#include "tests/text/module_test.h"

using namespace wasmrun;
using namespace wasmrun::text_tests;
using Bytes = std::vector<uint8_t>;

TEST_CASE("every instruction is found by its text", "[text][instructions]") {
  for (const instructions::OpcodeInfo& row : instructions::kOpcodes) {
    INFO(row.text);
    const auto opcode = text::find_opcode(row.text);
    REQUIRE(opcode);
    CHECK(std::string_view(instructions::opcode_info(*opcode).text) == row.text);
    CHECK(text::is_keyword(row.text));
  }
  CHECK_FALSE(text::find_opcode("get_local"));
}

TEST_CASE("every instruction without immediates is written as its row says", "[text][instructions]") {
  for (const instructions::OpcodeInfo& row : instructions::kOpcodes) {
    const std::string_view text = row.text;
    const bool is_structure = text == "else" || text == "end" || text == "catch_all";
    if (std::string_view(row.immediate) != "None" || is_structure) continue;
    INFO(text);
    Bytes expected{0};
    if (row.prefix) expected.push_back(row.prefix);
    if (row.code < 0x80 || !row.prefix) {
      expected.push_back(static_cast<uint8_t>(row.code));
    } else {
      expected.push_back(static_cast<uint8_t>(row.code | 0x80));
      expected.push_back(static_cast<uint8_t>(row.code >> 7));
    }
    expected.push_back(0x0b);
    CHECK(body_of("(func " + std::string(text) + ")") == expected);
  }
}

TEST_CASE("constants that do not fit are out of range", "[text][i32_const][f32_const][v128_const]") {
  CHECK_THAT(error_of("(func i32.const 0x100000000)"), StartsWith("constant out of range"));
  CHECK_THAT(error_of("(func i64.const -9223372036854775809)"), StartsWith("constant out of range"));
  CHECK_THAT(error_of("(func f32.const 1e39)"), StartsWith("constant out of range"));
  CHECK_THAT(error_of("(func f64.const nan:0x0)"), StartsWith("constant out of range"));
  CHECK_THAT(error_of("(func v128.const i8x16 256 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)"),
             StartsWith("constant out of range"));
  CHECK_THAT(error_of("(func v128.const i32x4 1 2 3)"), StartsWith("wrong number of lane literals"));
  CHECK_THAT(error_of("(func v128.const i32x4 1 2 3 4 5)"), StartsWith("wrong number of lane literals"));
  CHECK_THAT(error_of("(func v128.const 0 1 2 3)"), StartsWith("unexpected token"));
  CHECK_THAT(error_of("(func i8x16.shuffle 1 2 3)"), StartsWith("invalid lane length"));
  CHECK_THAT(error_of("(func i8x16.extract_lane_s 256)"), StartsWith("i8 constant out of range"));
  CHECK_THAT(error_of("(func br 4294967296)"), StartsWith("i32 constant out of range"));
}

TEST_CASE("memory arguments have an offset and a power of two", "[text][i32_load]") {
  CHECK(body_of("(func i32.load offset=0x10 align=2)") == Bytes{0, 0x28, 1, 0x10, 0x0b});
  CHECK(body_of("(func i32.load)") == Bytes{0, 0x28, 2, 0, 0x0b});
  CHECK(body_of("(func (i32.load 3 offset=1 (i32.const 0)))") == Bytes{0, 0x41, 0, 0x28, 0x42, 3, 1, 0x0b});
  CHECK_THAT(error_of("(func i32.load align=3)"), StartsWith("alignment must be a power of two"));
  CHECK_THAT(error_of("(func i32.load align=0)"), StartsWith("alignment must be a power of two"));
  CHECK_THAT(error_of("(func i32.load offset=1__0)"), StartsWith("unknown operator"));
  CHECK_THAT(error_of("(func i32.load align=1 offset=0)"), StartsWith("unexpected token"));
}
