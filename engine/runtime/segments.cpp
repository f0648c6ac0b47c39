// Copies segments into tables and memories.
#include "engine/runtime/segments.h"

#include <cstring>

#include "engine/runtime/const_expr.h"

namespace wasmrun::runtime {
namespace {

using abi::TrapCode;
using module::SegmentMode;

/// Fills `items`, where the collector sees each as soon as it is there.
TrapCode evaluate_items(Instance& instance, const module::ElemSegment& segment, std::vector<uint64_t>& items) {
  items.reserve(segment.size());
  if (segment.uses_expressions) {
    for (const module::ConstExpr expression : segment.expressions) {
      TrapCode trap = TrapCode::none;
      const std::optional<abi::Slot> item = evaluate(instance, expression, trap);
      if (!item) return trap;
      items.push_back(item->low);
    }
  } else {
    for (const FuncIndex function : segment.functions) items.push_back(instance.function_reference(function));
  }
  return TrapCode::none;
}

// An i32 offset is unsigned.
uint64_t offset_of(Instance& instance, module::ConstExpr expression, module::AddressType type) {
  TrapCode trap = TrapCode::none;
  const std::optional<abi::Slot> value = evaluate(instance, expression, trap);
  CHECK(value);  // a number needs no object
  const uint64_t offset = value->low;
  return type == module::AddressType::I32 ? static_cast<uint32_t>(offset) : offset;
}

/// Maps the images of a new memory. False when one cannot be mapped; the segments are then copied, over what is there already.
bool map_images(Instance& instance, uint32_t memory) {
  const abi::DataImages& images = instance.loaded().images;
  if (!images.cover(memory)) return false;
  for (const abi::DataImage& image : images.images) {
    if (image.memory == memory && !instance.memory(memory).map_image(images.file->get(), image)) return false;
  }
  return true;
}

}  // namespace

TrapCode memory_init(Instance& instance, uint32_t data, uint32_t memory, uint64_t destination, uint64_t source,
                     uint64_t count) {
  const auto bytes = instance.memory(memory).bytes();
  const module::ByteRange range = instance.data_dropped[data] ? module::ByteRange{} : instance.module().datas[data].bytes;
  if (!in_bounds(source, count, range.size()) || !in_bounds(destination, count, bytes.size())) {
    return TrapCode::memory_out_of_bounds;
  }
  if (count) std::memcpy(bytes.data() + destination, instance.module().view(range).data() + source, count);
  return TrapCode::none;
}

TrapCode table_init(Instance& instance, uint32_t elem, uint32_t table, uint64_t destination, uint64_t source,
                    uint64_t count) {
  const auto elements = instance.table(table).elements();
  const auto& items = instance.elem_items[elem];
  if (!in_bounds(source, count, items.size()) || !in_bounds(destination, count, elements.size())) {
    return TrapCode::table_out_of_bounds;
  }
  if (count) std::memcpy(elements.data() + destination, items.data() + source, count * sizeof(uint64_t));
  return TrapCode::none;
}

TrapCode apply_segments(Instance& instance) {
  const module::Module& module = instance.module();
  for (size_t i = 0; i < module.elems.size(); ++i) {
    if (module.elems[i].mode == SegmentMode::Declarative) continue;
    const TrapCode trap = evaluate_items(instance, module.elems[i], instance.elem_items[i]);
    if (trap != TrapCode::none) return trap;
  }
  for (uint32_t i = 0; i < module.elems.size(); ++i) {
    const module::ElemSegment& segment = module.elems[i];
    if (segment.mode != SegmentMode::Active) continue;
    const auto address_type = module.tables[segment.table.value].type.limits.address_type;
    const uint64_t offset = offset_of(instance, segment.offset_expr, address_type);
    const TrapCode trap = table_init(instance, i, segment.table.value, offset, 0, segment.size());
    if (trap != TrapCode::none) return trap;
    instance.elem_items[i] = {};
  }
  std::vector<bool> is_mapped(module.memories.size());
  for (uint32_t i = module.imported_memories; i < module.memories.size(); ++i) is_mapped[i] = map_images(instance, i);
  for (uint32_t i = 0; i < module.datas.size(); ++i) {
    const module::DataSegment& segment = module.datas[i];
    if (segment.mode != SegmentMode::Active) continue;
    if (is_mapped[segment.memory.value]) {
      instance.data_dropped[i] = true;
      continue;
    }
    const auto address_type = module.memories[segment.memory.value].limits.address_type;
    const uint64_t offset = offset_of(instance, segment.offset_expr, address_type);
    const TrapCode trap = memory_init(instance, i, segment.memory.value, offset, 0, segment.bytes.size());
    if (trap != TrapCode::none) return trap;
    instance.data_dropped[i] = true;
  }
  return TrapCode::none;
}

}  // namespace wasmrun::runtime
