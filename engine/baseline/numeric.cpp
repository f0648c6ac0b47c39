// Integer constants, arithmetic, comparisons, shifts and bit counts. Division is in division.cpp.
#include <bit>
#include <utility>

#include "engine/baseline/function_compiler.h"
#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

namespace {

constexpr Width width_of(ValueKind kind) { return is_64_bit(kind) ? Width::W64 : Width::W32; }
constexpr uint64_t wrap(ValueKind kind, uint64_t bits) { return is_64_bit(kind) ? bits : static_cast<uint32_t>(bits); }

}  // namespace

void FunctionCompiler::i32_const(const imm::I32Const& constant) {
  push_constant(ValueKind::I32, static_cast<uint32_t>(constant.value));
}
void FunctionCompiler::i64_const(const imm::I64Const& constant) {
  push_constant(ValueKind::I64, static_cast<uint64_t>(constant.value));
}

// ---- add, sub, and, or, xor.

void FunctionCompiler::emit_alu(Alu op, Width width, Gpr dst, const Value& right) {
  const auto emit_with = [&](const auto& operand) {
    switch (op) {
      case Alu::Add: return asm_.add(width, dst, operand);
      case Alu::Or: return asm_.or_(width, dst, operand);
      case Alu::And: return asm_.and_(width, dst, operand);
      case Alu::Sub: return asm_.sub(width, dst, operand);
      case Alu::Xor: return asm_.xor_(width, dst, operand);
      case Alu::Cmp: return asm_.cmp(width, dst, operand);
    }
  };
  if (right.is_immediate()) {
    emit_with(right.immediate());
  } else if (in_memory(right)) {
    emit_with(memory(right));
  } else {
    Value copy = right;
    emit_with(gpr(copy));  // already in a register: see callers
  }
}

/// x & 0xff, x & 0xffff, x & 0xffffffff are moves.
bool FunctionCompiler::zero_extend(ValueKind kind, Value& value, uint64_t mask) {
  Width from;
  switch (mask) {
    case 0xff: from = Width::W8; break;
    case 0xffff: from = Width::W16; break;
    case 0xffffffff: from = Width::W32; break;
    default: return false;
  }
  with_gpr_or_memory(value, [&](const auto& source) {
    release(value);
    const Gpr dst = result_gpr();
    if (from == Width::W32) {
      asm_.mov(Width::W32, dst, source);
    } else {
      asm_.movzx(from, dst, source);
    }
    push(kind, dst);
  });
  return true;
}

void FunctionCompiler::binary(Alu op, ValueKind kind) {
  const Width width = width_of(kind);
  Value right = pop();
  Value left = pop();
  if (left.is_constant() && right.is_constant()) {
    const uint64_t a = left.bits, b = right.bits;
    uint64_t result = 0;
    switch (op) {
      case Alu::Add: result = a + b; break;
      case Alu::Or: result = a | b; break;
      case Alu::And: result = a & b; break;
      case Alu::Sub: result = a - b; break;
      case Alu::Xor: result = a ^ b; break;
      case Alu::Cmp: break;
    }
    return push_constant(kind, wrap(kind, result));
  }
  if (op == Alu::And && right.is_constant() && zero_extend(kind, left, right.bits)) return;
  if (right.is_constant() && !right.is_immediate()) own_gpr(right);
  if (op != Alu::Sub) {
    // The right operand is better as the one that is overwritten if it owns a register, or is the local that comes next.
    const bool right_owns = right.where == Value::Where::Register && left.where != Value::Where::Register;
    const bool left_is_no_register = in_memory(left) && !in_memory(right) && !right.is_constant();
    const uint32_t target = local_set_next(false);
    const bool left_is_target = left.where == Value::Where::Local && left.index == target;
    const bool right_is_target = right.where == Value::Where::Local && right.index == target;
    if (left.is_constant() || (!right.is_constant() && !left_is_target && (right_owns || left_is_no_register || right_is_target))) {
      std::swap(left, right);
      if (right.is_constant() && !right.is_immediate()) own_gpr(right);
    }
  }
  if (right.is_constant() && right.bits == 0 && op != Alu::And) {
    // x + 0 and its like: the value itself, but as a copy, because a local may change before it is used.
    const Gpr dst = result_from(left);
    return push(kind, dst);
  }
  if (!right.is_constant() && !in_memory(right)) gpr(right);

  // A result apart from both operands: lea saves the move.
  if ((op == Alu::Add || (op == Alu::Sub && right.is_constant() && right.immediate() != INT32_MIN)) &&
      left.where == Value::Where::Local && is_pinned(locals_[left.index]) && !in_memory(right)) {
    const Gpr base = gpr(left);
    const Gpr source = right.is_constant() ? base : gpr(right);
    release(right);
    const Gpr dst = result_gpr();
    if (dst != base && (right.is_constant() || dst != source)) {
      if (right.is_constant()) {
        asm_.lea(width, dst, Mem(base, op == Alu::Add ? right.immediate() : -right.immediate()));
      } else {
        asm_.lea(width, dst, Mem(base, source, 0));
      }
    } else {
      if (dst == base) {
        emit_alu(op, width, dst, right);
      } else {
        asm_.add(width, dst, base);  // dst is the right operand
      }
      note_flags(kind, dst);
    }
    return push(kind, dst);
  }

  const Gpr dst = result_from(left, right);
  emit_alu(op, width, dst, right);
  release(right);
  note_flags(kind, dst);
  push(kind, dst);
}

