// The C++ behind builtins.def. Each checks all bounds before its first effect, and runs on the host's stack.
#include <algorithm>
#include <cstring>

#include "engine/runtime/execution_context.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/segments.h"

namespace wasmrun::runtime {
namespace {

using abi::InstanceHeader;
using abi::TrapCode;

constexpr BuiltinResult kDone{0, 0};
constexpr BuiltinResult trap(TrapCode code) { return {0, static_cast<uint64_t>(code)}; }
constexpr BuiltinResult trap_unless_none(TrapCode code) { return {0, static_cast<uint64_t>(code)}; }

uint32_t high_index(uint64_t word) { return static_cast<uint32_t>(word >> 32); }
uint32_t low_index(uint64_t word) { return static_cast<uint32_t>(word); }

// -1 in the width of an address type, which is also how `grow` reports failure.
uint64_t failure(module::AddressType type) { return type == module::AddressType::I32 ? uint64_t{UINT32_MAX} : UINT64_MAX; }

}  // namespace

// Their only callers are the stubs.
extern "C" {

BuiltinResult wasmrun_builtin_memory_grow(InstanceHeader* header, uint64_t memory_index, uint64_t delta) {
  Memory& memory = Instance::of(header).memory(low_index(memory_index));
  return {memory.grow(delta).value_or(failure(memory.type().limits.address_type)), 0};
}

BuiltinResult wasmrun_builtin_memory_fill(InstanceHeader* header, uint64_t memory_index, uint64_t destination,
                                          uint64_t value, uint64_t count) {
  const auto bytes = Instance::of(header).memory(low_index(memory_index)).bytes();
  if (!in_bounds(destination, count, bytes.size())) return trap(TrapCode::memory_out_of_bounds);
  if (count) std::memset(bytes.data() + destination, static_cast<uint8_t>(value), count);
  return kDone;
}

BuiltinResult wasmrun_builtin_memory_copy(InstanceHeader* header, uint64_t memories, uint64_t destination, uint64_t source,
                                          uint64_t count) {
  const Instance& instance = Instance::of(header);
  const auto to = instance.memory(high_index(memories)).bytes();
  const auto from = instance.memory(low_index(memories)).bytes();
  if (!in_bounds(destination, count, to.size()) || !in_bounds(source, count, from.size())) {
    return trap(TrapCode::memory_out_of_bounds);
  }
  if (count) std::memmove(to.data() + destination, from.data() + source, count);
  return kDone;
}

BuiltinResult wasmrun_builtin_memory_init(InstanceHeader* header, uint64_t data_and_memory, uint64_t destination,
                                          uint64_t source, uint64_t count) {
  return trap_unless_none(memory_init(Instance::of(header), high_index(data_and_memory), low_index(data_and_memory),
                                      destination, source, count));
}

BuiltinResult wasmrun_builtin_data_drop(InstanceHeader* header, uint64_t data) {
  Instance::of(header).data_dropped[low_index(data)] = true;
  return kDone;
}

BuiltinResult wasmrun_builtin_table_grow(InstanceHeader* header, uint64_t table_index, uint64_t value, uint64_t delta) {
  Table& table = Instance::of(header).table(low_index(table_index));
  return {table.grow(delta, value).value_or(failure(table.type().limits.address_type)), 0};
}

BuiltinResult wasmrun_builtin_table_fill(InstanceHeader* header, uint64_t table_index, uint64_t start, uint64_t value,
                                         uint64_t count) {
  const auto elements = Instance::of(header).table(low_index(table_index)).elements();
  if (!in_bounds(start, count, elements.size())) return trap(TrapCode::table_out_of_bounds);
  std::fill_n(elements.data() + start, count, value);
  return kDone;
}

BuiltinResult wasmrun_builtin_table_copy(InstanceHeader* header, uint64_t tables, uint64_t destination, uint64_t source,
                                         uint64_t count) {
  const Instance& instance = Instance::of(header);
  const auto to = instance.table(high_index(tables)).elements();
  const auto from = instance.table(low_index(tables)).elements();
  if (!in_bounds(destination, count, to.size()) || !in_bounds(source, count, from.size())) {
    return trap(TrapCode::table_out_of_bounds);
  }
  if (count) std::memmove(to.data() + destination, from.data() + source, count * sizeof(uint64_t));
  return kDone;
}

BuiltinResult wasmrun_builtin_table_init(InstanceHeader* header, uint64_t elem_and_table, uint64_t destination,
                                         uint64_t source, uint64_t count) {
  return trap_unless_none(table_init(Instance::of(header), high_index(elem_and_table), low_index(elem_and_table),
                                     destination, source, count));
}

BuiltinResult wasmrun_builtin_elem_drop(InstanceHeader* header, uint64_t elem) {
  Instance::of(header).elem_items[low_index(elem)] = {};
  return kDone;
}

}  // extern "C"
}  // namespace wasmrun::runtime
