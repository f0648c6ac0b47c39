// Integer division and remainder.
#include <bit>

#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

void FunctionCompiler::divide(Division op, ValueKind kind) {
  const Width width = is_64_bit(kind) ? Width::W64 : Width::W32;
  const bool is_signed = op == Division::DivS || op == Division::RemS;
  const bool is_remainder = op == Division::RemS || op == Division::RemU;
  Value right = pop();
  Value left = pop();
  if (right.is_constant() && divide_by_constant(op, kind, left, right)) return;

  // Dividend in rdx:rax, divisor anywhere else.
  const auto is_in = [](const Value& value, Gpr reg) {
    return value.where == Value::Where::Register && static_cast<Gpr>(value.reg) == reg;
  };
  const GprSet fixed{Gpr::rax, Gpr::rdx};
  const bool is_constant = right.is_constant();
  const uint64_t constant = right.bits;
  if (register_of(right) && !is_in(right, Gpr::rax) && !is_in(right, Gpr::rdx)) {
    gpr(right);
  } else {
    const Gpr other = allocate_gpr(fixed);
    load(other, right);
    release(right);
    own_register(right, other);
  }
  const Gpr divisor = gpr(right);
  if (!is_in(left, Gpr::rax)) {
    take_gpr(Gpr::rax);
    load(Gpr::rax, left);
    release(left);
  }
  take_gpr(Gpr::rdx);

  if (!is_constant) {
    asm_.test(width, divisor, divisor);
    trap_if(Condition::e, TrapCode::integer_divide_by_zero);
  }
  if (!is_signed) {
    asm_.xor_(Width::W32, Gpr::rdx, Gpr::rdx);
    asm_.div(width, divisor);
  } else {
    // The machine faults on the smallest number / -1, whose remainder is 0.
    const bool may_overflow = !is_constant;
    CHECK(!is_constant || constant != 0);
    x64::ShortLabel done;
    if (may_overflow) {
      asm_.cmp(width, divisor, -1);
      x64::ShortLabel divide_now = asm_.jcc_short(Condition::ne);
      if (is_remainder) {
        asm_.xor_(Width::W32, Gpr::rdx, Gpr::rdx);
        done = asm_.jmp_short();
      } else {
        asm_.mov(width, kScratch, Gpr::rax);
        asm_.neg(width, kScratch);
        trap_if(Condition::o, TrapCode::integer_overflow);
      }
      asm_.bind(divide_now);
    }
    if (width == Width::W64) {
      asm_.cqo();
    } else {
      asm_.cdq();
    }
    asm_.idiv(width, divisor);
    if (may_overflow && is_remainder) asm_.bind(done);
  }
  release(right);
  free_gpr(is_remainder ? Gpr::rax : Gpr::rdx);
  push(kind, is_remainder ? Gpr::rdx : Gpr::rax);
}