void FunctionCompiler::i32_add() { binary(Alu::Add, ValueKind::I32); }
void FunctionCompiler::i32_sub() { binary(Alu::Sub, ValueKind::I32); }
void FunctionCompiler::i32_or() { binary(Alu::Or, ValueKind::I32); }
void FunctionCompiler::i32_xor() { binary(Alu::Xor, ValueKind::I32); }
void FunctionCompiler::i64_add() { binary(Alu::Add, ValueKind::I64); }
void FunctionCompiler::i64_sub() { binary(Alu::Sub, ValueKind::I64); }
void FunctionCompiler::i64_or() { binary(Alu::Or, ValueKind::I64); }
void FunctionCompiler::i64_xor() { binary(Alu::Xor, ValueKind::I64); }
void FunctionCompiler::i32_and() { bit_and(ValueKind::I32); }
void FunctionCompiler::i64_and() { bit_and(ValueKind::I64); }

void FunctionCompiler::bit_and(ValueKind kind) {
  // `and` whose outcome only decides a branch is a `test`.
  const uint8_t next = peek_opcode();
  const uint8_t eqz = kind == ValueKind::I32 ? 0x45 : 0x50;
  const bool tests_nonzero = kind == ValueKind::I32 && (next == 0x04 || next == 0x0d || next == 0x1b);  // if br_if select
  if (!tests_nonzero && next != eqz) return binary(Alu::And, kind);
  Value right = pop();
  Value left = pop();
  if (left.is_constant()) std::swap(left, right);
  if (left.is_constant() || (right.is_constant() && !right.is_immediate())) own_gpr(right);
  const Width width = width_of(kind);
  if (right.is_constant()) {
    if (in_memory(left)) {
      asm_.test(width, memory(left), right.immediate());
    } else {
      asm_.test(width, gpr(left), right.immediate());
    }
  } else {
    const Gpr reg = gpr(right);
    if (in_memory(left)) {
      asm_.test(width, memory(left), reg);
    } else {
      asm_.test(width, gpr(left), reg);
    }
  }
  release(left);
  release(right);
  if (tests_nonzero) return push_test(Test::ne);
  reader_.read_u8();  // the eqz
  push_test(Test::e);
}

// ---- mul.

