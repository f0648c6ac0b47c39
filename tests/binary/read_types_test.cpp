#include "tests/binary/read.h"

namespace wasmrun::binary {
namespace {

using module::FieldType;
using module::SubType;

ModuleBuilder with_type(const Bytes& rec_type, uint32_t count = 1) {
  ModuleBuilder builder;
  builder.raw_type(rec_type, count);
  return builder;
}

}  // namespace

TEST_CASE("function, struct and array types decode", "[binary]") {
  ModuleBuilder builder;
  builder.func_type({module::kI32, module::kV128}, {module::kExternRef, module::kF64});
  builder.raw_type({0x5f, 0x03, 0x78, 0x00, 0x77, 0x01, 0x7c, 0x01});
  builder.raw_type({0x5e, 0x64, 0x01, 0x00});
  builder.raw_type({0x50, 0x00, 0x60, 0x00, 0x00});
  builder.raw_type({0x4f, 0x01, 0x03, 0x60, 0x00, 0x00});
  const module::Module m = read_valid(builder);
  CHECK(to_string(m.types[0].func) == "[i32 v128] -> [externref f64]");
  CHECK(m.types[0].is_final);
  CHECK(m.types[1].kind == SubType::Kind::Struct);
  CHECK(m.types[1].fields == std::vector<FieldType>{{module::kI32, FieldType::Packing::I8, false},
                                                    {module::kI32, FieldType::Packing::I16, true},
                                                    {module::kF64, FieldType::Packing::None, true}});
  CHECK(m.types[2].kind == SubType::Kind::Array);
  CHECK(to_string(m.types[2].fields.at(0).type) == "(ref 1)");
  CHECK_FALSE(m.types[3].is_final);
  CHECK_FALSE(m.types[3].supertype.has_value());
  CHECK(m.types[4].is_final);
  CHECK(m.types[4].supertype == TypeIndex(3));
}

TEST_CASE("a rec group may be empty, and refers forward only within itself", "[binary]") {
  ModuleBuilder builder;
  builder.raw_type({0x4e, 0x00}, 0);
  builder.raw_type({0x4e, 0x02, 0x5e, 0x64, 0x01, 0x00, 0x5e, 0x64, 0x00, 0x00}, 2);
  const module::Module m = read_valid(builder);
  REQUIRE(m.rec_groups.size() == 2);
  CHECK(m.rec_groups[0].count == 0);
  CHECK(m.rec_groups[1].count == 2);
  CHECK(m.canonical_types[1].value == m.canonical_types[0].value + 1);
  CHECK_THAT(error_of(read(with_type({0x5e, 0x64, 0x01, 0x00}))), StartsWith("invalid: unknown type"));
  CHECK_THAT(error_of(read(with_type({0x50, 0x01, 0x00, 0x60, 0x00, 0x00}))), StartsWith("invalid: unknown type"));
  CHECK_THAT(error_of(read(with_type(bytes(Bytes{0x5e, 0x64}, leb_s(0xffffffff), Bytes{0x00})))),
             StartsWith("invalid: unknown type"));
}

TEST_CASE("bytes that are no type are malformed", "[binary]") {
  CHECK_THAT(error_of(read(with_type({0x61, 0x00, 0x00}))), StartsWith("malformed: malformed definition type"));
  CHECK_THAT(error_of(read(with_type({0xe0, 0x7f, 0x00}))), StartsWith("malformed: integer representation too long"));
  CHECK_THAT(error_of(read(with_type({0x4e, 0x01, 0x4e, 0x00}))), StartsWith("malformed: malformed definition type"));
  CHECK_THAT(error_of(read(with_type({0x60, 0x01, 0x40, 0x00}))), StartsWith("malformed: malformed value type"));
  CHECK_THAT(error_of(read(with_type({0x60, 0x01, 0x78, 0x00}))), StartsWith("malformed: malformed value type"));
  CHECK_THAT(error_of(read(with_type({0x5e, 0x79, 0x00}))), StartsWith("malformed: malformed storage type"));
  CHECK_THAT(error_of(read(with_type({0x5e, 0x78, 0x02}))), StartsWith("malformed: malformed mutability"));
  CHECK_THAT(error_of(read(with_type({0x5e, 0x63, 0x7f, 0x00}))), StartsWith("malformed: malformed storage type"));
  CHECK_THAT(error_of(read(with_type({0x50, 0x02, 0x00, 0x00, 0x60, 0x00, 0x00}))), StartsWith("invalid: sub type"));
}

}  // namespace wasmrun::binary
