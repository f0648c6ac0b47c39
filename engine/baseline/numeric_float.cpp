// Float constants, arithmetic and comparisons. Visible: handlers of f32.* and f64.* (conversions: conversion.cpp).
#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

using x64::Rounding;
using x64::Sse;

namespace {

// Scratch of one handler. No call that may emit moves (pop, xmm, result_xmm, ...) may come between its write and its
// read.
constexpr Xmm kTemp = Xmm::xmm14;

constexpr Sse of_type(ValueKind kind, Sse single_precision, Sse double_precision) {
  return kind == ValueKind::F32 ? single_precision : double_precision;
}
constexpr uint64_t sign_mask(ValueKind kind) {
  return kind == ValueKind::F32 ? 0x8000'0000'8000'0000 : 0x8000'0000'0000'0000;
}

}  // namespace

void FunctionCompiler::f32_const(const imm::F32Const& imm) {
  push_constant(ValueKind::F32, imm.bits);
}
void FunctionCompiler::f64_const(const imm::F64Const& imm) {
  push_constant(ValueKind::F64, imm.bits);
}

void FunctionCompiler::float_binary(ValueKind kind, Sse op) {
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  with_xmm_or_memory(b, [&](auto second) {
    release(b);
    release(a);
    const Xmm result = result_xmm();
    asm_.sse(op, result, first, second);
    push(kind, result);
  });
}

void FunctionCompiler::float_unary(ValueKind result_kind, Sse op) {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  // The operand gives the other lanes too, so that the result waits for no other register.
  asm_.sse(op, result, operand, operand);
  push(result_kind, result);
}

void FunctionCompiler::float_round(ValueKind kind, Rounding mode) {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(of_type(kind, Sse::roundss, Sse::roundsd), result, operand, operand, static_cast<uint8_t>(mode));
  push(kind, result);
}

void FunctionCompiler::float_compare(ValueKind kind, Test test, bool exchanged) {
  Value b = pop();
  Value a = pop();
  Value& left = exchanged ? b : a;
  Value& right = exchanged ? a : b;
  const Xmm first = xmm(left);
  with_xmm_or_memory(right, [&](auto second) { asm_.sse(of_type(kind, Sse::ucomiss, Sse::ucomisd), first, second); });
  release(b);
  release(a);
  push_test(test);
}

#define FLOAT_BINARY(name, kind, op)        \
  void FunctionCompiler::name() {           \
    float_binary(ValueKind::kind, Sse::op); \
  }
#define FLOAT_UNARY(name, kind, op)        \
  void FunctionCompiler::name() {          \
    float_unary(ValueKind::kind, Sse::op); \
  }
#define FLOAT_ROUND(name, kind, mode)             \
  void FunctionCompiler::name() {                 \
    float_round(ValueKind::kind, Rounding::mode); \
  }
#define FLOAT_COMPARE(name, kind, test, exchanged)         \
  void FunctionCompiler::name() {                          \
    float_compare(ValueKind::kind, Test::test, exchanged); \
  }
#include "engine/baseline/numeric_float.def"
#undef FLOAT_BINARY
#undef FLOAT_UNARY
#undef FLOAT_ROUND
#undef FLOAT_COMPARE

// minss returns its second operand when the operands are equal or unordered. Both set the zero flag, so one jump finds
// them: zeros of different signs are joined by `on_equal`, and adding makes a quiet NaN of any.
void FunctionCompiler::float_min_max(ValueKind kind, Sse op, Sse on_equal) {
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  const Xmm second = xmm(b);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(of_type(kind, Sse::ucomiss, Sse::ucomisd), first, second);
  x64::ShortLabel differ = asm_.jcc_short(Condition::ne);
  x64::ShortLabel unordered = asm_.jcc_short(Condition::p);
  asm_.sse(on_equal, result, first, second);
  x64::ShortLabel end = asm_.jmp_short();
  asm_.bind(unordered);
  asm_.sse(of_type(kind, Sse::addss, Sse::addsd), result, first, second);
  x64::ShortLabel end_of_unordered = asm_.jmp_short();
  asm_.bind(differ);
  asm_.sse(op, result, first, second);
  asm_.bind(end);
  asm_.bind(end_of_unordered);
  push(kind, result);
}

