// References: null, functions, tests and casts, conversions.
#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

const std::vector<Bytes> kNone;

TEST_CASE("ref.func in a body names a function that is declared elsewhere", "[validate][ref_func]") {
  Builder builder = function(kNone, kNone, code(op::ref_func, 0u, op::drop));
  REQUIRE_VERDICT("invalid: undeclared function reference", builder);
  builder.export_('f', 0, 0);
  REQUIRE_VALID(builder);
  REQUIRE_VERDICT("invalid: unknown function 7", function(kNone, kNone, code(op::ref_func, 7u, op::drop)));
}

TEST_CASE("ref.func gives the function's own type", "[validate][ref_func]") {
  Builder builder = function(kNone, {ref(0)}, code(op::ref_func, 0u));
  builder.export_('f', 0, 0);
  REQUIRE_VALID(builder);
}

TEST_CASE("ref.null gives the null of its type", "[validate][ref_null]") {
  REQUIRE_VALID(function(kNone, {ref_null(0)}, code(op::ref_null, 0u)));
  REQUIRE_VERDICT("invalid: unknown type 4", function(kNone, kNone, code(op::ref_null, 4u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch", function(kNone, {ref(0)}, code(op::ref_null, 0u)));
}

TEST_CASE("ref.is_null and ref.as_non_null take references only", "[validate][ref_is_null][ref_as_non_null]") {
  REQUIRE_VALID(function(kNone, {code(t::i32)}, code(op::ref_null, t::externref, op::ref_is_null)));
  REQUIRE_VALID(function(kNone, {code(t::ref, t::externref)}, code(op::ref_null, t::externref, op::ref_as_non_null)));
  REQUIRE_VERDICT("invalid: type mismatch: expected a reference, found i32",
                  function(kNone, kNone, code(op::i32_const, 1, op::ref_is_null, op::drop)));
}

TEST_CASE("a test or cast stays in its hierarchy", "[validate][ref_test][ref_cast]") {
  REQUIRE_VALID(function({code(t::anyref)}, {code(t::i32)}, code(op::local_get, 0u, op::ref_test, t::i31ref)));
  REQUIRE_VALID(function({code(t::funcref)}, {ref(0)}, code(op::local_get, 0u, op::ref_cast, 0u)));
  REQUIRE_VALID(function({code(t::funcref)}, {ref_null(0)}, code(op::local_get, 0u, op::ref_cast_null, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch: expected anyref, found externref",
                  function({code(t::externref)}, {code(t::i32)}, code(op::local_get, 0u, op::ref_test_null, t::eqref)));
  REQUIRE_VERDICT("invalid: unknown type 5", function({code(t::anyref)}, kNone, code(op::local_get, 0u, op::ref_cast, 5u, op::drop)));
}

TEST_CASE("ref.eq compares what has an identity", "[validate][ref_eq]") {
  REQUIRE_VALID(function({code(t::i31ref), code(t::structref)}, {code(t::i32)}, code(op::local_get, 0u, op::local_get, 1u, op::ref_eq)));
  REQUIRE_VERDICT("invalid: type mismatch: expected eqref, found anyref",
                  function({code(t::anyref)}, {code(t::i32)}, code(op::local_get, 0u, op::local_get, 0u, op::ref_eq)));
}

TEST_CASE("conversions between any and extern keep what may be null", "[validate][any_convert_extern][extern_convert_any]") {
  REQUIRE_VALID(function({code(t::ref, t::externref)}, {code(t::ref, t::anyref)}, code(op::local_get, 0u, op::any_convert_extern)));
  REQUIRE_VALID(function({code(t::i31ref)}, {code(t::externref)}, code(op::local_get, 0u, op::extern_convert_any)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [(ref extern)] but stack has [externref]",
                  function({code(t::i31ref)}, {code(t::ref, t::externref)}, code(op::local_get, 0u, op::extern_convert_any)));
  REQUIRE_VERDICT("invalid: type mismatch: expected externref, found anyref",
                  function({code(t::anyref)}, kNone, code(op::local_get, 0u, op::any_convert_extern, op::drop)));
}

TEST_CASE("i31 references are made of and read as i32", "[validate][ref_i31][i31_get_s]") {
  REQUIRE_VALID(function(kNone, {code(t::i32)}, code(op::i32_const, 7, op::ref_i31, op::i31_get_s)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i31ref, found eqref",
                  function({code(t::eqref)}, {code(t::i32)}, code(op::local_get, 0u, op::i31_get_u)));
}

}  // namespace
}  // namespace wasmrun::tests
