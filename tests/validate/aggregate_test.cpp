// Structs and arrays.
#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

const std::vector<Bytes> kNone;
const Bytes kOne = code(op::i32_const, 1);
const Bytes kWide = code(op::i64_const, 1);

/// Type 1: struct of i8, mutable i64, (ref 1); 2: array of mutable i16; 3: array of i64; 4: array of mutable (ref 2);
/// 5: array of mutable i64; 6: struct of mutable i32; 7: array of mutable funcref. Locals 0 to 6: (ref null 1) to (ref null 7).
Builder with_types(const Bytes& body) {
  Builder builder;
  builder.func_type(kNone, kNone);
  builder.type(code(Byte{0x5f}, 3u, Byte{0x78}, Byte{0}, t::i64, Byte{1}, ref(1), Byte{0}));
  builder.type(code(Byte{0x5e}, Byte{0x77}, Byte{1}));
  builder.type(code(Byte{0x5e}, t::i64, Byte{0}));
  builder.type(code(Byte{0x5e}, ref(2), Byte{1}));
  builder.type(code(Byte{0x5e}, t::i64, Byte{1}));
  builder.type(code(Byte{0x5f}, 1u, t::i32, Byte{1}));
  builder.type(code(Byte{0x5e}, t::funcref, Byte{1}));
  Bytes locals;
  for (unsigned type = 1; type <= 7; ++type) put(locals, code(1u, ref_null(type)));
  builder.func(0, body, 7, locals);
  builder.elem(code(1u, 0u, 0u));
  builder.data(code(1u, 0u));
  builder.data_count(1);
  return builder;
}
Bytes local(unsigned type) { return code(op::local_get, type - 1); }

TEST_CASE("struct.new takes all fields, struct.new_default none", "[validate][struct_new][struct_new_default]") {
  REQUIRE_VALID(with_types(code(kOne, kWide, local(1), op::ref_as_non_null, op::struct_new, 1u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: expected (ref 1), found (ref null 1)",
                  with_types(code(kOne, kWide, local(1), op::struct_new, 1u, op::drop)));
  REQUIRE_VALID(with_types(code(op::struct_new_default, 6u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: field type is not defaultable", with_types(code(op::struct_new_default, 1u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: type 2 is not a struct type", with_types(code(op::unreachable, op::struct_new, 2u)));
  REQUIRE_VERDICT("invalid: unknown type 9", with_types(code(op::unreachable, op::struct_new, 9u)));
}

TEST_CASE("a packed field is read with its sign", "[validate][struct_get][struct_get_s]") {
  REQUIRE_VALID(with_types(code(local(1), op::struct_get_s, 1u, 0u, op::i32_eqz, op::drop)));
  REQUIRE_VALID(with_types(code(local(1), op::struct_get, 1u, 1u, op::i64_eqz, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: field is packed", with_types(code(local(1), op::struct_get, 1u, 0u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: field is unpacked", with_types(code(local(1), op::struct_get_u, 1u, 1u, op::drop)));
  REQUIRE_VERDICT("invalid: unknown field 3", with_types(code(local(1), op::struct_get, 1u, 3u, op::drop)));
}

TEST_CASE("only mutable fields and elements are set", "[validate][struct_set][array_set][array_fill]") {
  REQUIRE_VALID(with_types(code(local(1), kWide, op::struct_set, 1u, 1u)));
  REQUIRE_VERDICT("invalid: immutable field: field 0", with_types(code(local(1), kOne, op::struct_set, 1u, 0u)));
  REQUIRE_VALID(with_types(code(local(2), kOne, kOne, op::array_set, 2u)));
  REQUIRE_VERDICT("invalid: immutable array", with_types(code(local(3), kOne, kWide, op::array_set, 3u)));
  REQUIRE_VALID(with_types(code(local(5), kOne, kWide, kOne, op::array_fill, 5u)));
  REQUIRE_VERDICT("invalid: immutable array", with_types(code(local(3), kOne, kWide, kOne, op::array_fill, 3u)));
}

TEST_CASE("arrays are made from one value, the default, values, or segments",
          "[validate][array_new][array_new_default][array_new_fixed][array_new_data][array_new_elem]") {
  REQUIRE_VALID(with_types(code(kWide, kOne, op::array_new, 3u, op::drop)));
  REQUIRE_VALID(with_types(code(kOne, op::array_new_default, 3u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: element type is not defaultable", with_types(code(kOne, op::array_new_default, 4u, op::drop)));
  REQUIRE_VALID(with_types(code(kWide, kWide, op::array_new_fixed, 3u, 2u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i64, found nothing", with_types(code(kWide, op::array_new_fixed, 3u, 2u, op::drop)));
  REQUIRE_VALID(with_types(code(kOne, kOne, op::array_new_data, 2u, 0u, op::drop)));
  REQUIRE_VERDICT("invalid: unknown data segment 1", with_types(code(kOne, kOne, op::array_new_data, 2u, 1u, op::drop)));
  REQUIRE_VERDICT("invalid: array type is not numeric or vector", with_types(code(kOne, kOne, op::array_new_data, 4u, 0u, op::drop)));
  REQUIRE_VALID(with_types(code(kOne, kOne, op::array_new_elem, 7u, 0u, op::drop)));
  REQUIRE_VERDICT("invalid: unknown elem segment 1", with_types(code(kOne, kOne, op::array_new_elem, 7u, 1u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i64", with_types(code(kOne, kOne, op::array_new_elem, 3u, 0u, op::drop)));
}

TEST_CASE("array elements are read by i32 index", "[validate][array_get][array_get_u][array_len]") {
  REQUIRE_VALID(with_types(code(local(3), kOne, op::array_get, 3u, op::i64_eqz, op::drop)));
  REQUIRE_VALID(with_types(code(local(2), kOne, op::array_get_u, 2u, op::i32_eqz, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: array is packed", with_types(code(local(2), kOne, op::array_get, 2u, op::drop)));
  REQUIRE_VALID(with_types(code(local(2), op::array_len, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: expected arrayref, found (ref null 1)", with_types(code(local(1), op::array_len, op::drop)));
}

TEST_CASE("array.copy needs elements that match", "[validate][array_copy]") {
  REQUIRE_VALID(with_types(code(local(5), kOne, local(3), kOne, kOne, op::array_copy, 5u, 3u)));
  REQUIRE_VERDICT("invalid: array types do not match", with_types(code(op::unreachable, op::array_copy, 2u, 3u)));
  REQUIRE_VERDICT("invalid: immutable array", with_types(code(op::unreachable, op::array_copy, 3u, 5u)));
}

TEST_CASE("array.init takes from segments", "[validate][array_init_data][array_init_elem]") {
  REQUIRE_VALID(with_types(code(local(2), kOne, kOne, kOne, op::array_init_data, 2u, 0u)));
  REQUIRE_VERDICT("invalid: immutable array", with_types(code(op::unreachable, op::array_init_data, 3u, 0u)));
  REQUIRE_VERDICT("invalid: array type is not numeric or vector", with_types(code(op::unreachable, op::array_init_data, 4u, 0u)));
  REQUIRE_VALID(with_types(code(local(7), kOne, kOne, kOne, op::array_init_elem, 7u, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch", with_types(code(op::unreachable, op::array_init_elem, 5u, 0u)));
}

}  // namespace
}  // namespace wasmrun::tests
