// Locals and globals.
#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

const std::vector<Bytes> kNone;
const Bytes kOne = code(op::i32_const, 1);

TEST_CASE("locals count the parameters first", "[validate][local_get][local_set][local_tee]") {
  REQUIRE_VALID(function({code(t::i64)}, {code(t::f32)}, code(op::local_get, 2u), 1, code(2u, t::f32)));
  REQUIRE_VERDICT("invalid: unknown local 3", function({code(t::i64)}, kNone, code(op::local_get, 3u, op::drop), 1, code(2u, t::f32)));
  REQUIRE_VERDICT("invalid: unknown local 0", function(kNone, kNone, code(kOne, op::local_set, 0u)));
  REQUIRE_VERDICT("invalid: unknown local 0", function(kNone, kNone, code(kOne, op::local_tee, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i64, found i32", function({code(t::i64)}, kNone, code(kOne, op::local_set, 0u)));
}

TEST_CASE("local.tee gives the local's type", "[validate][local_tee]") {
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [(ref func)] but stack has [funcref]",
                  function({code(t::ref, t::funcref), code(t::funcref)}, {code(t::ref, t::funcref)},
                           code(op::local_get, 0u, op::local_tee, 1u)));
}

TEST_CASE("a local without a default is set before it is read", "[validate][local_get]") {
  const Bytes local = code(1u, t::ref, t::funcref);
  const std::vector<Bytes> param{code(t::ref, t::funcref)};
  REQUIRE_VALID(function(param, kNone, code(op::local_get, 0u, op::local_set, 1u, op::local_get, 1u, op::drop), 1, local));
  REQUIRE_VERDICT("invalid: uninitialized local: local 1", function(param, kNone, code(op::local_get, 1u, op::drop), 1, local));
  // What a block sets is unset again after it, and in the other part of an if.
  REQUIRE_VERDICT("invalid: uninitialized local",
                  function(param, kNone,
                           code(op::block, t::none, op::local_get, 0u, op::local_set, 1u, op::end, op::local_get, 1u, op::drop), 1, local));
  REQUIRE_VERDICT("invalid: uninitialized local",
                  function(param, kNone,
                           code(kOne, op::if_, t::none, op::local_get, 0u, op::local_set, 1u, op::else_, op::local_get, 1u, op::drop, op::end),
                           1, local));
  REQUIRE_VALID(function(param, kNone,
                         code(op::local_get, 0u, op::local_set, 1u, op::block, t::none, op::local_get, 1u, op::drop, op::end), 1, local));
}

TEST_CASE("only mutable globals are set", "[validate][global_get][global_set]") {
  Builder builder = function(kNone, kNone, code(op::global_get, 0u, op::global_set, 0u));
  REQUIRE_VERDICT("invalid: unknown global 0", builder);
  builder.global(code(t::i32), true, kOne);
  REQUIRE_VALID(builder);
  Builder fixed = function(kNone, kNone, code(kOne, op::global_set, 0u));
  fixed.global(code(t::i32), false, kOne);
  REQUIRE_VERDICT("invalid: immutable global: global 0", fixed);
}

}  // namespace
}  // namespace wasmrun::tests
