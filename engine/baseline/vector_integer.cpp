// Vector arithmetic and comparisons: the patterns of vector.def, and integer instructions that follow none.
// Visible: handlers of i8x16.*, i16x8.*, i32x4.*, i64x2.*, v128.* without memory, lanes and conversions.
//
// xmm14 and xmm15 are scratch from the moment the result's register is known; no call that may emit moves (pop, xmm,
// gpr, result_xmm) follows. xmm15 is also the assembler's: without AVX, an instruction that does not commute, whose
// result register is its second operand, destroys it.
#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

using x64::Sse;
using x64::SseShift;

namespace {

constexpr Xmm kTemp0 = Xmm::xmm14;
constexpr Xmm kTemp1 = Xmm::xmm15;

constexpr uint64_t repeat8(uint64_t byte) {
  return byte * 0x0101'0101'0101'0101;
}
constexpr uint64_t repeat16(uint64_t word) {
  return word * 0x0001'0001'0001'0001;
}
constexpr uint64_t repeat32(uint64_t word) {
  return word * 0x0000'0001'0000'0001;
}

/// The shift by an immediate that does the same.
constexpr SseShift by_constant(Sse op) {
  switch (op) {
    case Sse::psllw: return SseShift::psllw;
    case Sse::psraw: return SseShift::psraw;
    case Sse::psrlw: return SseShift::psrlw;
    case Sse::pslld: return SseShift::pslld;
    case Sse::psrad: return SseShift::psrad;
    case Sse::psrld: return SseShift::psrld;
    case Sse::psllq: return SseShift::psllq;
    default: return SseShift::psrlq;
  }
}

}  // namespace

// ---- Patterns

void FunctionCompiler::vector_binary(Sse op) {
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  with_xmm_or_memory(b, [&](auto second) {
    release(b);
    release(a);
    const Xmm result = result_xmm();
    asm_.sse(op, result, first, second);
    push(ValueKind::V128, result);
  });
}

void FunctionCompiler::vector_binary_exchanged(Sse op) {
  Value b = pop();
  Value a = pop();
  const Xmm second = xmm(b);
  with_xmm_or_memory(a, [&](auto first) {
    release(b);
    release(a);
    const Xmm result = result_xmm();
    asm_.sse(op, result, second, first);
    push(ValueKind::V128, result);
  });
}

void FunctionCompiler::vector_binary_imm(Sse op, uint8_t imm, bool exchanged) {
  Value b = pop();
  Value a = pop();
  const Xmm left = xmm(exchanged ? b : a);
  with_xmm_or_memory(exchanged ? a : b, [&](auto right) {
    release(b);
    release(a);
    const Xmm result = result_xmm();
    asm_.sse(op, result, left, right, imm);
    push(ValueKind::V128, result);
  });
}

void FunctionCompiler::vector_unary(Sse op) {
  Value a = pop();
  with_xmm_or_memory(a, [&](auto operand) {
    release(a);
    const Xmm result = result_xmm();
    asm_.sse(op, result, operand);
    push(ValueKind::V128, result);
  });
}

void FunctionCompiler::vector_unary_imm(Sse op, uint8_t imm) {
  Value a = pop();
  with_xmm_or_memory(a, [&](auto operand) {
    release(a);
    const Xmm result = result_xmm();
    asm_.sse_imm(op, result, operand, imm);
    push(ValueKind::V128, result);
  });
}

void FunctionCompiler::vector_mask(Sse op, uint64_t mask) {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(op, result, operand, constant_operand(mask, mask));
  push(ValueKind::V128, result);
}

void FunctionCompiler::vector_compare_inverted(Sse op, bool exchanged) {
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(exchanged ? b : a);
  const Xmm second = xmm(exchanged ? a : b);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(op, result, first, second);
  asm_.sse(Sse::pcmpeqd, kTemp0, kTemp0, kTemp0);
  asm_.sse(Sse::pxor, result, result, kTemp0);
  push(ValueKind::V128, result);
}

void FunctionCompiler::vector_compare_with_extreme(Sse extreme, Sse equal, bool inverted) {
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  const Xmm second = xmm(b);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(extreme, kTemp0, first, second);
  asm_.sse(equal, result, first, kTemp0);
  if (inverted) {
    asm_.sse(Sse::pcmpeqd, kTemp0, kTemp0, kTemp0);
    asm_.sse(Sse::pxor, result, result, kTemp0);
  }
  push(ValueKind::V128, result);
}

