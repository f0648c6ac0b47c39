// Vector loads and stores: what they read and write, and that an access reaches no byte too far. The memory of Machine
// ends at a page that cannot be touched, so the last valid address of each access is the test.
#include <cstring>
#include <string>

#include "engine/instructions/visit.h"
#include "tests/baseline/machine.h"
#include "tests/support/catch.h"

using namespace wasmrun;
using namespace wasmrun::testing;

namespace {

const abi::CpuFeatures kProcessors[] = {abi::CpuFeatures{}, abi::CpuFeatures::host()};

/// v128 instruction `code` with a memarg of alignment 0 and `offset`, and more bytes of immediate.
Bytes access(uint32_t code, uint32_t offset, const Bytes& lane = {}) {
  return bytes(Bytes{0xfd}, leb_u(code), Bytes{0}, leb_u(offset), lane);
}
const Bytes kAddress{0x20, 0};
const Bytes kVector{0x20, 1};

void fill(Machine& machine) {
  for (size_t i = 0; i < Machine::kMemoryBytes; ++i) machine.memory()[i] = static_cast<uint8_t>(0x80 + i * 37);
}

/// How a load spreads the bytes it reads: groups of `from` bytes, extended to `to` bytes, `count` of them (the rest
/// zero) or one of them in all lanes.
struct Load {
  uint32_t code;
  const char* name;
  unsigned bytes;
  unsigned from;
  unsigned to;
  bool is_signed = false;
  bool is_splat = false;
};
constexpr Load kLoads[] = {
    {0x00, "v128.load", 16, 16, 16},
    {0x01, "v128.load8x8_s", 8, 1, 2, true},
    {0x02, "v128.load8x8_u", 8, 1, 2},
    {0x03, "v128.load16x4_s", 8, 2, 4, true},
    {0x04, "v128.load16x4_u", 8, 2, 4},
    {0x05, "v128.load32x2_s", 8, 4, 8, true},
    {0x06, "v128.load32x2_u", 8, 4, 8},
    {0x07, "v128.load8_splat", 1, 1, 1, false, true},
    {0x08, "v128.load16_splat", 2, 2, 2, false, true},
    {0x09, "v128.load32_splat", 4, 4, 4, false, true},
    {0x0a, "v128.load64_splat", 8, 8, 8, false, true},
    {0x5c, "v128.load32_zero", 4, 4, 16},
    {0x5d, "v128.load64_zero", 8, 8, 16},
};

abi::Slot expected_load(const Load& load, const uint8_t* memory) {
  uint8_t result[16] = {};
  for (unsigned i = 0; i < 16 / load.to; ++i) {
    const uint8_t* source = memory + (load.is_splat ? 0 : i * load.from);
    const bool is_negative = load.is_signed && (source[load.from - 1] & 0x80);
    std::memset(result + i * load.to, is_negative ? 0xff : 0, load.to);
    std::memcpy(result + i * load.to, source, load.from);
  }
  abi::Slot slot;
  std::memcpy(&slot, result, 16);
  return slot;
}

bool equal(const abi::Slot& a, const abi::Slot& b) {
  return a.low == b.low && a.high == b.high;
}

}  // namespace

TEST_CASE("vector loads read their bytes and no more", "[baseline][vector]") {
  for (const abi::CpuFeatures& cpu : kProcessors) {
    ModuleBuilder builder;
    builder.memory(1);
    const TypeIndex type = builder.func_type({module::kI32}, {module::kV128});
    for (const Load& load : kLoads) {
      builder.func(type, bytes(kAddress, access(load.code, 0)));
      builder.func(type, bytes(kAddress, access(load.code, 100)));
      // Into the local of an address that is a constant.
      builder.func(type, bytes(Bytes{0x41}, leb_s(int32_t(Machine::kMemoryBytes - load.bytes)), access(load.code, 0)));
    }
    Machine machine(builder.build(), cpu);
    fill(machine);
    uint32_t function = 0;
    for (const Load& load : kLoads) {
      INFO(load.name << (cpu.avx ? " avx" : " sse"));
      std::vector<abi::Slot> results;
      const uint32_t last = static_cast<uint32_t>(Machine::kMemoryBytes) - load.bytes;
      for (const uint32_t address : {0u, 1u, 7u, 15u, 333u, last - 1, last}) {
        REQUIRE(machine.call(function, {{address, 0}}, results) == abi::TrapCode::none);
        CHECK(equal(results[0], expected_load(load, machine.memory() + address)));
        if (address < 100) continue;
        REQUIRE(machine.call(function + 1, {{address - 100, 0}}, results) == abi::TrapCode::none);
        CHECK(equal(results[0], expected_load(load, machine.memory() + address)));
      }
      REQUIRE(machine.call(function + 2, {{0, 0}}, results) == abi::TrapCode::none);
      CHECK(equal(results[0], expected_load(load, machine.memory() + last)));
      function += 3;
    }
  }
}

