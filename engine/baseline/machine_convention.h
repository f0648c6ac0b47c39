// The registers of calling_convention.h on x86-64. Visible: arrays of registers in order of their use.
#pragma once

#include <array>

#include "engine/abi/calling_convention.h"
#include "engine/baseline/x64/registers.h"

namespace wasmrun::baseline {

/// Without the instance pointer, r12.
inline constexpr std::array<x64::Gpr, abi::kIntegerArguments> kIntegerArgumentRegisters = {
    x64::Gpr::r13, x64::Gpr::r14, x64::Gpr::r15, x64::Gpr::rdi, x64::Gpr::rsi, x64::Gpr::rdx,
    x64::Gpr::rcx, x64::Gpr::r8,  x64::Gpr::r9,  x64::Gpr::r11, x64::Gpr::rax};
inline constexpr std::array<x64::Xmm, abi::kVectorArguments> kVectorArgumentRegisters = {
    x64::Xmm::xmm0, x64::Xmm::xmm1, x64::Xmm::xmm2, x64::Xmm::xmm3,
    x64::Xmm::xmm4, x64::Xmm::xmm5, x64::Xmm::xmm6, x64::Xmm::xmm7};
inline constexpr std::array<x64::Gpr, abi::kIntegerResults> kIntegerResultRegisters = {x64::Gpr::rax, x64::Gpr::rdx};
inline constexpr std::array<x64::Xmm, abi::kVectorResults> kVectorResultRegisters = {x64::Xmm::xmm0, x64::Xmm::xmm1};
/// Builtins: the instance first.
inline constexpr std::array<x64::Gpr, 6> kBuiltinArgumentRegisters = {x64::Gpr::rdi, x64::Gpr::rsi, x64::Gpr::rdx,
                                                                      x64::Gpr::rcx, x64::Gpr::r8,  x64::Gpr::r9};

}  // namespace wasmrun::baseline