void FunctionCompiler::vector_negate(Sse subtract) {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.zero(kTemp0);
  asm_.sse(subtract, kTemp0, kTemp0, operand);
  asm_.movaps(result, kTemp0);
  push(ValueKind::V128, result);
}

void FunctionCompiler::vector_all_true(Sse equal) {
  Value a = pop();
  const Xmm operand = xmm(a);
  asm_.zero(kTemp0);
  asm_.sse(equal, kTemp0, kTemp0, operand);
  asm_.sse(Sse::ptest, kTemp0, kTemp0);
  release(a);
  push_test(test_of(Condition::e));
}

void FunctionCompiler::vector_extend_high(Sse op) {
  Value a = pop();
  if (in_memory(a)) {
    const Mem high = memory(a).plus(8);
    const Xmm result = result_xmm();
    asm_.sse(op, result, high);
    push(ValueKind::V128, result);
    return;
  }
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse_imm(Sse::pshufd, result, operand, 0xee);
  asm_.sse(op, result, result);
  push(ValueKind::V128, result);
}

void FunctionCompiler::vector_multiply_extended_bytes(Sse extend, bool high) {
  Value b = pop();
  Value a = pop();
  Xmm first = xmm(a);
  Xmm second = xmm(b);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  if (high) {
    asm_.sse_imm(Sse::pshufd, kTemp0, first, 0xee);
    asm_.sse_imm(Sse::pshufd, kTemp1, second, 0xee);
    first = kTemp0;
    second = kTemp1;
  }
  asm_.sse(extend, kTemp0, first);
  asm_.sse(extend, kTemp1, second);
  asm_.sse(Sse::pmullw, result, kTemp0, kTemp1);
  push(ValueKind::V128, result);
}

void FunctionCompiler::vector_multiply_extended_words(Sse multiply_high, Sse interleave) {
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  const Xmm second = xmm(b);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::pmullw, kTemp0, first, second);
  asm_.sse(multiply_high, kTemp1, first, second);
  asm_.sse(interleave, result, kTemp0, kTemp1);
  push(ValueKind::V128, result);
}

// The multiplication takes lanes 0 and 2.
void FunctionCompiler::vector_multiply_extended_doublewords(Sse multiply, bool high) {
  const uint8_t spread = high ? 0xfa : 0x50;  // lanes 2 2 3 3, or 0 0 1 1
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  const Xmm second = xmm(b);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse_imm(Sse::pshufd, kTemp0, first, spread);
  asm_.sse_imm(Sse::pshufd, kTemp1, second, spread);
  asm_.sse(multiply, result, kTemp0, kTemp1);
  push(ValueKind::V128, result);
}

// r11 keeps the count.
void FunctionCompiler::vector_shift_count(const Value& count, uint8_t mask, Xmm into) {
  load(kScratch, count);
  asm_.and_(Width::W32, kScratch, mask);
  asm_.movd(Width::W32, into, kScratch);
}

void FunctionCompiler::vector_shift(Sse op, uint8_t lane_bits) {
  Value count = pop();
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  release(count);
  const Xmm result = result_xmm();
  if (count.is_constant()) {
    asm_.sse(by_constant(op), result, operand, static_cast<uint8_t>(count.bits & (lane_bits - 1u)));
  } else {
    vector_shift_count(count, static_cast<uint8_t>(lane_bits - 1), kTemp0);
    asm_.sse(op, result, operand, kTemp0);
  }
  push(ValueKind::V128, result);
}

#define VECTOR_BINARY(name, op)   \
  void FunctionCompiler::name() { \
    vector_binary(Sse::op);       \
  }
#define VECTOR_BINARY_EXCHANGED(name, op) \
  void FunctionCompiler::name() {         \
    vector_binary_exchanged(Sse::op);     \
  }
#define VECTOR_COMPARE_INVERTED(name, op, exchanged) \
  void FunctionCompiler::name() {                    \
    vector_compare_inverted(Sse::op, exchanged);     \
  }
#define VECTOR_COMPARE_WITH_EXTREME(name, extreme, equal, inverted)  \
  void FunctionCompiler::name() {                                    \
    vector_compare_with_extreme(Sse::extreme, Sse::equal, inverted); \
  }