void FunctionCompiler::multiply(ValueKind kind) {
  const Width width = width_of(kind);
  Value right = pop();
  Value left = pop();
  if (left.is_constant()) std::swap(left, right);
  if (left.is_constant()) return push_constant(kind, wrap(kind, left.bits * right.bits));
  if (right.is_constant() && right.bits != 0 && std::has_single_bit(right.bits)) {
    return shift_by_constant(Shift::Shl, kind, left, static_cast<uint8_t>(std::countr_zero(right.bits)));
  }
  if (right.is_constant() && (right.bits == 3 || right.bits == 5 || right.bits == 9)) {
    const Gpr source = gpr(left);
    release(left);
    const Gpr dst = result_gpr();
    asm_.lea(width, dst, Mem(source, source, static_cast<uint8_t>(std::countr_zero(right.bits - 1))));
    return push(kind, dst);
  }
  if (right.is_immediate()) {
    with_gpr_or_memory(left, [&](const auto& source) {
      release(left);
      const Gpr dst = result_gpr();
      asm_.imul(width, dst, source, right.immediate());
      push(kind, dst);
    });
    return;
  }
  if (right.is_constant()) own_gpr(right);
  const uint32_t target = local_set_next(false);
  const bool left_is_target = left.where == Value::Where::Local && left.index == target;
  const bool right_is_target = right.where == Value::Where::Local && right.index == target;
  const bool right_owns = right.where == Value::Where::Register && left.where != Value::Where::Register;
  if (!left_is_target && (in_memory(left) || right_is_target || right_owns)) std::swap(left, right);
  if (!in_memory(right)) gpr(right);
  const Gpr dst = result_from(left, right);
  with_gpr_or_memory(right, [&](const auto& source) { asm_.imul(width, dst, source); });
  release(right);
  push(kind, dst);
}

void FunctionCompiler::i32_mul() { multiply(ValueKind::I32); }
void FunctionCompiler::i64_mul() { multiply(ValueKind::I64); }

// ---- Comparisons.

void FunctionCompiler::compare(Condition condition, ValueKind kind) {
  const Width width = width_of(kind);
  Value right = pop();
  Value left = pop();
  if (left.is_constant() && !right.is_constant()) {
    std::swap(left, right);
    condition = x64::swap_operands(condition);
  }
  if (right.is_constant() && !right.is_immediate()) own_gpr(right);
  if (right.is_constant()) {
    if (in_memory(left)) {
      asm_.cmp(width, memory(left), right.immediate());
    } else {
      const Gpr reg = gpr(left);
      if (right.bits == 0) {
        asm_.test(width, reg, reg);
      } else {
        asm_.cmp(width, reg, right.immediate());
      }
    }
  } else if (in_memory(left) && !in_memory(right)) {
    const Gpr reg = gpr(right);
    asm_.cmp(width, memory(left), reg);
  } else {
    if (!in_memory(right)) gpr(right);
    emit_alu(Alu::Cmp, width, gpr(left), right);
  }
  release(left);
  release(right);
  push_test(test_of(condition));
}

void FunctionCompiler::equal_to_zero() {
  Value value = pop();
  if (value.where == Value::Where::Flags) {
    flags_live_ = false;
    return push_test(negate(static_cast<Test>(value.condition)));
  }
  test_value(value);
  release(value);
  push_test(Test::e);
}

void FunctionCompiler::i32_eqz() { equal_to_zero(); }
void FunctionCompiler::i32_eq() { compare(Condition::e, ValueKind::I32); }
void FunctionCompiler::i32_ne() { compare(Condition::ne, ValueKind::I32); }
void FunctionCompiler::i32_lt_s() { compare(Condition::l, ValueKind::I32); }
void FunctionCompiler::i32_lt_u() { compare(Condition::b, ValueKind::I32); }
void FunctionCompiler::i32_gt_s() { compare(Condition::g, ValueKind::I32); }
void FunctionCompiler::i32_gt_u() { compare(Condition::a, ValueKind::I32); }
void FunctionCompiler::i32_le_s() { compare(Condition::le, ValueKind::I32); }
void FunctionCompiler::i32_le_u() { compare(Condition::be, ValueKind::I32); }
void FunctionCompiler::i32_ge_s() { compare(Condition::ge, ValueKind::I32); }
void FunctionCompiler::i32_ge_u() { compare(Condition::ae, ValueKind::I32); }
void FunctionCompiler::i64_eqz() { equal_to_zero(); }
void FunctionCompiler::i64_eq() { compare(Condition::e, ValueKind::I64); }
void FunctionCompiler::i64_ne() { compare(Condition::ne, ValueKind::I64); }
void FunctionCompiler::i64_lt_s() { compare(Condition::l, ValueKind::I64); }
void FunctionCompiler::i64_lt_u() { compare(Condition::b, ValueKind::I64); }
void FunctionCompiler::i64_gt_s() { compare(Condition::g, ValueKind::I64); }
void FunctionCompiler::i64_gt_u() { compare(Condition::a, ValueKind::I64); }
void FunctionCompiler::i64_le_s() { compare(Condition::le, ValueKind::I64); }
void FunctionCompiler::i64_le_u() { compare(Condition::be, ValueKind::I64); }
void FunctionCompiler::i64_ge_s() { compare(Condition::ge, ValueKind::I64); }
void FunctionCompiler::i64_ge_u() { compare(Condition::ae, ValueKind::I64); }

