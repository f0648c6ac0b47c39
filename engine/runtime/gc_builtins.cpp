// The C++ behind allocation and behind the instructions on arrays that are not made inline. Bounds come before any effect.
#include <cstring>

#include "engine/runtime/execution_context.h"
#include "engine/runtime/references.h"
#include "engine/runtime/segments.h"

namespace wasmrun::runtime {
namespace {

using abi::InstanceHeader;
using abi::TrapCode;
using gc::Reference;

constexpr BuiltinResult trap(TrapCode code) { return {0, static_cast<uint64_t>(code)}; }

uint32_t high_index(uint64_t word) { return static_cast<uint32_t>(word >> 32); }
uint32_t low_index(uint64_t word) { return static_cast<uint32_t>(word); }

BuiltinResult result_of(Reference reference) {
  return reference ? BuiltinResult{reference, 0} : trap(TrapCode::gc_heap_exhausted);
}

const module::SubType& type_of(const Instance& instance, uint32_t index) { return instance.module().types[index]; }

/// The size of an array's elements, as a power of 2.
uint32_t element_log2(const Store& store, Reference array) { return store.type_record(store.heap().tag(array)).element_log2; }

std::span<const uint8_t> data_of(const Instance& instance, uint32_t data) {
  if (instance.data_dropped[data]) return {};
  return instance.module().view(instance.module().datas[data].bytes);
}

/// Copies references to elements: 32 bits of each where the collector follows them.
void store_items(gc::Heap& heap, Reference array, uint32_t index, std::span<const uint64_t> items, uint32_t log2) {
  for (size_t i = 0; i < items.size(); ++i) {
    std::memcpy(heap.address(array) + abi::kArrayElementsOffset + ((uint64_t{index} + i) << log2), &items[i], size_t{1} << log2);
  }
}

}  // namespace

extern "C" {

// Called by the stub of gc_allocate only.
BuiltinResult wasmrun_gc_allocate(InstanceHeader* header, uint64_t request) {
  const Instance& instance = Instance::of(header);
  gc::Heap& heap = instance.store().heap();
  const TypeIndex type(low_index(request));
  const abi::TypeTag tag = instance.type_tag(type);
  return result_of(type_of(instance, type.value).kind == module::SubType::Kind::Struct
                       ? heap.allocate_struct(tag)
                       : heap.allocate_array(tag, high_index(request)));
}

BuiltinResult wasmrun_builtin_array_new_data(InstanceHeader* header, uint64_t type_and_data, uint64_t offset, uint64_t length) {
  const Instance& instance = Instance::of(header);
  gc::Heap& heap = instance.store().heap();
  const abi::TypeTag tag = instance.type_tag(TypeIndex(high_index(type_and_data)));
  const auto data = data_of(instance, low_index(type_and_data));
  const uint64_t bytes = uint64_t{low_index(length)} << instance.store().type_record(tag).element_log2;
  if (!in_bounds(low_index(offset), bytes, data.size())) return trap(TrapCode::memory_out_of_bounds);
  const Reference array = heap.allocate_array(tag, low_index(length));
  if (array && bytes) std::memcpy(heap.address(array) + abi::kArrayElementsOffset, data.data() + low_index(offset), bytes);
  return result_of(array);
}

BuiltinResult wasmrun_builtin_array_new_elem(InstanceHeader* header, uint64_t type_and_elem, uint64_t offset, uint64_t length) {
  const Instance& instance = Instance::of(header);
  gc::Heap& heap = instance.store().heap();
  const abi::TypeTag tag = instance.type_tag(TypeIndex(high_index(type_and_elem)));
  const std::span<const uint64_t> items = instance.elem_items[low_index(type_and_elem)];
  if (!in_bounds(low_index(offset), low_index(length), items.size())) return trap(TrapCode::table_out_of_bounds);
  const Reference array = heap.allocate_array(tag, low_index(length));
  if (array) {
    store_items(heap, array, 0, items.subspan(low_index(offset), low_index(length)), instance.store().type_record(tag).element_log2);
  }
  return result_of(array);
}

BuiltinResult wasmrun_builtin_array_copy(InstanceHeader* header, uint64_t destination, uint64_t to, uint64_t source, uint64_t from,
                                         uint64_t count) {
  const Store& store = Instance::of(header).store();
  if (destination == 0 || source == 0) return trap(TrapCode::null_array_reference);
  gc::Heap& heap = store.heap();
  const auto target = static_cast<Reference>(destination), origin = static_cast<Reference>(source);
  if (!in_bounds(low_index(to), low_index(count), heap.array_length(target)) ||
      !in_bounds(low_index(from), low_index(count), heap.array_length(origin))) {
    return trap(TrapCode::array_out_of_bounds);
  }
  const uint32_t log2 = element_log2(store, target);
  std::memmove(heap.address(target) + abi::kArrayElementsOffset + (uint64_t{low_index(to)} << log2),
               heap.address(origin) + abi::kArrayElementsOffset + (uint64_t{low_index(from)} << log2),
               uint64_t{low_index(count)} << log2);
  return {0, 0};
}

BuiltinResult wasmrun_builtin_array_init_data(InstanceHeader* header, uint64_t data_index, uint64_t array, uint64_t index,
                                              uint64_t offset, uint64_t count) {
  const Instance& instance = Instance::of(header);
  if (array == 0) return trap(TrapCode::null_array_reference);
  gc::Heap& heap = instance.store().heap();
  const auto target = static_cast<Reference>(array);
  if (!in_bounds(low_index(index), low_index(count), heap.array_length(target))) return trap(TrapCode::array_out_of_bounds);
  const uint32_t log2 = element_log2(instance.store(), target);
  const uint64_t bytes = uint64_t{low_index(count)} << log2;
  const auto data = data_of(instance, low_index(data_index));
  if (!in_bounds(low_index(offset), bytes, data.size())) return trap(TrapCode::memory_out_of_bounds);
  if (bytes) {
    std::memcpy(heap.address(target) + abi::kArrayElementsOffset + (uint64_t{low_index(index)} << log2),
                data.data() + low_index(offset), bytes);
  }
  return {0, 0};
}

BuiltinResult wasmrun_builtin_array_init_elem(InstanceHeader* header, uint64_t elem_index, uint64_t array, uint64_t index,
                                              uint64_t offset, uint64_t count) {
  const Instance& instance = Instance::of(header);
  if (array == 0) return trap(TrapCode::null_array_reference);
  gc::Heap& heap = instance.store().heap();
  const auto target = static_cast<Reference>(array);
  if (!in_bounds(low_index(index), low_index(count), heap.array_length(target))) return trap(TrapCode::array_out_of_bounds);
  const std::span<const uint64_t> items = instance.elem_items[low_index(elem_index)];
  if (!in_bounds(low_index(offset), low_index(count), items.size())) return trap(TrapCode::table_out_of_bounds);
  store_items(heap, target, low_index(index), items.subspan(low_index(offset), low_index(count)),
              element_log2(instance.store(), target));
  return {0, 0};
}

}  // extern "C"
}  // namespace wasmrun::runtime
