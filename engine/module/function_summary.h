// What validation learns about a function body and the compilers use. Visible: FunctionSummary, LoopSummary.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/module/types.h"

namespace wasmrun::module {

/// The bit that stands for a local in LoopSummary's sets. Locals 64 apart share a bit: the sets may name too many locals,
/// never too few.
inline constexpr uint64_t local_bit(uint32_t local) { return uint64_t{1} << (local & 63); }

/// One `loop`, nested ones included.
struct LoopSummary {
  uint64_t locals_used = 0;     ///< local.get, local.set, local.tee
  uint64_t locals_written = 0;  ///< local.set, local.tee
  bool has_call = false;        ///< any call, tail call, or instruction that calls the runtime
};

/// Facts about one function body. Reused from body to body by one worker, so that vectors keep their room.
struct FunctionSummary {
  std::vector<ValueType> locals;        ///< parameters first
  std::vector<uint32_t> local_weights;  ///< uses, each counted 8^(loop depth), saturating
  std::vector<LoopSummary> loops;       ///< in the order of their `loop` instructions
  uint32_t max_stack_height = 0;        ///< operands at the highest point
  uint32_t max_label_depth = 0;         ///< the function's own label included
  uint32_t calls = 0;                   ///< static number of calls of any kind
  bool uses_memory0 = false;            ///< has a load, store or bulk access to memory 0
  uint64_t code_offset = 0;             ///< module offset of the first instruction, after the locals
};

}  // namespace wasmrun::module
