// What an entry of the operand stack is while code is made. Visible: ValueKind, Value.
#pragma once

#include <cstdint>

#include "engine/module/types.h"

namespace wasmrun::baseline {

using ValueKind = module::ValueType::Kind;

constexpr bool is_vector_class(ValueKind kind) {
  return kind == ValueKind::F32 || kind == ValueKind::F64 || kind == ValueKind::V128;
}
/// i64 and references fill a whole register.
constexpr bool is_64_bit(ValueKind kind) { return kind == ValueKind::I64 || kind == ValueKind::Ref; }

/// One operand: where its value can be found when it is needed.
struct Value {
  enum class Where : uint8_t {
    Constant,  ///< `bits`; never a v128
    Local,     ///< what local `index` holds: no code was emitted for its local.get yet
    Register,  ///< general register `reg`, or vector register for f32, f64, v128; this value alone owns it
    Slot,      ///< the frame slot of operand `index`
    Flags,     ///< an i32 that is `condition` of the flags; only until the next instruction, which consumes it
  };
  Where where = Where::Constant;
  ValueKind kind = ValueKind::I32;
  uint8_t reg = 0;
  uint8_t condition = 0;
  uint32_t index = 0;
  union {
    uint64_t bits = 0;
    /// Local, on the stack: the next deeper entry that refers to the same local, kNone at the end.
    uint64_t next_reference;
  };

  static constexpr uint32_t kNone = ~uint32_t{0};
  bool is_constant() const { return where == Where::Constant; }
  /// Whether it is a constant that fits an instruction's sign-extended 32-bit immediate.
  bool is_immediate() const {
    return where == Where::Constant &&
           (kind == ValueKind::I32 || static_cast<int64_t>(bits) == static_cast<int32_t>(bits));
  }
  int32_t immediate() const { return static_cast<int32_t>(bits); }
};
static_assert(sizeof(Value) == 16);

}  // namespace wasmrun::baseline