// ---- Shifts and rotations.

void FunctionCompiler::shift_by_constant(Shift op, ValueKind kind, Value left, uint8_t count) {
  const Width width = width_of(kind);
  if (op == Shift::Shl && count == 1 && left.where == Value::Where::Local && is_pinned(locals_[left.index])) {
    const Gpr source = gpr(left);
    const Gpr dst = result_gpr();
    if (dst != source) {
      asm_.lea(width, dst, Mem(source, source, 0));
    } else {
      asm_.add(width, dst, dst);
    }
    return push(kind, dst);
  }
  const Gpr dst = result_from(left);
  if (count != 0) {
    switch (op) {
      case Shift::Shl: asm_.shl(width, dst, count); break;
      case Shift::ShrS: asm_.sar(width, dst, count); break;
      case Shift::ShrU: asm_.shr(width, dst, count); break;
      case Shift::Rotl: asm_.rol(width, dst, count); break;
      case Shift::Rotr: asm_.ror(width, dst, count); break;
    }
  }
  push(kind, dst);
}

void FunctionCompiler::shift_by_cl(Shift op, Width width, Gpr reg) {
  switch (op) {
    case Shift::Shl: return asm_.shl_cl(width, reg);
    case Shift::ShrS: return asm_.sar_cl(width, reg);
    case Shift::ShrU: return asm_.shr_cl(width, reg);
    case Shift::Rotl: return asm_.rol_cl(width, reg);
    case Shift::Rotr: return asm_.ror_cl(width, reg);
  }
}

void FunctionCompiler::shift(Shift op, ValueKind kind) {
  const Width width = width_of(kind);
  Value right = pop();
  Value left = pop();
  if (right.is_constant()) {
    return shift_by_constant(op, kind, left, static_cast<uint8_t>(right.bits & (is_64_bit(kind) ? 63 : 31)));
  }
  if (options_.cpu.bmi2 && op != Shift::Rotl && op != Shift::Rotr) {
    const Gpr count = gpr(right);
    with_gpr_or_memory(left, [&](const auto& source) {
      release(left);
      release(right);
      const Gpr dst = result_gpr();
      switch (op) {
        case Shift::Shl: asm_.shlx(width, dst, source, count); break;
        case Shift::ShrS: asm_.sarx(width, dst, source, count); break;
        default: asm_.shrx(width, dst, source, count); break;
      }
      push(kind, dst);
    });
    return;
  }
  // The count goes to rcx.
  const auto is_rcx = [](const Value& value) {
    return value.where == Value::Where::Register && static_cast<Gpr>(value.reg) == Gpr::rcx;
  };
  if (is_rcx(left)) {
    const Gpr other = allocate_gpr();
    asm_.mov(width, other, Gpr::rcx);
    own_register(left, other);
    load(Gpr::rcx, right);
    release(right);
  } else if (!is_rcx(right)) {
    take_gpr(Gpr::rcx);
    load(Gpr::rcx, right);
    release(right);
  }
  Value count;
  own_register(count, Gpr::rcx);
  const Gpr dst = result_from(left, count);
  shift_by_cl(op, width, dst);
  free_gpr(Gpr::rcx);
  push(kind, dst);
}

