#include "engine/runtime/table.h"

#include "tests/support/catch.h"

namespace wasmrun::runtime {
namespace {

module::TableType type_of(uint64_t min, std::optional<uint64_t> max) {
  module::TableType type;
  type.limits.min = min;
  type.limits.max = max;
  return type;
}

TEST_CASE("a table grows by the value given, up to its limit", "[runtime][table_grow]") {
  auto made = Table::create(type_of(2, 10), 7);
  REQUIRE(made.ok());
  Table& table = *made.value();
  REQUIRE(table.size() == 2);
  REQUIRE(table.elements()[1] == 7);
  REQUIRE(table.grow(3, 9) == 2u);
  REQUIRE(table.elements()[1] == 7);
  REQUIRE(table.elements()[4] == 9);
  REQUIRE(!table.grow(6, 0));
  REQUIRE(!table.grow(UINT64_MAX, 0));
  REQUIRE(table.grow(5, 0) == 5u);
  REQUIRE(table.grow(0, 0) == 10u);
  REQUIRE(table.elements()[9] == 0);
  REQUIRE(table.descriptor()->size == 10);
  REQUIRE(table.descriptor()->elements == table.elements().data());
}

TEST_CASE("an empty table grows", "[runtime][table_grow]") {
  auto made = Table::create(type_of(0, std::nullopt), 0);
  REQUIRE(made.ok());
  REQUIRE(made.value()->grow(1, 5) == 0u);
  REQUIRE(made.value()->elements()[0] == 5);
}

TEST_CASE("a table larger than any may be is refused", "[runtime]") {
  REQUIRE(!Table::create(type_of(uint64_t{1} << 40, std::nullopt), 0).ok());
  auto made = Table::create(type_of(1, std::nullopt), 0);
  REQUIRE(made.ok());
  REQUIRE(!made.value()->grow(uint64_t{1} << 32, 0));
}

}  // namespace
}  // namespace wasmrun::runtime
