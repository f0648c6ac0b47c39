// Offsets of fields.
#include "engine/abi/object_layout.h"

#include <algorithm>

namespace wasmrun::abi {
namespace {

uint8_t number_size_log2(module::ValueType type) {
  using Kind = module::ValueType::Kind;
  switch (type.kind()) {
    case Kind::I32:
    case Kind::F32: return 2;
    case Kind::I64:
    case Kind::F64:
    case Kind::Ref: return 3;
    case Kind::V128: return 4;
    case Kind::Bottom: break;
  }
  return 0;
}

}  // namespace

FieldLayout lay_field(const module::FieldType& field, bool is_collected_reference, uint32_t& end) {
  using Storage = FieldLayout::Storage;
  FieldLayout layout;
  if (field.packing != module::FieldType::Packing::None) {
    const bool is_byte = field.packing == module::FieldType::Packing::I8;
    layout.storage = is_byte ? Storage::I8 : Storage::I16;
    layout.size_log2 = is_byte ? 0 : 1;
  } else if (!field.type.is_ref()) {
    layout.size_log2 = number_size_log2(field.type);
  } else if (is_collected_reference) {
    layout.storage = Storage::Reference;
    layout.size_log2 = 2;
  } else {
    layout.storage = Storage::Word;
    layout.size_log2 = 3;
  }
  // Vectors are accessed unaligned, so that objects need no more than 8.
  const uint32_t align = std::min(uint32_t{8}, uint32_t{1} << layout.size_log2);
  layout.offset = (end + align - 1) & ~(align - 1);
  end = layout.offset + (uint32_t{1} << layout.size_log2);
  return layout;
}

module::SubType exception_type(const module::FuncType& tag) {
  module::SubType type;
  type.kind = module::SubType::Kind::Struct;
  type.fields.push_back({module::kI64});
  for (const module::ValueType param : tag.params) type.fields.push_back({param});
  return type;
}

ObjectLayouts::ObjectLayouts(const module::Module& module) {
  const auto type_at = [&](TypeIndex index) -> const module::SubType& { return module.types[index.value]; };
  begin_.reserve(module.types.size());
  sizes_.reserve(module.types.size());
  descriptors_.reserve(module.types.size());
  for (const module::SubType& type : module.types) {
    begin_.push_back(static_cast<uint32_t>(fields_.size()));
    uint32_t end = type.kind == module::SubType::Kind::Array ? kArrayElementsOffset : kFirstFieldOffset;
    const std::optional<size_t> descriptor = descriptor_position(type, type_at);
    uint32_t descriptor_offset = 0;
    for (size_t i = 0; i < type.fields.size(); ++i) {
      if (descriptor == i) descriptor_offset = lay_descriptor(end).offset;
      fields_.push_back(lay_field(type.fields[i], is_collected(type.fields[i].type, type_at), end));
    }
    if (descriptor == type.fields.size()) descriptor_offset = lay_descriptor(end).offset;
    descriptors_.push_back(descriptor_offset);
    sizes_.push_back(object_size(end));
  }
}

}  // namespace wasmrun::abi
