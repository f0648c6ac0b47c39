// Constant expressions.
#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

Builder with_global(const Bytes& type, const Bytes& init) {
  Builder builder;
  builder.global(type, false, init);
  return builder;
}

TEST_CASE("a constant expression holds only constant instructions", "[validate][const_expr]") {
  REQUIRE_VALID(with_global(code(t::i32), code(op::i32_const, 1, op::i32_const, 2, op::i32_add, op::i32_const, 3, op::i32_mul)));
  REQUIRE_VALID(with_global(code(t::i64), code(op::i64_const, 1, op::i64_const, 2, op::i64_sub)));
  REQUIRE_VALID(with_global(code(t::v128), code(op::v128_const, Bytes(16))));
  REQUIRE_VERDICT("invalid: constant expression required: i32.clz", with_global(code(t::i32), code(op::i32_const, 1, op::i32_clz)));
  REQUIRE_VERDICT("invalid: constant expression required: nop", with_global(code(t::i32), code(op::nop, op::i32_const, 1)));
}

TEST_CASE("a constant expression gives one value of its type", "[validate][const_expr]") {
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i32] but stack has []", with_global(code(t::i32), {}));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i32] but stack has [f32]",
                  with_global(code(t::i32), code(op::f32_const, Bytes(4))));
  REQUIRE_VERDICT("invalid: type mismatch: block requires [i32] but stack has [i32 i32]",
                  with_global(code(t::i32), code(op::i32_const, 1, op::i32_const, 2)));
}

TEST_CASE("a global's value uses immutable globals before it", "[validate][const_expr][global_get]") {
  const Bytes one = code(op::i32_const, 1);
  Builder builder = with_global(code(t::i32), one);
  builder.global(code(t::i32), true, code(op::global_get, 0u));
  REQUIRE_VALID(builder);
  builder.global(code(t::i32), true, code(op::global_get, 1u));
  REQUIRE_VERDICT("invalid: constant expression required: global 1 is mutable", builder);
  REQUIRE_VERDICT("invalid: unknown global 0", with_global(code(t::i32), code(op::global_get, 0u)));
}

TEST_CASE("structs, arrays, i31 and conversions are constant", "[validate][const_expr][struct_new][array_new_fixed]") {
  const auto with_types = [](const Bytes& type, const Bytes& init) {
    Builder builder = with_global(type, init);
    builder.type(code(Byte{0x5f}, 1u, t::i32, Byte{0}));
    builder.type(code(Byte{0x5e}, t::i32, Byte{1}));
    return builder;
  };
  const Bytes one = code(op::i32_const, 1);
  REQUIRE_VALID(with_types(ref(0), code(one, op::struct_new, 0u)));
  REQUIRE_VALID(with_types(ref(0), code(op::struct_new_default, 0u)));
  REQUIRE_VALID(with_types(ref(1), code(one, one, op::array_new, 1u)));
  REQUIRE_VALID(with_types(ref(1), code(one, one, op::array_new_fixed, 1u, 2u)));
  REQUIRE_VALID(with_types(code(t::externref), code(one, op::ref_i31, op::extern_convert_any)));
  REQUIRE_VERDICT("invalid: constant expression required: struct.get",
                  with_types(code(t::i32), code(op::struct_new_default, 0u, op::struct_get, 0u, 0u)));
}

}  // namespace
}  // namespace wasmrun::tests
