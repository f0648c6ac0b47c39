// 128-bit integers as pairs of i64, the low half first.
#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

void FunctionCompiler::add_wide(bool subtracts) {
  Value right_high = pop();
  Value right_low = pop();
  Value left_high = pop();
  Value left_low = pop();
  // All moves come first: some change the carry that the second instruction takes from the first.
  const Gpr low = own_gpr(left_low);
  const Gpr high = own_gpr(left_high);
  if (!in_memory(right_low)) gpr(right_low);
  if (!in_memory(right_high)) gpr(right_high);
  with_gpr_or_memory(right_low, [&](const auto& operand) {
    subtracts ? asm_.sub(Width::W64, low, operand) : asm_.add(Width::W64, low, operand);
  });
  with_gpr_or_memory(right_high, [&](const auto& operand) {
    subtracts ? asm_.sbb(Width::W64, high, operand) : asm_.adc(Width::W64, high, operand);
  });
  release(right_low);
  release(right_high);
  push_pair(low, high);
}

void FunctionCompiler::multiply_wide(bool is_signed) {
  // rdx:rax = rax * operand
  take_gpr(Gpr::rax);
  take_gpr(Gpr::rdx);
  Value right = pop();
  Value left = pop();
  if (!in_memory(right)) gpr(right);
  load(Gpr::rax, left);
  with_gpr_or_memory(right, [&](const auto& operand) {
    is_signed ? asm_.imul(Width::W64, operand) : asm_.mul(Width::W64, operand);
  });
  release(left);
  release(right);
  push_pair(Gpr::rax, Gpr::rdx);
}

/// Pushes both halves. Neither goes to a local's register at once: the next instruction sees only the second.
void FunctionCompiler::push_pair(Gpr low, Gpr high) {
  push(ValueKind::I64, low);
  push(ValueKind::I64, high);
}

void FunctionCompiler::i64_add128() { add_wide(false); }
void FunctionCompiler::i64_sub128() { add_wide(true); }
void FunctionCompiler::i64_mul_wide_s() { multiply_wide(true); }
void FunctionCompiler::i64_mul_wide_u() { multiply_wide(false); }

}  // namespace wasmrun::baseline