TEST_CASE("lanes are loaded and stored alone", "[baseline][vector]") {
  const abi::Slot vector{0x0706'0504'0302'0100, 0x0f0e'0d0c'0b0a'0908};
  for (const abi::CpuFeatures& cpu : kProcessors) {
    for (unsigned size_log2 = 0; size_log2 < 4; ++size_log2) {
      const unsigned size = 1u << size_log2;
      ModuleBuilder builder;
      builder.memory(1);
      const TypeIndex load_type = builder.func_type({module::kI32, module::kV128}, {module::kV128});
      const TypeIndex store_type = builder.func_type({module::kI32, module::kV128}, {});
      for (uint8_t lane = 0; lane < 16 / size; ++lane) {
        builder.func(load_type, bytes(kAddress, kVector, access(0x54 + size_log2, 5, Bytes{lane})));
        builder.func(store_type, bytes(kAddress, kVector, access(0x58 + size_log2, 5, Bytes{lane})));
        // The vector is overwritten, and was used: another register, then the same.
        builder.func(load_type,
                     bytes(kAddress, kVector, access(0x54 + size_log2, 5, Bytes{lane}), Bytes{0x21, 1, 0x20, 1}));
      }
      Machine machine(builder.build(), cpu);
      for (unsigned lane = 0; lane < 16 / size; ++lane) {
        INFO("lane " << lane << " of " << size << " bytes" << (cpu.avx ? " avx" : " sse"));
        for (const uint32_t address : {0u, 3u, static_cast<uint32_t>(Machine::kMemoryBytes) - size - 5}) {
          fill(machine);
          uint8_t* const place = machine.memory() + address + 5;
          abi::Slot expected = vector;
          std::memcpy(reinterpret_cast<uint8_t*>(&expected) + lane * size, place, size);
          std::vector<abi::Slot> results;
          for (const uint32_t function : {3 * lane, 3 * lane + 2}) {
            REQUIRE(machine.call(function, {{address, 0}, vector}, results) == abi::TrapCode::none);
            CHECK(equal(results[0], expected));
          }
          Bytes before(machine.memory(), machine.memory() + Machine::kMemoryBytes);
          std::memcpy(before.data() + address + 5, reinterpret_cast<const uint8_t*>(&vector) + lane * size, size);
          REQUIRE(machine.call(3 * lane + 1, {{address, 0}, vector}, results) == abi::TrapCode::none);
          CHECK(std::memcmp(before.data(), machine.memory(), before.size()) == 0);
        }
      }
    }
  }
}

TEST_CASE("v128.store writes 16 bytes at any address", "[baseline][vector][v128_store]") {
  const abi::Slot vector{0x0123'4567'89ab'cdef, 0xfedc'ba98'7654'3210};
  for (const abi::CpuFeatures& cpu : kProcessors) {
    ModuleBuilder builder;
    builder.memory(1);
    builder.func(builder.func_type({module::kI32, module::kV128}, {}), bytes(kAddress, kVector, access(0x0b, 0)));
    Machine machine(builder.build(), cpu);
    for (const uint32_t address : {0u, 1u, 8u, 17u, static_cast<uint32_t>(Machine::kMemoryBytes) - 16}) {
      fill(machine);
      Bytes expected(machine.memory(), machine.memory() + Machine::kMemoryBytes);
      std::memcpy(expected.data() + address, &vector, 16);
      std::vector<abi::Slot> results;
      REQUIRE(machine.call(0, {{address, 0}, vector}, results) == abi::TrapCode::none);
      CHECK(std::memcmp(expected.data(), machine.memory(), expected.size()) == 0);
    }
  }
}

// A scalar in memory or in the frame must not become an operand of an instruction that reads 16 bytes.
TEST_CASE("instructions on a scalar just loaded read no byte after it", "[baseline][vector][numeric]") {
  const Bytes f32_load{0x2a, 0, 0}, f64_load{0x2b, 0, 0}, i32_load{0x28, 0, 0}, i64_load{0x29, 0, 0};
  struct Use {
    Bytes load;
    Bytes code;
    unsigned bytes;
    module::ValueType result;
  };
  const Use uses[] = {
      {f32_load, {0x8b}, 4, module::kF32},        {f32_load, {0x8c}, 4, module::kF32},
      {f32_load, {0x91}, 4, module::kF32},        {f64_load, {0x99}, 8, module::kF64},
      {f64_load, {0x9a}, 8, module::kF64},        {f64_load, {0x9f}, 8, module::kF64},
      {f32_load, {0xfd, 0x13}, 4, module::kV128}, {f64_load, {0xfd, 0x14}, 8, module::kV128},
      {i32_load, {0xfd, 0x0f}, 4, module::kV128}, {i32_load, {0xfd, 0x10}, 4, module::kV128},
      {i32_load, {0xfd, 0x11}, 4, module::kV128}, {i64_load, {0xfd, 0x12}, 8, module::kV128},
      {f32_load, {0xbb}, 4, module::kF64},        {f64_load, {0xb6}, 8, module::kF32},
  };
  for (const abi::CpuFeatures& cpu : kProcessors) {
    ModuleBuilder builder;
    builder.memory(1);
    for (const Use& use : uses) {
      builder.func(builder.func_type({module::kI32}, {use.result}), bytes(kAddress, use.load, use.code));
    }
    Machine machine(builder.build(), cpu);
    std::vector<abi::Slot> results;
    uint32_t function = 0;
    for (const Use& use : uses) {
      const uint64_t last = Machine::kMemoryBytes - use.bytes;
      CHECK(machine.call(function++, {{last, 0}}, results) == abi::TrapCode::none);
    }
  }
}
