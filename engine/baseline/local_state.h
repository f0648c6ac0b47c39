// Which copies of the pinned locals are valid at a point of the code. Visible: LocalState, the pins.
#pragma once

#include <array>
#include <cstdint>

#include "engine/baseline/x64/registers.h"

namespace wasmrun::baseline {

/// A pin is a register that holds one local for the whole function; each has a bit. Two pins are not locals: the instance
/// pointer and the base of memory 0, which always have a valid copy in memory.
inline constexpr unsigned kGprPins = 7;
inline constexpr unsigned kXmmPins = 8;
inline constexpr unsigned kLocalPins = kGprPins + kXmmPins;
inline constexpr unsigned kInstancePin = kLocalPins;
inline constexpr unsigned kMemoryBasePin = kLocalPins + 1;
constexpr uint32_t pin_bit(unsigned pin) { return uint32_t{1} << pin; }
inline constexpr uint32_t kPseudoPins = pin_bit(kInstancePin) | pin_bit(kMemoryBasePin);

/// Pins that are general registers, in order; pins kGprPins and up are xmm0, xmm1, ...
inline constexpr std::array<x64::Gpr, kGprPins> kPinnedGprs = {x64::Gpr::r13, x64::Gpr::r14, x64::Gpr::r15, x64::Gpr::rdi,
                                                               x64::Gpr::rsi, x64::Gpr::r9,  x64::Gpr::r10};
inline constexpr x64::Gpr kInstance = x64::Gpr::r12;
inline constexpr x64::Gpr kMemoryBase = x64::Gpr::rbx;
inline constexpr x64::Gpr kScratch = x64::Gpr::r11;
inline constexpr x64::Xmm kScratchXmm = x64::Xmm::xmm15;
/// Where the only result of a block travels.
inline constexpr x64::Gpr kBlockGpr = x64::Gpr::rax;
inline constexpr x64::Xmm kBlockXmm = x64::Xmm::xmm8;

/// Each pin has a bit in one of the masks or in both. Two states meet by intersecting the masks: code is needed only for a pin
/// that would be left with no valid copy.
struct LocalState {
  uint32_t in_register = 0;
  uint32_t in_memory = kPseudoPins;
  friend bool operator==(const LocalState&, const LocalState&) = default;
};

}  // namespace wasmrun::baseline
