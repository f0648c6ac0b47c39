// Lane numbers and the signatures of vector instructions.
#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

const std::vector<Bytes> kNone;
const Bytes kZero = code(op::v128_const, Bytes(16));

TEST_CASE("a lane number is below the number of lanes", "[validate][i8x16_extract_lane_u][f64x2_replace_lane][v128_load8_lane]") {
  REQUIRE_VALID(function(kNone, {code(t::i32)}, code(kZero, op::i8x16_extract_lane_u, Byte{15})));
  REQUIRE_VERDICT("invalid: invalid lane index: 16 of 16",
                  function(kNone, {code(t::i32)}, code(kZero, op::i8x16_extract_lane_u, Byte{16})));
  REQUIRE_VERDICT("invalid: invalid lane index: 2 of 2",
                  function(kNone, {code(t::v128)}, code(kZero, op::f64_const, Bytes(8), op::f64x2_replace_lane, Byte{2})));
  Builder lane = function(kNone, {code(t::v128)}, code(op::i32_const, 0, kZero, op::v128_load32_lane, 2u, 0u, Byte{4}));
  lane.memory(code(0u, 1u));
  REQUIRE_VERDICT("invalid: invalid lane index: 4 of 4", lane);
}

TEST_CASE("a shuffle takes lanes of two vectors", "[validate][i8x16_shuffle]") {
  REQUIRE_VALID(function(kNone, {code(t::v128)}, code(kZero, kZero, op::i8x16_shuffle, Bytes(16, 31))));
  REQUIRE_VERDICT("invalid: invalid lane index: 32 of 32",
                  function(kNone, {code(t::v128)}, code(kZero, kZero, op::i8x16_shuffle, Bytes(16, 32))));
}

TEST_CASE("a vector is not a number", "[validate][i8x16_shl][f32x4_relaxed_madd]") {
  REQUIRE_VALID(function(kNone, {code(t::v128)}, code(kZero, op::i32_const, 1, op::i8x16_shl)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i32, found v128", function(kNone, {code(t::v128)}, code(kZero, kZero, op::i8x16_shl)));
  REQUIRE_VALID(function(kNone, {code(t::v128)}, code(kZero, kZero, kZero, op::f32x4_relaxed_madd)));
}

}  // namespace
}  // namespace wasmrun::tests
