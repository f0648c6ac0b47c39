// Conversions between number types. Visible: handlers of wrap, extend_i32, trunc, trunc_sat, convert, reinterpret.
//
// cvttss2si and cvttsd2si answer the most negative integer to everything they cannot convert. Each truncation looks for
// that answer first and asks for the reason (NaN, out of range, or rightly that number) only then.
#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

using x64::ShortLabel;
using x64::Sse;

namespace {

// Scratch of one handler; see numeric_float.cpp.
constexpr Xmm kTemp = Xmm::xmm14;
constexpr uint64_t kSign64 = uint64_t{1} << 63;

constexpr Width width_of(ValueKind kind) {
  return kind == ValueKind::I64 ? Width::W64 : Width::W32;
}
constexpr Sse of_type(ValueKind kind, Sse single_precision, Sse double_precision) {
  return kind == ValueKind::F32 ? single_precision : double_precision;
}
/// The bits of 2^63 or -2^63.
constexpr uint64_t two_to_63(ValueKind kind, bool is_negative) {
  if (kind == ValueKind::F32) return is_negative ? 0xdf00'0000 : 0x5f00'0000;
  return is_negative ? 0xc3e0'0000'0000'0000 : 0x43e0'0000'0000'0000;
}

}  // namespace

// ---- Integer to integer

void FunctionCompiler::i32_wrap_i64() {
  Value a = pop();
  if (a.is_constant()) {
    push_constant(ValueKind::I32, static_cast<uint32_t>(a.bits));
    return;
  }
  with_gpr_or_memory(a, [&](auto operand) {
    release(a);
    const Gpr result = result_gpr();
    // Also when both are one register: an i32 has a zero upper half.
    asm_.mov(Width::W32, result, operand);
    push(ValueKind::I32, result);
  });
}

void FunctionCompiler::i64_extend_i32_s() {
  Value a = pop();
  if (a.is_constant()) {
    push_constant(ValueKind::I64, static_cast<uint64_t>(int64_t{static_cast<int32_t>(a.bits)}));
    return;
  }
  with_gpr_or_memory(a, [&](auto operand) {
    release(a);
    const Gpr result = result_gpr();
    asm_.movsx(Width::W32, Width::W64, result, operand);
    push(ValueKind::I64, result);
  });
}

void FunctionCompiler::i64_extend_i32_u() {
  Value a = pop();
  if (a.is_constant()) {
    push_constant(ValueKind::I64, static_cast<uint32_t>(a.bits));
    return;
  }
  // The upper half is zero already.
  push(ValueKind::I64, result_from(a));
}

// ---- Reinterpretation

void FunctionCompiler::reinterpret_as_integer(ValueKind result_kind) {
  const Width width = width_of(result_kind);
  Value a = pop();
  if (a.is_constant()) {
    push_constant(result_kind, a.bits);
  } else if (in_memory(a)) {
    const Mem operand = memory(a);
    const Gpr result = result_gpr();
    asm_.mov(width, result, operand);
    push(result_kind, result);
  } else {
    const Xmm operand = xmm(a);
    const Gpr result = result_gpr();
    asm_.movd(width, result, operand);
    release(a);
    push(result_kind, result);
  }
}

void FunctionCompiler::reinterpret_as_float(ValueKind result_kind) {
  const Width width = result_kind == ValueKind::F64 ? Width::W64 : Width::W32;
  Value a = pop();
  if (a.is_constant()) {
    push_constant(result_kind, a.bits);
  } else if (in_memory(a)) {
    const Mem operand = memory(a);
    const Xmm result = result_xmm();
    if (width == Width::W64) {
      asm_.movsd(result, operand);
    } else {
      asm_.movss(result, operand);
    }
    push(result_kind, result);
  } else {
    const Gpr operand = gpr(a);
    const Xmm result = result_xmm();
    asm_.movd(width, result, operand);
    release(a);
    push(result_kind, result);
  }
}

