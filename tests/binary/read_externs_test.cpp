#include "tests/binary/read.h"

namespace wasmrun::binary {
namespace {

std::string import_error(const Bytes& description) {
  ModuleBuilder builder;
  builder.raw_import("m", "n", description);
  return error_of(read(builder));
}

std::string table_error(const Bytes& table) {
  ModuleBuilder builder;
  builder.raw_table(table);
  return error_of(read(builder));
}

std::string memory_error(const Bytes& type) {
  ModuleBuilder builder;
  builder.raw_memory(type);
  return error_of(read(builder));
}

}  // namespace

TEST_CASE("imports go to the index spaces of their kinds", "[binary]") {
  ModuleBuilder builder;
  builder.raw_import("a", "g0", {3, 0x7f, 0});
  builder.raw_import("a", "f0", {0, 9});
  builder.raw_import("b", "g1", {3, 0x6f, 1});
  builder.raw_import("b", "t0", {1, 0x6f, 4, 1});
  const module::Module m = read_valid(builder);
  CHECK(m.imports[2].kind == module::ExternKind::Global);
  CHECK(m.imports[2].index == 1);
  CHECK(m.imports[2].module == "b");
  CHECK(m.imports[2].name == "g1");
  CHECK(m.bytes[m.imports[2].offset] == 1);
  CHECK(m.imports[1].index == 0);
  CHECK(m.functions[0].type == TypeIndex(9));
  CHECK(m.globals[1].type.type == module::kExternRef);
  CHECK(m.tables[0].type.limits.address_type == module::AddressType::I64);
  CHECK_FALSE(m.tables[0].type.limits.max.has_value());
}

TEST_CASE("malformed imports and exports name their fault", "[binary]") {
  CHECK_THAT(import_error({5, 0}), StartsWith("malformed: malformed import kind"));
  CHECK_THAT(import_error({0x80, 0}), StartsWith("malformed: malformed import kind"));
  CHECK_THAT(import_error({3, 0x7f, 2}), StartsWith("malformed: malformed mutability"));
  CHECK_THAT(import_error({4, 1, 0}), StartsWith("malformed: zero byte expected"));
  CHECK_THAT(import_error({1, 0x7f, 0, 0}), StartsWith("malformed: malformed reference type"));
  CHECK_THAT(import_error({1, 0x40, 0, 0x70, 0, 0}), StartsWith("malformed: malformed reference type"));
  CHECK_THAT(error_of(read_sections({7, 5, 1, 1, 'x', 5, 0})), StartsWith("malformed: malformed export kind"));
}

TEST_CASE("limits have flags of one byte, and 64-bit numbers whatever the address type", "[binary]") {
  ModuleBuilder builder;
  builder.raw_memory(bytes(Bytes{1}, leb_u(7), leb_u(~uint64_t{0})));
  builder.raw_memory(bytes(Bytes{4}, leb_u(uint64_t{1} << 47)));
  const module::Module m = read_valid(builder);
  CHECK(m.memories[0].limits.min == 7);
  CHECK(m.memories[0].limits.max == ~uint64_t{0});
  CHECK(m.memories[1].limits.min == uint64_t{1} << 47);
  for (const uint8_t flags : {0x08, 0x10, 0x81, 0xff}) {
    CHECK_THAT(memory_error({flags, 0, 0}), StartsWith("malformed: malformed limits flags"));
    CHECK_THAT(table_error({0x70, flags, 0, 0}), StartsWith("malformed: malformed limits flags"));
  }
  CHECK_THAT(table_error({0x70, 0x03, 0, 0}), StartsWith("malformed: malformed limits flags"));
  CHECK(memory_error({0x03, 0, 1}) == "no error");
  CHECK_THAT(memory_error({0x08, 0, 0}), StartsWith("malformed: malformed limits flags: custom page sizes need --enable"));
}

TEST_CASE("a table may have an initializer", "[binary]") {
  CHECK_THAT(table_error({0x40, 0x01, 0x70, 0, 0, 0xd0, 0x70, 0x0b}), StartsWith("malformed: zero byte expected"));
  CHECK_THAT(table_error({0x40, 0x00, 0x70, 0, 0, 0xd0, 0x70}), StartsWith("malformed: unexpected end"));
  ModuleBuilder builder;
  builder.table(module::kExternRef, 3, 4);
  const module::Module m = read_valid(builder);
  CHECK_FALSE(m.tables[0].init.has_value());
  CHECK(m.tables[0].type.limits.max == 4);
}

}  // namespace wasmrun::binary
