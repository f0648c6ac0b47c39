// How guest functions pass values: LLVM's preserve_none on x86-64 (checked against llc by tests/abi). Visible: ArgumentPlace,
// CallSignature, assign_places.
//
// - The instance pointer is the first integer argument. i32, i64 and references take the next integer registers, f32, f64
//   and v128 the next vector registers, each kind counted on its own. The upper bits of a register beyond the value's
//   width are unspecified, on calls and on returns: the receiver clears what it needs clear.
// - Arguments for which no register is left go through context->spill_area, one Slot each, in parameter order.
// - Results: two integer and two vector registers, the rest through the spill area in the same way.
// - Only rsp and rbp survive a call: every other register may change, the instance pointer's included.
// - Every function keeps a frame pointer: [rbp] the caller's rbp, [rbp+8] the return address. rsp is 16-byte aligned at calls.
// - A callee reads spilled arguments before it calls anything; a caller reads spilled results likewise.
//
//   integer arguments: r12 (instance) r13 r14 r15 rdi rsi rdx rcx r8 r9 r11 rax;  integer results: rax rdx
//   vector arguments:  xmm0..xmm7;                                              vector results:  xmm0 xmm1
//
// Builtins use the C convention: instance in rdi, words in rsi rdx rcx r8 r9, result in rax, called through
// InstanceHeader::builtins with rsp 16-byte aligned; they also keep only rsp and rbp, and raise their traps themselves.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/module/types.h"

namespace wasmrun::abi {

inline constexpr uint32_t kIntegerArguments = 11;  ///< without the instance pointer
inline constexpr uint32_t kVectorArguments = 8;
inline constexpr uint32_t kIntegerResults = 2;
inline constexpr uint32_t kVectorResults = 2;

/// Where one argument or result travels. `index` counts within its kind; the instance pointer is not counted.
struct ValuePlace {
  enum class Kind : uint8_t { IntegerRegister, VectorRegister, Spill } kind;
  uint16_t index;
  friend bool operator==(const ValuePlace&, const ValuePlace&) = default;
};

/// The places of parameters, in order, appended to `places`.
void assign_parameters(std::span<const module::ValueType> types, std::vector<ValuePlace>& places);
/// The places of results, in order, appended to `places`.
void assign_results(std::span<const module::ValueType> types, std::vector<ValuePlace>& places);

/// Whether values of the type travel in vector registers.
constexpr bool is_vector_class(module::ValueType type) {
  using Kind = module::ValueType::Kind;
  return type.kind() == Kind::F32 || type.kind() == Kind::F64 || type.kind() == Kind::V128;
}

}  // namespace wasmrun::abi
