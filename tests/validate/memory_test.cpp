// Memory accesses, bulk memory instructions, data segments.
#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

const std::vector<Bytes> kNone;
const Bytes kOne = code(op::i32_const, 1);
const Bytes kWide = code(op::i64_const, 1);

/// Memory 0 has 32-bit addresses, memory 1 64-bit ones.
Builder with_memories(const Bytes& body) {
  Builder builder = function(kNone, kNone, body);
  builder.memory(code(0u, 1u));
  builder.memory(code(4u, 1u));
  return builder;
}

TEST_CASE("an access needs its memory and an address of its type", "[validate][i32_load]") {
  REQUIRE_VERDICT("invalid: unknown memory 0", function(kNone, kNone, code(kOne, op::i32_load, 2u, 0u, op::drop)));
  REQUIRE_VERDICT("invalid: unknown memory 2", with_memories(code(kOne, op::i32_load, 0x42u, 2u, 0u, op::drop)));
  REQUIRE_VALID(with_memories(code(kOne, op::i32_load, 2u, 0u, op::drop, kWide, op::i32_load, 0x42u, 1u, 0u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i32, found i64", with_memories(code(kWide, op::i32_load, 2u, 0u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i64, found i32",
                  with_memories(code(kOne, op::i32_load, 0x42u, 1u, 0u, op::drop)));
}

TEST_CASE("alignment is at most the access's size", "[validate][i64_store][i32_load8_u][v128_load]") {
  REQUIRE_VALID(with_memories(code(kOne, kWide, op::i64_store, 3u, 0u)));
  REQUIRE_VERDICT("invalid: alignment must not be larger than natural", with_memories(code(kOne, kWide, op::i64_store, 4u, 0u)));
  REQUIRE_VERDICT("invalid: alignment must not be larger than natural", with_memories(code(kOne, op::i32_load8_u, 1u, 0u, op::drop)));
  REQUIRE_VALID(with_memories(code(kOne, op::v128_load, 4u, 0u, op::drop)));
  REQUIRE_VERDICT("invalid: alignment must not be larger than natural", with_memories(code(kOne, op::v128_load, 5u, 0u, op::drop)));
}

TEST_CASE("an offset fits the memory's addresses", "[validate][i32_load]") {
  REQUIRE_VALID(with_memories(code(kOne, op::i32_load, 2u, 0xffffffffu, op::drop)));
  REQUIRE_VERDICT("invalid: offset out of range", with_memories(code(kOne, op::i32_load, 2u, uint64_t{1} << 32, op::drop)));
  REQUIRE_VALID(with_memories(code(kWide, op::i32_load, 0x42u, 1u, ~uint64_t{0}, op::drop)));
}

TEST_CASE("memory.size, grow and fill use the memory's address type", "[validate][memory_size][memory_grow][memory_fill]") {
  REQUIRE_VALID(with_memories(code(op::memory_size, 1u, op::memory_grow, 1u, op::i64_eqz, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i32, found i64", with_memories(code(op::memory_size, 1u, op::i32_eqz, op::drop)));
  REQUIRE_VALID(with_memories(code(kWide, kOne, kWide, op::memory_fill, 1u)));
  REQUIRE_VERDICT("invalid: unknown memory 2", with_memories(code(op::memory_size, 2u, op::drop)));
}

TEST_CASE("memory.copy between memories counts in the smaller address type", "[validate][memory_copy]") {
  REQUIRE_VALID(with_memories(code(kOne, kWide, kOne, op::memory_copy, 0u, 1u)));
  REQUIRE_VALID(with_memories(code(kWide, kWide, kWide, op::memory_copy, 1u, 1u)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i32, found i64", with_memories(code(kOne, kWide, kWide, op::memory_copy, 0u, 1u)));
}

TEST_CASE("data segments are named only with a data count", "[validate][memory_init][data_drop]") {
  Builder builder = with_memories(code(kOne, kOne, kOne, op::memory_init, 0u, 0u, op::data_drop, 0u));
  builder.data(code(1u, 0u));
  REQUIRE_VERDICT("malformed: data count section required", builder);
  builder.data_count(1);
  REQUIRE_VALID(builder);
  Builder unknown = with_memories(code(op::data_drop, 1u));
  unknown.data(code(1u, 0u));
  unknown.data_count(1);
  REQUIRE_VERDICT("invalid: unknown data segment 1", unknown);
}

}  // namespace
}  // namespace wasmrun::tests