/// Divisors that need no division: 1, -1 and powers of two, and any that a 32-bit reciprocal represents exactly.
bool FunctionCompiler::divide_by_constant(Division op, ValueKind kind, Value& left, const Value& right) {
  const Width width = is_64_bit(kind) ? Width::W64 : Width::W32;
  const unsigned bits = is_64_bit(kind) ? 64 : 32;
  const uint64_t mask = bits == 64 ? ~uint64_t{0} : 0xffffffffu;
  const bool is_signed = op == Division::DivS || op == Division::RemS;
  const uint64_t divisor = right.bits;
  if (divisor == 0) {
    // Always traps: the general way would not test it.
    gpr(left);
    release(left);
    const Gpr dst = result_gpr();
    asm_.xor_(Width::W32, dst, dst);
    trap_if(Condition::e, TrapCode::integer_divide_by_zero);
    push(kind, dst);
    return true;
  }
  if (is_signed && divisor == mask) {  // -1
    const Gpr dst = result_from(left);
    if (op == Division::RemS) {
      asm_.xor_(Width::W32, dst, dst);
    } else {
      asm_.neg(width, dst);
      trap_if(Condition::o, TrapCode::integer_overflow);
    }
    push(kind, dst);
    return true;
  }
  const uint64_t sign_bit = uint64_t{1} << (bits - 1);
  if (std::has_single_bit(divisor) && !(is_signed && divisor == sign_bit)) {
    const uint8_t count = static_cast<uint8_t>(std::countr_zero(divisor));
    if (op == Division::DivU) {
      shift_by_constant(Shift::ShrU, kind, left, count);
      return true;
    }
    if (op == Division::RemU) {
      if (divisor - 1 > INT32_MAX) return false;
      const Gpr dst = result_from(left);
      asm_.and_(width, dst, static_cast<int32_t>(divisor - 1));
      push(kind, dst);
      return true;
    }
    if (count == 0) {
      const Gpr dst = result_from(left);
      if (op == Division::RemS) asm_.xor_(Width::W32, dst, dst);
      push(kind, dst);
      return true;
    }
    // Rounding toward zero: a negative dividend first gets divisor - 1.
    const Gpr dst = result_from(left);
    asm_.mov(width, kScratch, dst);
    if (count > 1) asm_.sar(width, kScratch, static_cast<uint8_t>(bits - 1));
    asm_.shr(width, kScratch, static_cast<uint8_t>(bits - count));
    if (op == Division::DivS) {
      asm_.add(width, dst, kScratch);
      asm_.sar(width, dst, count);
    } else {
      // x - (x + bias with the low bits cleared)
      asm_.add(width, kScratch, dst);
      asm_.shr(width, kScratch, count);
      asm_.shl(width, kScratch, count);
      asm_.sub(width, dst, kScratch);
    }
    push(kind, dst);
    return true;
  }
  if (bits == 32 && !is_signed) {
    // x / d = x * ceil(2^(32+s) / d) >> (32+s), exact when the reciprocal's error times d is at most 2^s.
    const unsigned s = static_cast<unsigned>(std::bit_width(divisor - 1)) - 1;
    const uint64_t power = uint64_t{1} << (32 + s);
    const uint64_t reciprocal = power / divisor + 1;
    if (reciprocal > 0xffffffffu || reciprocal * divisor - power > (uint64_t{1} << s)) return false;
    const Gpr source = gpr(left);
    const bool is_remainder = op == Division::RemU;
    asm_.mov_imm(kScratch, reciprocal);
    asm_.imul(Width::W64, kScratch, source);
    if (!is_remainder) {
      release(left);
      const Gpr dst = result_gpr();
      asm_.mov(Width::W64, dst, kScratch);
      asm_.shr(Width::W64, dst, static_cast<uint8_t>(32 + s));
      push(kind, dst);
      return true;
    }
    asm_.shr(Width::W64, kScratch, static_cast<uint8_t>(32 + s));
    asm_.imul(Width::W32, kScratch, kScratch, static_cast<int32_t>(divisor));
    const Gpr dst = result_from(left);
    asm_.sub(Width::W32, dst, kScratch);
    push(kind, dst);
    return true;
  }
  return false;
}

void FunctionCompiler::i32_div_s() { divide(Division::DivS, ValueKind::I32); }
void FunctionCompiler::i32_div_u() { divide(Division::DivU, ValueKind::I32); }
void FunctionCompiler::i32_rem_s() { divide(Division::RemS, ValueKind::I32); }
void FunctionCompiler::i32_rem_u() { divide(Division::RemU, ValueKind::I32); }
void FunctionCompiler::i64_div_s() { divide(Division::DivS, ValueKind::I64); }
void FunctionCompiler::i64_div_u() { divide(Division::DivU, ValueKind::I64); }
void FunctionCompiler::i64_rem_s() { divide(Division::RemS, ValueKind::I64); }
void FunctionCompiler::i64_rem_u() { divide(Division::RemU, ValueKind::I64); }

}  // namespace wasmrun::baseline