void FunctionCompiler::i32_reinterpret_f32() {
  reinterpret_as_integer(ValueKind::I32);
}
void FunctionCompiler::i64_reinterpret_f64() {
  reinterpret_as_integer(ValueKind::I64);
}
void FunctionCompiler::f32_reinterpret_i32() {
  reinterpret_as_float(ValueKind::F32);
}
void FunctionCompiler::f64_reinterpret_i64() {
  reinterpret_as_float(ValueKind::F64);
}

// ---- Integer to float

void FunctionCompiler::convert_to_float(ValueKind result_kind, Width from, Xmm result, Gpr operand) {
  if (result_kind == ValueKind::F32) {
    asm_.cvtsi2ss(from, result, result, operand);
  } else {
    asm_.cvtsi2sd(from, result, result, operand);
  }
}

void FunctionCompiler::convert(ValueKind result_kind, ValueKind kind, bool is_signed) {
  Value a = pop();
  if (kind == ValueKind::I64 && !is_signed) {
    convert_u64(result_kind, a);
    return;
  }
  const Gpr operand = gpr(a);
  const Xmm result = result_xmm();
  asm_.zero(result);  // the conversion keeps the other lanes, and would wait for their last writer
  // An unsigned 32-bit number has a zero upper half: it is a signed 64-bit number too.
  convert_to_float(result_kind, is_signed ? width_of(kind) : Width::W64, result, operand);
  release(a);
  push(result_kind, result);
}

// From 2^63 on: halve, keep the lost bit so that rounding sees it, convert, double.
void FunctionCompiler::convert_u64(ValueKind result_kind, Value& a) {
  const Gpr operand = own_gpr(a);
  const Xmm result = result_xmm();
  asm_.zero(result);
  asm_.test(Width::W64, operand, operand);
  ShortLabel large = asm_.jcc_short(Condition::s);
  convert_to_float(result_kind, Width::W64, result, operand);
  ShortLabel end = asm_.jmp_short();
  asm_.bind(large);
  asm_.mov(Width::W32, kScratch, operand);
  asm_.and_(Width::W32, kScratch, 1);
  asm_.shr(Width::W64, operand, 1);
  asm_.or_(Width::W64, operand, kScratch);
  convert_to_float(result_kind, Width::W64, result, operand);
  asm_.sse(of_type(result_kind, Sse::addss, Sse::addsd), result, result, result);
  asm_.bind(end);
  release(a);
  push(result_kind, result);
}

// ---- Float to integer

void FunctionCompiler::truncate(ValueKind kind, Width to, Gpr result, Xmm operand) {
  if (kind == ValueKind::F32) {
    asm_.cvttss2si(to, result, operand);
  } else {
    asm_.cvttsd2si(to, result, operand);
  }
}

void FunctionCompiler::compare_with_zero(ValueKind kind, Xmm operand) {
  asm_.zero(kTemp);
  asm_.sse(of_type(kind, Sse::ucomiss, Sse::ucomisd), operand, kTemp);
}

void FunctionCompiler::trap_not_convertible(ValueKind kind, Xmm operand) {
  asm_.sse(of_type(kind, Sse::ucomiss, Sse::ucomisd), operand, operand);
  trap_if(Condition::p, TrapCode::invalid_conversion_to_integer);
  asm_.jmp(trap_label(TrapCode::integer_overflow));
}

void FunctionCompiler::trunc(ValueKind result_kind, ValueKind kind, bool is_signed, bool saturates) {
  Value a = pop();
  const Xmm operand = xmm(a);
  const Gpr result = result_gpr();
  if (is_signed) {
    trunc_signed(result_kind, kind, saturates, result, operand);
  } else if (result_kind == ValueKind::I32) {
    trunc_u32(kind, saturates, result, operand);
  } else {
    trunc_u64(kind, saturates, result, operand);
  }
  release(a);
  push(result_kind, result);
}

