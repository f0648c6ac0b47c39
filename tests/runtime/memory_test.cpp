// Both shapes of memories: limits, growth, and who is told of it.
#include "engine/runtime/memory.h"

#include <sys/resource.h>

#include <cstring>

#include "tests/support/catch.h"

namespace wasmrun::runtime {
namespace {

constexpr uint64_t kPage = 65536;

module::MemoryType type_of(uint64_t min, std::optional<uint64_t> max,
                           module::AddressType address = module::AddressType::I32) {
  module::MemoryType type;
  type.limits.address_type = address;
  type.limits.min = min;
  type.limits.max = max;
  return type;
}

std::unique_ptr<Memory> make(module::MemoryType type, bool guard_pages, std::optional<uint64_t> max_bytes = {}) {
  auto made = Memory::create(type, guard_pages, max_bytes);
  REQUIRE(made.ok());
  return std::move(made).value();
}

TEST_CASE("a memory grows by zeroed pages and tells its users", "[runtime][memory_grow]") {
  for (const bool guard_pages : {true, false}) {
    const auto memory = make(type_of(0, std::nullopt), guard_pages);
    abi::InstanceHeader one, two;
    memory->add_user(&one);
    memory->add_user(&two);
    REQUIRE(memory->bytes().empty());
    REQUIRE(memory->grow(0) == 0u);
    REQUIRE(memory->grow(1) == 0u);
    std::memset(memory->bytes().data(), 0xaa, kPage);
    REQUIRE(memory->grow(200) == 1u);
    REQUIRE(memory->bytes().size() == 201 * kPage);
    REQUIRE(memory->bytes()[kPage - 1] == 0xaa);
    REQUIRE(memory->bytes()[kPage] == 0);
    REQUIRE(memory->bytes()[201 * kPage - 1] == 0);
    for (const abi::InstanceHeader* header : {&one, &two}) {
      REQUIRE(header->memory0_base == memory->bytes().data());
      REQUIRE(header->memory0_size_bytes == 201 * kPage);
    }
  }
}

TEST_CASE("growth past a limit fails and changes nothing", "[runtime][memory_grow]") {
  for (const bool guard_pages : {true, false}) {
    const auto declared = make(type_of(1, 3), guard_pages);
    REQUIRE(!declared->grow(3));
    REQUIRE(!declared->grow(UINT64_MAX));
    REQUIRE(declared->grow(2) == 1u);
    REQUIRE(!declared->grow(1));
    REQUIRE(declared->size_pages() == 3);

    const auto given = make(type_of(1, std::nullopt), guard_pages, 2 * kPage + 5);
    REQUIRE(!given->grow(2));
    REQUIRE(given->grow(1) == 1u);
    REQUIRE(!given->grow(1));

    const auto widest = make(type_of(1, std::nullopt), guard_pages);
    REQUIRE(!widest->grow(65536));
  }
}

TEST_CASE("a guarded memory grows to 4 GiB in place", "[runtime][memory_grow]") {
  const auto memory = make(type_of(1, std::nullopt), true);
  const uint8_t* base = memory->bytes().data();
  REQUIRE(memory->grow(65535) == 1u);
  REQUIRE(memory->bytes().data() == base);
  REQUIRE(memory->bytes().size() == uint64_t{1} << 32);
  memory->bytes().back() = 1;
  REQUIRE(memory->guards(base + (uint64_t{8} << 30)));
  REQUIRE(!memory->guards(base + (uint64_t{8} << 30) + 4096));
}

TEST_CASE("a 64-bit memory is never guarded", "[runtime]") {
  const auto memory = make(type_of(1, std::nullopt, module::AddressType::I64), true);
  REQUIRE(!memory->guards(memory->bytes().data()));
  REQUIRE(!memory->grow(uint64_t{1} << 48));
  REQUIRE(memory->grow(1) == 1u);
}

TEST_CASE("a minimum above the limit does not instantiate", "[runtime]") {
  const auto made = Memory::create(type_of(3, std::nullopt), true, 2 * kPage);
  REQUIRE(!made.ok());
  REQUIRE(made.error().kind == ErrorKind::Unlinkable);
}

TEST_CASE("an exact memory needs little address space", "[runtime]") {
  rlimit old;
  REQUIRE(getrlimit(RLIMIT_AS, &old) == 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  rlimit tight = old;
  tight.rlim_cur = rlim_t{1} << 30;
  REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
  const bool can_reserve = Memory::can_reserve_guarded();
  const auto memory = make(type_of(1, std::nullopt), false);
  const auto grown = memory->grow(16);
  const auto refused = memory->grow(32768);
  setrlimit(RLIMIT_AS, &old);
  REQUIRE(!can_reserve);
  REQUIRE(grown == 1u);
  REQUIRE(!refused);
  REQUIRE(memory->size_pages() == 17);
#endif
}

}  // namespace
}  // namespace wasmrun::runtime