#define VECTOR_COMPARE_FLOAT(name, op, predicate, exchanged) \
  void FunctionCompiler::name() {                            \
    vector_binary_imm(Sse::op, predicate, exchanged);        \
  }
#define VECTOR_UNARY(name, op)    \
  void FunctionCompiler::name() { \
    vector_unary(Sse::op);        \
  }
#define VECTOR_EXTEND_HIGH(name, op) \
  void FunctionCompiler::name() {    \
    vector_extend_high(Sse::op);     \
  }
#define VECTOR_ROUND(name, op, mode)                                      \
  void FunctionCompiler::name() {                                         \
    vector_unary_imm(Sse::op, static_cast<uint8_t>(x64::Rounding::mode)); \
  }
#define VECTOR_MASK(name, op, mask) \
  void FunctionCompiler::name() {   \
    vector_mask(Sse::op, mask);     \
  }
#define VECTOR_NEGATE(name, op)   \
  void FunctionCompiler::name() { \
    vector_negate(Sse::op);       \
  }
#define VECTOR_ALL_TRUE(name, op) \
  void FunctionCompiler::name() { \
    vector_all_true(Sse::op);     \
  }
#define VECTOR_SHIFT(name, op, lane_bits) \
  void FunctionCompiler::name() {         \
    vector_shift(Sse::op, lane_bits);     \
  }
#define VECTOR_MULTIPLY_BYTES(name, op, high)      \
  void FunctionCompiler::name() {                  \
    vector_multiply_extended_bytes(Sse::op, high); \
  }
#define VECTOR_MULTIPLY_WORDS(name, op, interleave)           \
  void FunctionCompiler::name() {                             \
    vector_multiply_extended_words(Sse::op, Sse::interleave); \
  }
#define VECTOR_MULTIPLY_DOUBLEWORDS(name, op, high)      \
  void FunctionCompiler::name() {                        \
    vector_multiply_extended_doublewords(Sse::op, high); \
  }
#include "engine/baseline/vector.def"
#undef VECTOR_BINARY
#undef VECTOR_BINARY_EXCHANGED
#undef VECTOR_COMPARE_INVERTED
#undef VECTOR_COMPARE_WITH_EXTREME
#undef VECTOR_COMPARE_FLOAT
#undef VECTOR_UNARY
#undef VECTOR_EXTEND_HIGH
#undef VECTOR_ROUND
#undef VECTOR_MASK
#undef VECTOR_NEGATE
#undef VECTOR_ALL_TRUE
#undef VECTOR_SHIFT
#undef VECTOR_MULTIPLY_BYTES
#undef VECTOR_MULTIPLY_WORDS
#undef VECTOR_MULTIPLY_DOUBLEWORDS

// ---- Bits

void FunctionCompiler::v128_not() {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::pcmpeqd, kTemp0, kTemp0, kTemp0);
  asm_.sse(Sse::pxor, result, operand, kTemp0);
  push(ValueKind::V128, result);
}

void FunctionCompiler::v128_bitselect() {
  Value c = pop();
  Value b = pop();
  Value a = pop();
  const Xmm mask = xmm(c);
  const Xmm where_set = xmm(a);
  const Xmm where_clear = xmm(b);
  release(c);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::pandn, kTemp0, mask, where_clear);
  asm_.sse(Sse::pand, result, where_set, mask);
  asm_.sse(Sse::por, result, result, kTemp0);
  push(ValueKind::V128, result);
}

void FunctionCompiler::v128_any_true() {
  Value a = pop();
  const Xmm operand = xmm(a);
  asm_.sse(Sse::ptest, operand, operand);
  release(a);
  push_test(test_of(Condition::ne));
}

void FunctionCompiler::i8x16_bitmask() {
  Value a = pop();
  const Xmm operand = xmm(a);
  const Gpr result = result_gpr();
  asm_.pmovmskb(result, operand);
  release(a);
  push(ValueKind::I32, result);
}

void FunctionCompiler::i16x8_bitmask() {
  Value a = pop();
  const Xmm operand = xmm(a);
  const Gpr result = result_gpr();
  asm_.zero(kTemp1);
  asm_.sse(Sse::packsswb, kTemp0, operand, kTemp1);  // keeps the signs, and zeros above them
  asm_.pmovmskb(result, kTemp0);
  release(a);
  push(ValueKind::I32, result);
}

