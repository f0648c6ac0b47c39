// Element and data segments of an instance. Visible: in_bounds, memory_init, table_init, apply_segments.
#pragma once

#include <cstdint>

#include "engine/abi/traps.h"
#include "engine/runtime/instance.h"

namespace wasmrun::runtime {

/// Whether `count` items from `start` on lie within `size`; no sum wraps.
constexpr bool in_bounds(uint64_t start, uint64_t count, uint64_t size) { return start <= size && count <= size - start; }

/// Copies from a data segment, which is empty when dropped. Returns `none` or the trap. spec: exec-memory.init
abi::TrapCode memory_init(Instance& instance, uint32_t data, uint32_t memory, uint64_t destination, uint64_t source,
                          uint64_t count);
/// spec: exec-table.init
abi::TrapCode table_init(Instance& instance, uint32_t elem, uint32_t table, uint64_t destination, uint64_t source,
                         uint64_t count);

/// Evaluates the element segments, then applies the active ones and the active data segments, in that order. What was done
/// before a trap stays. Returns `none` or the trap. spec: exec-instantiation
abi::TrapCode apply_segments(Instance& instance);

}  // namespace wasmrun::runtime
