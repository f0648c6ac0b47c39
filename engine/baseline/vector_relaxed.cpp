// Relaxed vector instructions that are not one machine instruction (those are in vector.def). Visible: their handlers.
//
// Each has one answer, the same on every processor and in every compiler: docs/decisions.md.
#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

using x64::Sse;

namespace {

// Scratch of one handler; see vector_integer.cpp.
constexpr Xmm kTemp0 = Xmm::xmm14;

}  // namespace

// Rounds twice: a fused operation would make the answer depend on the processor. nmadd subtracts the product.
void FunctionCompiler::vector_multiply_add(Sse multiply, Sse add, bool subtracts) {
  Value c = pop();
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  const Xmm second = xmm(b);
  const Xmm third = xmm(c);
  release(c);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(multiply, kTemp0, first, second);
  if (subtracts) {
    asm_.sse(add, result, third, kTemp0);
  } else {
    asm_.sse(add, result, kTemp0, third);
  }
  push(ValueKind::V128, result);
}

void FunctionCompiler::f32x4_relaxed_madd() { vector_multiply_add(Sse::mulps, Sse::addps, false); }
void FunctionCompiler::f32x4_relaxed_nmadd() { vector_multiply_add(Sse::mulps, Sse::subps, true); }
void FunctionCompiler::f64x2_relaxed_madd() { vector_multiply_add(Sse::mulpd, Sse::addpd, false); }
void FunctionCompiler::f64x2_relaxed_nmadd() { vector_multiply_add(Sse::mulpd, Sse::subpd, true); }

void FunctionCompiler::i8x16_relaxed_laneselect() { v128_bitselect(); }
void FunctionCompiler::i16x8_relaxed_laneselect() { v128_bitselect(); }
void FunctionCompiler::i32x4_relaxed_laneselect() { v128_bitselect(); }
void FunctionCompiler::i64x2_relaxed_laneselect() { v128_bitselect(); }

void FunctionCompiler::i32x4_relaxed_trunc_f32x4_u() { i32x4_trunc_sat_f32x4_u(); }
void FunctionCompiler::i32x4_relaxed_trunc_f64x2_u_zero() { i32x4_trunc_sat_f64x2_u_zero(); }

// Pairs of products to 16 bits, as i16x8.relaxed_dot does; pairs of these to 32.
void FunctionCompiler::i32x4_relaxed_dot_i8x16_i7x16_add_s() {
  constexpr uint64_t kOnes = 0x0001'0001'0001'0001;
  Value c = pop();
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  const Xmm second = xmm(b);
  const Xmm third = xmm(c);
  release(c);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::pmaddubsw, kTemp0, second, first);
  asm_.sse(Sse::pmaddwd, kTemp0, kTemp0, constant_operand(kOnes, kOnes));
  asm_.sse(Sse::paddd, result, kTemp0, third);
  push(ValueKind::V128, result);
}

}  // namespace wasmrun::baseline
