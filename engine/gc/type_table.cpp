// Builds records from the registry's types.
#include "engine/gc/type_table.h"

#include <algorithm>
#include <new>

namespace wasmrun::gc {
namespace {

using abi::TypeRecord;
using module::SubType;

/// Memory for a record, its display and its offsets, in words.
constexpr size_t kRecordWords = sizeof(TypeRecord) / sizeof(uint32_t);
static_assert(sizeof(TypeRecord) % alignof(TypeRecord) == 0 && alignof(TypeRecord) <= alignof(std::max_align_t));

}  // namespace

uint32_t* TypeTable::allocate(size_t words) {
  storage_.push_back(std::make_unique<uint32_t[]>(words));
  return storage_.back().get();
}

TypeTable::TypeTable(const module::TypeRegistry& types) : types_(types) {
  uint32_t* words = allocate(kRecordWords + TypeRecord::kLeastDisplay);
  plain_ = new (words) TypeRecord;
  std::fill_n(words + kRecordWords, TypeRecord::kLeastDisplay, TypeRecord::kUnused);
  records_.push_back(plain_);
}

const TypeRecord* TypeTable::make_record(CanonicalTypeId id) {
  const SubType& type = types_.type(id);
  if (type.kind == SubType::Kind::Func && !type.supertype) return plain_;

  uint32_t depth = 0;
  for (auto super = type.supertype; super; ++depth) super = types_.type(CanonicalTypeId(super->value)).supertype;
  const uint32_t display_size = std::max(TypeRecord::kLeastDisplay, depth + 1);

  std::vector<uint32_t> offsets;
  const auto type_at = [this](TypeIndex index) -> const SubType& { return types_.type(CanonicalTypeId(index.value)); };
  uint32_t end = type.kind == SubType::Kind::Array ? abi::kArrayElementsOffset : abi::kFirstFieldOffset;
  abi::FieldLayout last;
  const std::optional<size_t> descriptor = abi::descriptor_position(type, type_at);
  for (size_t i = 0; i < type.fields.size(); ++i) {
    if (descriptor == i) offsets.push_back(abi::lay_descriptor(end).offset);
    last = abi::lay_field(type.fields[i], abi::is_collected(type.fields[i].type, type_at), end);
    if (last.storage == abi::FieldLayout::Storage::Reference) offsets.push_back(last.offset);
  }
  if (descriptor == type.fields.size()) offsets.push_back(abi::lay_descriptor(end).offset);

  uint32_t* words = allocate(kRecordWords + display_size + offsets.size());
  auto* record = new (words) TypeRecord;
  record->depth = depth;
  record->size_bytes = abi::object_size(end);
  record->element_log2 = type.kind == SubType::Kind::Array ? last.size_log2 : 0;
  record->reference_count = static_cast<uint32_t>(offsets.size());
  uint32_t* display = words + kRecordWords;
  std::fill_n(display, display_size, TypeRecord::kUnused);
  display[depth] = abi::type_tag(type.kind, id);
  uint32_t at = depth;
  for (auto super = type.supertype; super; super = types_.type(CanonicalTypeId(super->value)).supertype) {
    display[--at] = abi::type_tag(type.kind, CanonicalTypeId(super->value));
  }
  record->reference_offsets = std::copy(offsets.begin(), offsets.end(), display + display_size) - offsets.size();
  return record;
}

void TypeTable::add(CanonicalTypeId id) {
  const size_t index = size_t{id.value} + 1;
  if (index < records_.size() && records_[index]) return;
  if (index >= records_.size()) records_.resize(std::max(index + 1, records_.size() * 2));
  records_[index] = make_record(id);
}

}  // namespace wasmrun::gc
