// Table instructions.
#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

const std::vector<Bytes> kNone;
const Bytes kOne = code(op::i32_const, 1);
const Bytes kWide = code(op::i64_const, 1);
const Bytes kNull = code(op::ref_null, t::funcref);

/// Table 0: 32-bit addresses, of funcref; table 1: 64-bit addresses, of externref; table 2: 64-bit, of funcref.
Builder with_tables(const Bytes& body) {
  Builder builder = function(kNone, kNone, body);
  builder.table(code(t::funcref, 0u, 1u));
  builder.table(code(t::externref, 4u, 1u));
  builder.table(code(t::funcref, 4u, 1u));
  builder.elem(code(1u, 0u, 1u, 0u));
  return builder;
}

TEST_CASE("table instructions name a table", "[validate][table_get][table_set][table_size][table_grow][table_fill]") {
  for (const Op op : {op::table_get, op::table_set, op::table_size, op::table_grow, op::table_fill})
    REQUIRE_VERDICT("invalid: unknown table 3", with_tables(code(op::unreachable, op, 3u)));
}

TEST_CASE("table indices have the table's address type", "[validate][table_get][table_set][table_size][table_grow][table_fill]") {
  REQUIRE_VALID(with_tables(code(kOne, op::table_get, 0u, op::drop, kWide, op::table_get, 1u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i64, found i32", with_tables(code(kOne, op::table_get, 1u, op::drop)));
  REQUIRE_VALID(with_tables(code(kOne, kNull, op::table_set, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch: expected externref, found funcref", with_tables(code(kWide, kNull, op::table_set, 1u)));
  REQUIRE_VALID(with_tables(code(op::table_size, 2u, op::i64_eqz, op::drop)));
  REQUIRE_VALID(with_tables(code(kNull, kWide, op::table_grow, 2u, op::i64_eqz, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i32, found i64", with_tables(code(kNull, kWide, op::table_grow, 0u, op::drop)));
  REQUIRE_VALID(with_tables(code(kWide, kNull, kWide, op::table_fill, 2u)));
}

TEST_CASE("table.copy needs matching elements, and a count that fits both tables", "[validate][table_copy]") {
  REQUIRE_VALID(with_tables(code(kOne, kWide, kOne, op::table_copy, 0u, 2u)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i32, found i64", with_tables(code(kOne, kWide, kWide, op::table_copy, 0u, 2u)));
  REQUIRE_VERDICT("invalid: type mismatch: expected funcref, found externref",
                  with_tables(code(kOne, kWide, kOne, op::table_copy, 0u, 1u)));
}

TEST_CASE("table.init and elem.drop name an element segment", "[validate][table_init][elem_drop]") {
  REQUIRE_VALID(with_tables(code(kOne, kOne, kOne, op::table_init, 0u, 0u, op::elem_drop, 0u)));
  REQUIRE_VALID(with_tables(code(kWide, kOne, kOne, op::table_init, 0u, 2u)));
  REQUIRE_VERDICT("invalid: unknown elem segment 1", with_tables(code(kOne, kOne, kOne, op::table_init, 1u, 0u)));
  REQUIRE_VERDICT("invalid: unknown elem segment 4", with_tables(code(op::elem_drop, 4u)));
  REQUIRE_VERDICT("invalid: type mismatch: expected externref", with_tables(code(kWide, kOne, kOne, op::table_init, 0u, 1u)));
}

}  // namespace
}  // namespace wasmrun::tests