void FunctionCompiler::f32_min() {
  float_min_max(ValueKind::F32, Sse::minss, Sse::orps);
}
void FunctionCompiler::f32_max() {
  float_min_max(ValueKind::F32, Sse::maxss, Sse::andps);
}
void FunctionCompiler::f64_min() {
  float_min_max(ValueKind::F64, Sse::minsd, Sse::orps);
}
void FunctionCompiler::f64_max() {
  float_min_max(ValueKind::F64, Sse::maxsd, Sse::andps);
}

// NaNs are rare: scalars jump over the correction. Handlers push their result last, so their scratch is free here.
void FunctionCompiler::canonicalize_nans(Xmm reg) {
  using instructions::NanResult;
  constexpr uint64_t kNan32 = 0x7fc0'0000;
  constexpr uint64_t kNan64 = 0x7ff8'0000'0000'0000;
  constexpr uint8_t kUnordered = 3;  // predicate of cmpps
  if (nans_ == NanResult::F32 || nans_ == NanResult::F64) {
    const bool is_single = nans_ == NanResult::F32;
    asm_.sse(is_single ? Sse::ucomiss : Sse::ucomisd, reg, reg);
    x64::ShortLabel is_number = asm_.jcc_short(Condition::np);
    asm_.movaps(reg, constant_operand(is_single ? kNan32 : kNan64, 0));
    asm_.bind(is_number);
    return;
  }
  const bool is_single = nans_ == NanResult::F32x4;
  const uint64_t nan = is_single ? kNan32 << 32 | kNan32 : kNan64;
  constexpr Xmm kNans = Xmm::xmm15;
  asm_.sse(is_single ? Sse::cmpps : Sse::cmppd, kTemp, reg, reg, kUnordered);
  asm_.sse(Sse::andps, kNans, kTemp, constant_operand(nan, nan));
  asm_.sse(Sse::andnps, kTemp, kTemp, reg);
  asm_.sse(Sse::orps, reg, kTemp, kNans);
}

// ---- The sign bit alone: NaNs keep their payload.

void FunctionCompiler::float_mask(ValueKind kind, Sse op, uint64_t mask) {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(op, result, operand, constant_operand(mask, mask));
  push(kind, result);
}

void FunctionCompiler::f32_abs() {
  float_mask(ValueKind::F32, Sse::andps, ~sign_mask(ValueKind::F32));
}
void FunctionCompiler::f64_abs() {
  float_mask(ValueKind::F64, Sse::andps, ~sign_mask(ValueKind::F64));
}
void FunctionCompiler::f32_neg() {
  float_mask(ValueKind::F32, Sse::xorps, sign_mask(ValueKind::F32));
}
void FunctionCompiler::f64_neg() {
  float_mask(ValueKind::F64, Sse::xorps, sign_mask(ValueKind::F64));
}

void FunctionCompiler::float_copysign(ValueKind kind) {
  const uint64_t sign = sign_mask(kind);
  Value b = pop();
  if (b.is_constant()) {
    const bool is_negative = b.bits & (kind == ValueKind::F32 ? 0x8000'0000 : sign);
    float_mask(kind, is_negative ? Sse::orps : Sse::andps, is_negative ? sign : ~sign);
    return;
  }
  Value a = pop();
  const Xmm magnitude = xmm(a);
  const Xmm sign_source = xmm(b);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::andps, kTemp, sign_source, constant_operand(sign, sign));
  asm_.sse(Sse::andps, result, magnitude, constant_operand(~sign, ~sign));
  asm_.sse(Sse::orps, result, result, kTemp);
  push(kind, result);
}

void FunctionCompiler::f32_copysign() {
  float_copysign(ValueKind::F32);
}
void FunctionCompiler::f64_copysign() {
  float_copysign(ValueKind::F64);
}

}  // namespace wasmrun::baseline
