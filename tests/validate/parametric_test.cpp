// drop and select.
#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

const std::vector<Bytes> kNone;
const Bytes kOne = code(op::i32_const, 1);
const Bytes kNull = code(op::ref_null, t::funcref);

TEST_CASE("drop takes an operand of any type", "[validate][drop]") {
  REQUIRE_VALID(function(kNone, kNone, code(kNull, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: expected an operand, found nothing", function(kNone, kNone, code(op::drop)));
}

TEST_CASE("select without a type takes two numbers or vectors of one type", "[validate][select]") {
  REQUIRE_VALID(function(kNone, {code(t::i32)}, code(kOne, kOne, kOne, op::select)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i32, found i64",
                  function(kNone, {code(t::i32)}, code(kOne, op::i64_const, 1, kOne, op::select)));
  REQUIRE_VERDICT("invalid: type mismatch: select of references",
                  function(kNone, {code(t::funcref)}, code(kNull, kNull, kOne, op::select)));
}

TEST_CASE("select with a type states exactly one", "[validate][select]") {
  REQUIRE_VALID(function(kNone, {code(t::funcref)}, code(kNull, kNull, kOne, op::select_t, 1u, t::funcref)));
  REQUIRE_VERDICT("invalid: invalid result arity", function(kNone, kNone, code(op::unreachable, op::select_t, 0u)));
  REQUIRE_VERDICT("invalid: invalid result arity",
                  function(kNone, kNone, code(op::unreachable, op::select_t, 2u, t::i32, t::i32)));
  REQUIRE_VERDICT("invalid: unknown type 9", function(kNone, kNone, code(op::unreachable, op::select_t, 1u, ref(9))));
}

}  // namespace
}  // namespace wasmrun::tests