void FunctionCompiler::i32x4_bitmask() {
  Value a = pop();
  const Xmm operand = xmm(a);
  const Gpr result = result_gpr();
  asm_.movmskps(result, operand);
  release(a);
  push(ValueKind::I32, result);
}

void FunctionCompiler::i64x2_bitmask() {
  Value a = pop();
  const Xmm operand = xmm(a);
  const Gpr result = result_gpr();
  asm_.movmskpd(result, operand);
  release(a);
  push(ValueKind::I32, result);
}

// The number of bits of each half byte, looked up in a table of 16.
void FunctionCompiler::i8x16_popcnt() {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(SseShift::psrlw, kTemp1, operand, 4);
  asm_.sse(Sse::pand, kTemp1, kTemp1, constant_operand(repeat8(0x0f), repeat8(0x0f)));
  asm_.sse(Sse::pand, kTemp0, operand, constant_operand(repeat8(0x0f), repeat8(0x0f)));
  asm_.movaps(result, constant_operand(0x0302'0201'0201'0100, 0x0403'0302'0302'0201));
  asm_.sse(Sse::pshufb, result, result, kTemp0);
  asm_.movaps(kTemp0, constant_operand(0x0302'0201'0201'0100, 0x0403'0302'0302'0201));
  asm_.sse(Sse::pshufb, kTemp0, kTemp0, kTemp1);
  asm_.sse(Sse::paddb, result, result, kTemp0);
  push(ValueKind::V128, result);
}

// ---- Arithmetic

// (x ^ m) - m is -x where m is all ones, and x where it is zero.
void FunctionCompiler::i64x2_abs() {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.zero(kTemp0);
  asm_.sse(Sse::pcmpgtq, kTemp0, kTemp0, operand);
  asm_.sse(Sse::pxor, result, operand, kTemp0);
  asm_.sse(Sse::psubq, result, result, kTemp0);
  push(ValueKind::V128, result);
}

// low * low + ((low * high + high * low) << 32)
void FunctionCompiler::i64x2_mul() {
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  const Xmm second = xmm(b);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(SseShift::psrlq, kTemp0, first, 32);
  asm_.sse(Sse::pmuludq, kTemp0, kTemp0, second);
  asm_.sse(SseShift::psrlq, kTemp1, second, 32);
  asm_.sse(Sse::pmuludq, kTemp1, kTemp1, first);
  asm_.sse(Sse::paddq, kTemp0, kTemp0, kTemp1);
  asm_.sse(SseShift::psllq, kTemp0, kTemp0, 32);
  asm_.sse(Sse::pmuludq, result, first, second);
  asm_.sse(Sse::paddq, result, result, kTemp0);
  push(ValueKind::V128, result);
}

// pmulhrsw gives -1 for -1 * -1, its only result that is 0x8000: it must be the largest number, the complement.
void FunctionCompiler::i16x8_q15mulr_sat_s() {
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  const Xmm second = xmm(b);
  release(b);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::pmulhrsw, result, first, second);
  asm_.sse(Sse::pcmpeqw, kTemp0, result, constant_operand(repeat16(0x8000), repeat16(0x8000)));
  asm_.sse(Sse::pxor, result, result, kTemp0);
  push(ValueKind::V128, result);
}

// pmaddubsw takes its first operand as unsigned, its second as signed.
void FunctionCompiler::i16x8_extadd_pairwise_i8x16_s() {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.movaps(kTemp0, constant_operand(repeat8(1), repeat8(1)));
  asm_.sse(Sse::pmaddubsw, kTemp0, kTemp0, operand);
  asm_.movaps(result, kTemp0);
  push(ValueKind::V128, result);
}

void FunctionCompiler::i16x8_extadd_pairwise_i8x16_u() {
  vector_mask(Sse::pmaddubsw, repeat8(1));
}
void FunctionCompiler::i32x4_extadd_pairwise_i16x8_s() {
  vector_mask(Sse::pmaddwd, repeat16(1));
}

// pmaddwd is signed: take 2^15 off each number, and add 2^16 to the sum.
void FunctionCompiler::i32x4_extadd_pairwise_i16x8_u() {
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::pxor, result, operand, constant_operand(repeat16(0x8000), repeat16(0x8000)));
  asm_.sse(Sse::pmaddwd, result, result, constant_operand(repeat16(1), repeat16(1)));
  asm_.sse(Sse::paddd, result, result, constant_operand(repeat32(0x10000), repeat32(0x10000)));
  push(ValueKind::V128, result);
}

