// The meaning of number and vector instructions, written as plainly as the specification does, lane by lane.
// Visible: Immediate, evaluate, matches.
#pragma once

#include <array>
#include <string_view>

#include "engine/abi/instance_layout.h"
#include "engine/abi/traps.h"

namespace wasmrun::testing {

/// Of extract_lane, replace_lane (the first byte) and shuffle (all).
using Immediate = std::array<uint8_t, 16>;

struct Evaluation {
  bool is_known = false;  ///< whether the instruction is among those described here
  abi::TrapCode trap = abi::TrapCode::none;
  abi::Slot result;
  /// Lane size of floats of which any NaN with a set quiet bit is right where `result` has one; 0: bits must be equal.
  unsigned nan_lane_bytes = 0;
};

/// Float numbers, conversions and vectors; `text` is the instruction's name.
Evaluation evaluate(std::string_view text, const std::array<abi::Slot, 3>& operands, const Immediate& immediate);

/// Whether a result is one of those that the evaluation allows.
bool matches(const Evaluation& expected, const abi::Slot& actual);

}  // namespace wasmrun::testing