void FunctionCompiler::i32_shl() { shift(Shift::Shl, ValueKind::I32); }
void FunctionCompiler::i32_shr_s() { shift(Shift::ShrS, ValueKind::I32); }
void FunctionCompiler::i32_shr_u() { shift(Shift::ShrU, ValueKind::I32); }
void FunctionCompiler::i32_rotl() { shift(Shift::Rotl, ValueKind::I32); }
void FunctionCompiler::i32_rotr() { shift(Shift::Rotr, ValueKind::I32); }
void FunctionCompiler::i64_shl() { shift(Shift::Shl, ValueKind::I64); }
void FunctionCompiler::i64_shr_s() { shift(Shift::ShrS, ValueKind::I64); }
void FunctionCompiler::i64_shr_u() { shift(Shift::ShrU, ValueKind::I64); }
void FunctionCompiler::i64_rotl() { shift(Shift::Rotl, ValueKind::I64); }
void FunctionCompiler::i64_rotr() { shift(Shift::Rotr, ValueKind::I64); }

// ---- Bit counts.

void FunctionCompiler::count_zeros(bool leading, ValueKind kind) {
  const Width width = width_of(kind);
  const uint32_t bits = is_64_bit(kind) ? 64 : 32;
  Value value = pop();
  if (leading ? options_.cpu.lzcnt : options_.cpu.bmi1) {
    with_gpr_or_memory(value, [&](const auto& source) {
      release(value);
      const Gpr dst = result_gpr();
      if (leading) {
        asm_.lzcnt(width, dst, source);
      } else {
        asm_.tzcnt(width, dst, source);
      }
      push(kind, dst);
    });
    return;
  }
  // bsr and bsf leave the result open for zero: cmov fills in what gives the width after the xor.
  const Gpr source = gpr(value);
  release(value);
  const Gpr dst = result_gpr();
  asm_.mov_imm(kScratch, leading ? 2 * bits - 1 : bits);
  if (leading) {
    asm_.bsr(width, dst, source);
  } else {
    asm_.bsf(width, dst, source);
  }
  asm_.cmov(Condition::e, width, dst, kScratch);
  if (leading) asm_.xor_(width, dst, static_cast<int32_t>(bits - 1));
  push(kind, dst);
}

void FunctionCompiler::population_count(ValueKind kind) {
  Value value = pop();
  with_gpr_or_memory(value, [&](const auto& source) {
    release(value);
    const Gpr dst = result_gpr();
    asm_.popcnt(width_of(kind), dst, source);
    push(kind, dst);
  });
}

void FunctionCompiler::i32_clz() { count_zeros(true, ValueKind::I32); }
void FunctionCompiler::i32_ctz() { count_zeros(false, ValueKind::I32); }
void FunctionCompiler::i32_popcnt() { population_count(ValueKind::I32); }
void FunctionCompiler::i64_clz() { count_zeros(true, ValueKind::I64); }
void FunctionCompiler::i64_ctz() { count_zeros(false, ValueKind::I64); }
void FunctionCompiler::i64_popcnt() { population_count(ValueKind::I64); }

// ---- Sign extension within a type.

void FunctionCompiler::extend(Width from, ValueKind kind) {
  Value value = pop();
  // The low bytes of a frame slot are the value's low bytes.
  with_gpr_or_memory(value, [&](const auto& source) {
    release(value);
    const Gpr dst = result_gpr();
    asm_.movsx(from, width_of(kind), dst, source);
    push(kind, dst);
  });
}

void FunctionCompiler::i32_extend8_s() { extend(Width::W8, ValueKind::I32); }
void FunctionCompiler::i32_extend16_s() { extend(Width::W16, ValueKind::I32); }
void FunctionCompiler::i64_extend8_s() { extend(Width::W8, ValueKind::I64); }
void FunctionCompiler::i64_extend16_s() { extend(Width::W16, ValueKind::I64); }
void FunctionCompiler::i64_extend32_s() { extend(Width::W32, ValueKind::I64); }

}  // namespace wasmrun::baseline