void FunctionCompiler::trunc_signed(ValueKind result_kind, ValueKind kind, bool saturates, Gpr result, Xmm operand) {
  const Width width = width_of(result_kind);
  truncate(kind, width, result, operand);
  asm_.cmp(width, result, 1);  // overflows for the most negative integer only
  ShortLabel end = asm_.jcc_short(Condition::no);
  if (saturates) {
    compare_with_zero(kind, operand);
    ShortLabel is_nan = asm_.jcc_short(Condition::p);
    ShortLabel is_negative = asm_.jcc_short(Condition::b);
    asm_.mov_imm(result, width == Width::W64 ? ~kSign64 : 0x7fff'ffff);
    ShortLabel end_of_positive = asm_.jmp_short();
    asm_.bind(is_nan);
    asm_.mov_imm(result, 0);
    asm_.bind(is_negative);
    asm_.bind(end_of_positive);
  } else if (width == Width::W64) {
    // No float lies between -2^63 - 1 and -2^63.
    asm_.sse(of_type(kind, Sse::ucomiss, Sse::ucomisd), operand, constant_operand(two_to_63(kind, true), 0));
    trap_if(Condition::p, TrapCode::invalid_conversion_to_integer);
    trap_if(Condition::ne, TrapCode::integer_overflow);
  } else {
    truncate(kind, Width::W64, kScratch, operand);
    asm_.cmp(Width::W64, kScratch, INT32_MIN);
    ShortLabel is_right = asm_.jcc_short(Condition::e);
    trap_not_convertible(kind, operand);
    asm_.bind(is_right);
  }
  asm_.bind(end);
}

void FunctionCompiler::trunc_u32(ValueKind kind, bool saturates, Gpr result, Xmm operand) {
  truncate(kind, Width::W64, kScratch, operand);
  asm_.mov(Width::W32, result, kScratch);
  asm_.cmp(Width::W64, result, kScratch);
  ShortLabel end = asm_.jcc_short(Condition::e);
  if (saturates) {
    compare_with_zero(kind, operand);
    asm_.mov_imm(result, 0, true);
    ShortLabel is_small_or_nan = asm_.jcc_short(Condition::be);
    asm_.mov_imm(result, UINT32_MAX);
    asm_.bind(is_small_or_nan);
  } else {
    trap_not_convertible(kind, operand);
  }
  asm_.bind(end);
}

// Below 2^63 the signed conversion is right; from there on, that of the operand less 2^63. Numbers below zero and NaN
// fail in both.
void FunctionCompiler::trunc_u64(ValueKind kind, bool saturates, Gpr result, Xmm operand) {
  truncate(kind, Width::W64, result, operand);
  asm_.test(Width::W64, result, result);
  ShortLabel end = asm_.jcc_short(Condition::ns);
  asm_.sse(of_type(kind, Sse::subss, Sse::subsd), kTemp, operand, constant_operand(two_to_63(kind, false), 0));
  truncate(kind, Width::W64, result, kTemp);
  asm_.test(Width::W64, result, result);
  ShortLabel is_large = asm_.jcc_short(Condition::ns);
  if (saturates) {
    compare_with_zero(kind, operand);
    asm_.mov_imm(result, 0, true);
    ShortLabel is_small_or_nan = asm_.jcc_short(Condition::be);
    asm_.mov_imm(result, UINT64_MAX);
    asm_.bind(is_small_or_nan);
    ShortLabel end_of_bad = asm_.jmp_short();
    asm_.bind(is_large);
    asm_.mov_imm(kScratch, kSign64);
    asm_.xor_(Width::W64, result, kScratch);
    asm_.bind(end_of_bad);
  } else {
    trap_not_convertible(kind, operand);
    asm_.bind(is_large);
    asm_.mov_imm(kScratch, kSign64);
    asm_.xor_(Width::W64, result, kScratch);
  }
  asm_.bind(end);
}

#define CONVERT(name, result_kind, kind, is_signed)              \
  void FunctionCompiler::name() {                                \
    convert(ValueKind::result_kind, ValueKind::kind, is_signed); \
  }
#define TRUNC(name, result_kind, kind, is_signed, saturates)              \
  void FunctionCompiler::name() {                                         \
    trunc(ValueKind::result_kind, ValueKind::kind, is_signed, saturates); \
  }
#include "engine/baseline/conversion.def"
#undef CONVERT
#undef TRUNC

}  // namespace wasmrun::baseline