// ---- Shifts without a machine instruction

// Shifted as words. A mask in each byte takes off what goes over to the other byte, before or after.
void FunctionCompiler::vector_shift_bytes(bool left) {
  const Sse op = left ? Sse::psllw : Sse::psrlw;
  Value count = pop();
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  release(count);
  const Xmm result = result_xmm();
  if (count.is_constant()) {
    const uint8_t bits = count.bits & 7;
    const uint64_t mask = repeat8(left ? 0xffu << bits & 0xffu : 0xffu >> bits);
    asm_.sse(by_constant(op), result, operand, bits);
    asm_.sse(Sse::pand, result, result, constant_operand(mask, mask));
  } else {
    // 0xffff >> (8 + count) in each word, packed to bytes, is 0xff >> count in each.
    vector_shift_count(count, 7, kTemp0);
    asm_.add(Width::W32, kScratch, 8);
    asm_.movd(Width::W32, kTemp0, kScratch);
    asm_.sse(Sse::pcmpeqd, kTemp1, kTemp1, kTemp1);
    asm_.sse(Sse::psrlw, kTemp1, kTemp1, kTemp0);
    asm_.sse(Sse::packuswb, kTemp1, kTemp1, kTemp1);
    asm_.sub(Width::W32, kScratch, 8);
    asm_.movd(Width::W32, kTemp0, kScratch);
    if (left) {
      asm_.sse(Sse::pand, result, operand, kTemp1);
      asm_.sse(op, result, result, kTemp0);
    } else {
      asm_.sse(op, result, operand, kTemp0);
      asm_.sse(Sse::pand, result, result, kTemp1);
    }
  }
  push(ValueKind::V128, result);
}

void FunctionCompiler::i8x16_shl() {
  vector_shift_bytes(true);
}
void FunctionCompiler::i8x16_shr_u() {
  vector_shift_bytes(false);
}

// Each byte twice makes a word; shifted by 8 more, it is the byte's result, sign-extended.
void FunctionCompiler::i8x16_shr_s() {
  Value count = pop();
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  release(count);
  const Xmm result = result_xmm();
  asm_.sse(Sse::punpckhbw, kTemp0, operand, operand);
  asm_.sse(Sse::punpcklbw, result, operand, operand);
  if (count.is_constant()) {
    const uint8_t bits = static_cast<uint8_t>((count.bits & 7) + 8);
    asm_.sse(SseShift::psraw, kTemp0, kTemp0, bits);
    asm_.sse(SseShift::psraw, result, result, bits);
  } else {
    vector_shift_count(count, 7, kTemp1);
    asm_.add(Width::W32, kScratch, 8);
    asm_.movd(Width::W32, kTemp1, kScratch);
    asm_.sse(Sse::psraw, kTemp0, kTemp0, kTemp1);
    asm_.sse(Sse::psraw, result, result, kTemp1);
  }
  asm_.sse(Sse::packsswb, result, result, kTemp0);
  push(ValueKind::V128, result);
}

// A logical shift, then the sign: (x ^ m) - m, where m is the sign bit at its new place.
void FunctionCompiler::i64x2_shr_s() {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  Value count = pop();
  Value a = pop();
  const Xmm operand = xmm(a);
  release(a);
  release(count);
  const Xmm result = result_xmm();
  if (count.is_constant()) {
    const uint8_t bits = count.bits & 63;
    asm_.movaps(kTemp0, constant_operand(kSign >> bits, kSign >> bits));
    asm_.sse(SseShift::psrlq, result, operand, bits);
  } else {
    vector_shift_count(count, 63, kTemp1);
    asm_.movaps(kTemp0, constant_operand(kSign, kSign));
    asm_.sse(Sse::psrlq, kTemp0, kTemp0, kTemp1);
    asm_.sse(Sse::psrlq, result, operand, kTemp1);
  }
  asm_.sse(Sse::pxor, result, result, kTemp0);
  asm_.sse(Sse::psubq, result, result, kTemp0);
  push(ValueKind::V128, result);
}

}  // namespace wasmrun::baseline
