// Vector float minimum and maximum, and conversions between integers and floats. Visible: their handlers (the other
// float instructions of vectors follow patterns: vector_integer.cpp).
#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

using x64::Sse;
using x64::SseShift;

namespace {

// Scratch of one handler; see vector_integer.cpp.
constexpr Xmm kTemp0 = Xmm::xmm14;
constexpr Xmm kTemp1 = Xmm::xmm15;

// Predicates of cmpps.
constexpr uint8_t kEqual = 0;
constexpr uint8_t kLessOrEqual = 2;
constexpr uint8_t kUnordered = 3;

constexpr uint64_t repeat32(uint64_t word) {
  return word * 0x0000'0001'0000'0001;
}

}  // namespace

// minps returns its second operand when the operands are equal or unordered. So take both orders: `or` joins zeros to
// -0 (`and` to +0 for the maximum). Where unordered, all bits are set and then the payload but its quiet bit is
// cleared.
void FunctionCompiler::vector_float_min_max(Sse op, Sse join, bool is_double) {
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  const Xmm second = xmm(b);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(op, kTemp0, first, second);
  asm_.sse(op, kTemp1, second, first);
  asm_.sse(join, kTemp0, kTemp0, kTemp1);
  asm_.sse(is_double ? Sse::cmppd : Sse::cmpps, kTemp1, first, second, kUnordered);
  asm_.sse(Sse::orps, kTemp0, kTemp0, kTemp1);
  // Sign, exponent and the quiet bit stay.
  asm_.sse(is_double ? SseShift::psrlq : SseShift::psrld, kTemp1, kTemp1, is_double ? 13 : 10);
  asm_.sse(Sse::andnps, kTemp1, kTemp1, kTemp0);
  asm_.movaps(result, kTemp1);
  push(ValueKind::V128, result);
}

void FunctionCompiler::f32x4_min() {
  vector_float_min_max(Sse::minps, Sse::orps, false);
}
void FunctionCompiler::f32x4_max() {
  vector_float_min_max(Sse::maxps, Sse::andps, false);
}
void FunctionCompiler::f64x2_min() {
  vector_float_min_max(Sse::minpd, Sse::orps, true);
}
void FunctionCompiler::f64x2_max() {
  vector_float_min_max(Sse::maxpd, Sse::andps, true);
}

// ---- To integers: NaN becomes 0, numbers out of range the nearest integer.

// cvttps2dq answers 0x80000000 to what it cannot convert; complemented where the operand is positive.
void FunctionCompiler::i32x4_trunc_sat_f32x4_s() {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::cmpps, kTemp0, operand, operand, kEqual);
  asm_.sse(Sse::andps, kTemp1, operand, kTemp0);  // NaN becomes 0
  asm_.sse(Sse::pxor, kTemp0, kTemp0, kTemp1);    // sign bit: the operand is a number and not negative
  asm_.sse(Sse::cvttps2dq, result, kTemp1);
  asm_.sse(Sse::pand, kTemp0, kTemp0, result);
  asm_.sse(SseShift::psrad, kTemp0, kTemp0, 31);
  asm_.sse(Sse::pxor, result, result, kTemp0);
  push(ValueKind::V128, result);
}

// The operand's conversion, which is 2^31 from 2^31 on, plus that of what the operand has above 2^31.
void FunctionCompiler::i32x4_trunc_sat_f32x4_u() {
  constexpr uint64_t kTwoTo31 = repeat32(0x4f00'0000);
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.zero(kTemp0);
  asm_.sse(Sse::maxps, kTemp1, operand, kTemp0);  // NaN and negative numbers become 0
  asm_.sse(Sse::subps, kTemp0, kTemp1, constant_operand(kTwoTo31, kTwoTo31));
  asm_.movaps(result, constant_operand(kTwoTo31, kTwoTo31));
  asm_.sse(Sse::cmpps, result, result, kTemp0, kLessOrEqual);  // all ones where the operand is 2^32 or more
  asm_.sse(Sse::cvttps2dq, kTemp0, kTemp0);
  asm_.sse(Sse::pxor, kTemp0, kTemp0, result);  // 0x7fffffff there
  asm_.zero(result);
  asm_.sse(Sse::pmaxsd, kTemp0, kTemp0, result);
  asm_.sse(Sse::cvttps2dq, result, kTemp1);
  asm_.sse(Sse::paddd, result, result, kTemp0);
  push(ValueKind::V128, result);
}

// minpd returns its second operand for NaN.
void FunctionCompiler::i32x4_trunc_sat_f64x2_s_zero() {
  constexpr uint64_t kLargest = 0x41df'ffff'ffc0'0000;  // 2147483647.0
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::cmppd, kTemp0, operand, operand, kEqual);
  asm_.sse(Sse::andps, kTemp0, kTemp0, constant_operand(kLargest, kLargest));
  asm_.sse(Sse::minpd, kTemp1, operand, kTemp0);
  asm_.sse(Sse::cvttpd2dq, result, kTemp1);
  push(ValueKind::V128, result);
}

// Adding 2^52 leaves an integer in the low half of a double.
void FunctionCompiler::i32x4_trunc_sat_f64x2_u_zero() {
  constexpr uint64_t kLargest = 0x41ef'ffff'ffe0'0000;  // 4294967295.0
  constexpr uint64_t kTwoTo52 = 0x4330'0000'0000'0000;
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.zero(kTemp1);
  asm_.sse(Sse::maxpd, kTemp0, operand, kTemp1);
  asm_.sse(Sse::minpd, kTemp0, kTemp0, constant_operand(kLargest, kLargest));
  asm_.sse_imm(Sse::roundpd, kTemp0, kTemp0, static_cast<uint8_t>(x64::Rounding::Trunc));
  asm_.sse(Sse::addpd, kTemp0, kTemp0, constant_operand(kTwoTo52, kTwoTo52));
  asm_.sse(Sse::shufps, result, kTemp0, kTemp1, 0x88);  // lanes 0 and 2 of each
  push(ValueKind::V128, result);
}

// ---- From unsigned integers

// Low and high half of each, exactly, so that the last addition alone rounds.
void FunctionCompiler::f32x4_convert_i32x4_u() {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::pand, kTemp0, operand, constant_operand(repeat32(0xffff), repeat32(0xffff)));
  asm_.sse(Sse::psubd, kTemp1, operand, kTemp0);
  asm_.sse(SseShift::psrld, kTemp1, kTemp1, 1);
  asm_.sse(Sse::cvtdq2ps, kTemp0, kTemp0);
  asm_.sse(Sse::cvtdq2ps, kTemp1, kTemp1);
  asm_.sse(Sse::addps, kTemp1, kTemp1, kTemp1);
  asm_.sse(Sse::addps, result, kTemp1, kTemp0);
  push(ValueKind::V128, result);
}

// With the upper half of 2^52 above it, an integer is 2^52 more than itself as a double.
void FunctionCompiler::f64x2_convert_low_i32x4_u() {
  constexpr uint64_t kTwoTo52 = 0x4330'0000'0000'0000;
  constexpr uint64_t kUpperHalves = repeat32(0x4330'0000);
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::unpcklps, result, operand, constant_operand(kUpperHalves, kUpperHalves));
  asm_.sse(Sse::subpd, result, result, constant_operand(kTwoTo52, kTwoTo52));
  push(ValueKind::V128, result);
}

}  // namespace wasmrun::baseline
