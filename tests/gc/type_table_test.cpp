// Records of types: displays for casts, offsets for the collector.
#include "engine/gc/type_table.h"

#include "engine/abi/object_layout.h"
#include "tests/support/catch.h"

namespace wasmrun::gc {
namespace {

using abi::TypeRecord;
using module::AbstractHeapType;
using module::FieldType;
using module::SubType;
using module::ValueType;

struct Types {
  module::TypeRegistry registry;
  module::Module module;
  void add(SubType type) {
    module.rec_groups.push_back({TypeIndex(static_cast<uint32_t>(module.types.size())), 1});
    module.types.push_back(std::move(type));
    registry.canonicalize(module, module.rec_groups.size() - 1);
  }
};

SubType open_struct(std::vector<FieldType> fields, std::optional<TypeIndex> super) {
  SubType type;
  type.kind = SubType::Kind::Struct;
  type.is_final = false;
  type.supertype = super;
  type.fields = std::move(fields);
  return type;
}

TEST_CASE("displays name every supertype at its depth", "[gc][ref_cast]") {
  Types types;
  constexpr uint32_t kChain = 20;
  for (uint32_t i = 0; i < kChain; ++i) {
    types.add(open_struct({}, i ? std::optional(TypeIndex(i - 1)) : std::nullopt));
  }
  TypeTable table(types.registry);
  for (const CanonicalTypeId id : types.module.canonical_types) table.add(id);
  for (uint32_t sub = 0; sub < kChain; ++sub) {
    const TypeRecord& record = table.record(abi::type_tag(SubType::Kind::Struct, types.module.canonical_types[sub]));
    REQUIRE(record.depth == sub);
    for (uint32_t depth = 0; depth <= sub; ++depth) {
      REQUIRE(record.display()[depth] == abi::type_tag(SubType::Kind::Struct, types.module.canonical_types[depth]));
    }
    for (uint32_t depth = sub + 1; depth < TypeRecord::kLeastDisplay; ++depth) REQUIRE(record.display()[depth] == TypeRecord::kUnused);
  }
}

TEST_CASE("records do not move when more are added", "[gc]") {
  Types types;
  for (uint32_t i = 0; i < 300; ++i) types.add(open_struct(std::vector<FieldType>(i, FieldType{module::kI32}), std::nullopt));
  TypeTable table(types.registry);
  table.add(types.module.canonical_types[0]);
  const TypeRecord* first = &table.record(abi::type_tag(SubType::Kind::Struct, types.module.canonical_types[0]));
  for (const CanonicalTypeId id : types.module.canonical_types) table.add(id);
  REQUIRE(&table.record(abi::type_tag(SubType::Kind::Struct, types.module.canonical_types[0])) == first);
  REQUIRE(table.record(abi::type_tag(SubType::Kind::Struct, types.module.canonical_types[299])).size_bytes == 4 + 299 * 4);
}

TEST_CASE("the collector's offsets are those of the compiler's layout", "[gc][abi]") {
  Types types;
  const ValueType any = ValueType::ref(AbstractHeapType::Any, true);
  const FieldType byte{module::kI32, FieldType::Packing::I8};
  types.add(open_struct({byte, {any}, {module::kFuncRef}, byte, {module::kExternRef}, {module::kV128}, {module::kI64}, {any}}, std::nullopt));
  SubType array;
  array.kind = SubType::Kind::Array;
  array.fields = {{module::kFuncRef}};
  types.add(array);
  array.fields = {{any}};
  types.add(array);
  const abi::ObjectLayouts layouts(types.module);
  TypeTable table(types.registry);
  for (const CanonicalTypeId id : types.module.canonical_types) table.add(id);
  const TypeRecord& record = table.record(abi::type_tag(SubType::Kind::Struct, types.module.canonical_types[0]));
  REQUIRE(record.size_bytes == layouts.size_bytes(TypeIndex(0)));
  REQUIRE(record.reference_count == 3);
  REQUIRE(record.reference_offsets[0] == layouts.field(TypeIndex(0), 1).offset);
  REQUIRE(record.reference_offsets[1] == layouts.field(TypeIndex(0), 4).offset);
  REQUIRE(record.reference_offsets[2] == layouts.field(TypeIndex(0), 7).offset);
  // No two fields overlap, and each lies within the object.
  uint32_t end = abi::kFirstFieldOffset;
  for (uint32_t i = 0; i < 8; ++i) {
    REQUIRE(layouts.field(TypeIndex(0), i).offset >= end);
    end = layouts.field(TypeIndex(0), i).offset + (1u << layouts.field(TypeIndex(0), i).size_log2);
  }
  REQUIRE(end <= record.size_bytes);
  REQUIRE(table.record(abi::type_tag(SubType::Kind::Array, types.module.canonical_types[1])).reference_count == 0);
  REQUIRE(table.record(abi::type_tag(SubType::Kind::Array, types.module.canonical_types[1])).element_log2 == 3);
  REQUIRE(table.record(abi::type_tag(SubType::Kind::Array, types.module.canonical_types[2])).reference_count == 1);
  REQUIRE(table.record(abi::type_tag(SubType::Kind::Array, types.module.canonical_types[2])).element_log2 == 2);
}

TEST_CASE("fields of a subtype begin where those of its supertype do", "[gc][abi]") {
  Types types;
  const FieldType half{module::kI32, FieldType::Packing::I16};
  types.add(open_struct({half, {module::kI64}}, std::nullopt));
  types.add(open_struct({half, {module::kI64}, half, {module::kF32}}, TypeIndex(0)));
  const abi::ObjectLayouts layouts(types.module);
  for (uint32_t i = 0; i < 2; ++i) REQUIRE(layouts.field(TypeIndex(0), i).offset == layouts.field(TypeIndex(1), i).offset);
}

}  // namespace
}  // namespace wasmrun::gc
