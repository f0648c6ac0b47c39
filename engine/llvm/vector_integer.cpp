// Vector integers and bits: arithmetic, comparisons, masks, shifts, extensions. The lanes of a type are LLVM's vector of that type;
// where LLVM has no word for an instruction, it is the machine's.
#include <llvm/Analysis/ConstantFolding.h>
#include <llvm/IR/IntrinsicsX86.h>

#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

using llvm::CmpInst;
using llvm::Instruction;
namespace Intrinsic = llvm::Intrinsic;

// ---- Lanes.

llvm::FixedVectorType* Translator::lanes_of(llvm::Type* element) const {
  return llvm::FixedVectorType::get(element, 128 / static_cast<unsigned>(element->getPrimitiveSizeInBits()));
}

/// The same bits. Constants stay constants, whose lanes can be looked at.
llvm::Value* Translator::with_type(Value* vector, llvm::Type* type) {
  if (auto* const cast = llvm::dyn_cast<llvm::BitCastInst>(vector); cast && cast->getSrcTy() == type) return cast->getOperand(0);
  if (auto* const constant = llvm::dyn_cast<llvm::Constant>(vector)) {
    if (Value* const folded = llvm::ConstantFoldCastOperand(Instruction::BitCast, constant, type, c_.ir.getDataLayout())) return folded;
  }
  return b_.CreateBitCast(vector, type);
}

/// `count` lanes of `vector` from `first` on, each `step` behind the last.
llvm::Value* Translator::lanes_from(Value* vector, unsigned first, unsigned count, unsigned step) {
  std::vector<int> lanes;
  for (unsigned i = 0; i < count; ++i) lanes.push_back(static_cast<int>(first + i * step));
  return b_.CreateShuffleVector(vector, lanes);
}

llvm::Value* Translator::splat_constant(llvm::Type* element, uint64_t bits) {
  return llvm::ConstantInt::get(lanes_of(element), bits);
}

// ---- Patterns.

void Translator::vector_binary(llvm::Type* element, Instruction::BinaryOps op) {
  Value* const right = pop_lanes(element);
  Value* const left = pop_lanes(element);
  push_lanes(b_.CreateBinOp(op, left, right));
}

/// An operation that LLVM has for all types.
void Translator::vector_intrinsic(llvm::Type* element, Intrinsic::ID generic) {
  Value* const right = pop_lanes(element);
  Value* const left = pop_lanes(element);
  push_lanes(b_.CreateBinaryIntrinsic(generic, left, right));
}

/// An instruction of the machine on two vectors of such lanes.
void Translator::vector_instruction(llvm::Type* element, Intrinsic::ID machine) {
  Value* const right = pop_lanes(element);
  Value* const left = pop_lanes(element);
  push_lanes(b_.CreateIntrinsic(machine, {}, {left, right}));
}

void Translator::vector_compare(llvm::Type* element, CmpInst::Predicate predicate) {
  Value* const right = pop_lanes(element);
  Value* const left = pop_lanes(element);
  llvm::Type* const bits = llvm::VectorType::getInteger(lanes_of(element));
  push_lanes(b_.CreateSExt(b_.CreateCmp(predicate, left, right), bits));
}

void Translator::vector_negate(llvm::Type* element) { push_lanes(b_.CreateNeg(pop_lanes(element))); }

/// The smallest number stays what it is.
void Translator::vector_abs(llvm::Type* element) { push_lanes(b_.CreateBinaryIntrinsic(Intrinsic::abs, pop_lanes(element), b_.getFalse())); }

void Translator::vector_shift(llvm::Type* element, Instruction::BinaryOps op) {
  const unsigned bits = element->getIntegerBitWidth();
  Value* const count = b_.CreateZExtOrTrunc(b_.CreateAnd(pop(), constant32(bits - 1)), element);
  Value* const vector = pop_lanes(element);
  push_lanes(b_.CreateBinOp(op, vector, b_.CreateVectorSplat(128 / bits, count)));
}

void Translator::vector_all_true(llvm::Type* element) { push_bool(b_.CreateAndReduce(b_.CreateIsNotNull(pop_lanes(element)))); }

void Translator::vector_bitmask(llvm::Type* element) {
  Value* const vector = pop_lanes(element);
  Value* const is_negative = b_.CreateICmpSLT(vector, llvm::Constant::getNullValue(vector->getType()));
  push(b_.CreateZExt(b_.CreateBitCast(is_negative, b_.getIntNTy(lanes_of(element)->getNumElements())), c_.i32));
}

/// The popped vector's low or high lanes, extended to twice their width.
llvm::Value* Translator::half_extended(llvm::Type* from, bool is_high, bool is_signed) {
  const unsigned count = lanes_of(from)->getNumElements() / 2;
  Value* const half = lanes_from(pop_lanes(from), is_high ? count : 0, count);
  llvm::Type* const wide = llvm::VectorType::getExtendedElementVectorType(llvm::cast<llvm::VectorType>(half->getType()));
  return is_signed ? b_.CreateSExt(half, wide) : b_.CreateZExt(half, wide);
}

void Translator::vector_multiply_extended(llvm::Type* from, bool is_high, bool is_signed) {
  Value* const right = half_extended(from, is_high, is_signed);
  Value* const left = half_extended(from, is_high, is_signed);
  push_lanes(b_.CreateMul(left, right));
}

/// Both halves of each product, interleaved: 32-bit multiplications take twice as long.
void Translator::vector_multiply_words(bool is_high, Intrinsic::ID upper) {
  Value* const right = pop_lanes(c_.i16);
  Value* const left = pop_lanes(c_.i16);
  const int first = is_high ? 4 : 0;
  push_lanes(b_.CreateShuffleVector(b_.CreateMul(left, right), b_.CreateIntrinsic(upper, {}, {left, right}),
                                    {first, first + 8, first + 1, first + 9, first + 2, first + 10, first + 3, first + 11}));
}

#define COMPARISONS(shape, element)                                                        \
  void Translator::shape##_eq() { vector_compare(c_.element, CmpInst::ICMP_EQ); }          \
  void Translator::shape##_ne() { vector_compare(c_.element, CmpInst::ICMP_NE); }          \
  void Translator::shape##_lt_s() { vector_compare(c_.element, CmpInst::ICMP_SLT); }       \
  void Translator::shape##_gt_s() { vector_compare(c_.element, CmpInst::ICMP_SGT); }       \
  void Translator::shape##_le_s() { vector_compare(c_.element, CmpInst::ICMP_SLE); }       \
  void Translator::shape##_ge_s() { vector_compare(c_.element, CmpInst::ICMP_SGE); }
#define COMPARISONS_UNSIGNED(shape, element)                                               \
  void Translator::shape##_lt_u() { vector_compare(c_.element, CmpInst::ICMP_ULT); }       \
  void Translator::shape##_gt_u() { vector_compare(c_.element, CmpInst::ICMP_UGT); }       \
  void Translator::shape##_le_u() { vector_compare(c_.element, CmpInst::ICMP_ULE); }       \
  void Translator::shape##_ge_u() { vector_compare(c_.element, CmpInst::ICMP_UGE); }
#define ARITHMETIC(shape, element)                                                         \
  void Translator::shape##_add() { vector_binary(c_.element, Instruction::Add); }          \
  void Translator::shape##_sub() { vector_binary(c_.element, Instruction::Sub); }          \
  void Translator::shape##_shl() { vector_shift(c_.element, Instruction::Shl); }           \
  void Translator::shape##_shr_s() { vector_shift(c_.element, Instruction::AShr); }        \
  void Translator::shape##_shr_u() { vector_shift(c_.element, Instruction::LShr); }        \
  void Translator::shape##_neg() { vector_negate(c_.element); }                            \
  void Translator::shape##_abs() { vector_abs(c_.element); }                               \
  void Translator::shape##_all_true() { vector_all_true(c_.element); }                     \
  void Translator::shape##_bitmask() { vector_bitmask(c_.element); }
#define EXTREMES(shape, element)                                                           \
  void Translator::shape##_min_s() { vector_intrinsic(c_.element, Intrinsic::smin); }      \
  void Translator::shape##_min_u() { vector_intrinsic(c_.element, Intrinsic::umin); }      \
  void Translator::shape##_max_s() { vector_intrinsic(c_.element, Intrinsic::smax); }      \
  void Translator::shape##_max_u() { vector_intrinsic(c_.element, Intrinsic::umax); }
#define SATURATING(shape, element, average)                                                \
  void Translator::shape##_add_sat_s() { vector_intrinsic(c_.element, Intrinsic::sadd_sat); } \
  void Translator::shape##_add_sat_u() { vector_intrinsic(c_.element, Intrinsic::uadd_sat); } \
  void Translator::shape##_sub_sat_s() { vector_intrinsic(c_.element, Intrinsic::ssub_sat); } \
  void Translator::shape##_sub_sat_u() { vector_intrinsic(c_.element, Intrinsic::usub_sat); } \
  void Translator::shape##_avgr_u() { vector_instruction(c_.element, Intrinsic::average); }
#define EXTENSIONS(shape, from_shape, from)                                                                           \
  void Translator::shape##_extend_low_##from_shape##_s() { push_lanes(half_extended(c_.from, false, true)); }         \
  void Translator::shape##_extend_low_##from_shape##_u() { push_lanes(half_extended(c_.from, false, false)); }        \
  void Translator::shape##_extend_high_##from_shape##_s() { push_lanes(half_extended(c_.from, true, true)); }         \
  void Translator::shape##_extend_high_##from_shape##_u() { push_lanes(half_extended(c_.from, true, false)); }
#define PRODUCTS(shape, from_shape, from)                                                                             \
  void Translator::shape##_extmul_low_##from_shape##_s() { vector_multiply_extended(c_.from, false, true); }          \
  void Translator::shape##_extmul_low_##from_shape##_u() { vector_multiply_extended(c_.from, false, false); }         \
  void Translator::shape##_extmul_high_##from_shape##_s() { vector_multiply_extended(c_.from, true, true); }          \
  void Translator::shape##_extmul_high_##from_shape##_u() { vector_multiply_extended(c_.from, true, false); }
COMPARISONS(i8x16, i8)
COMPARISONS(i16x8, i16)
COMPARISONS(i32x4, i32)
COMPARISONS(i64x2, i64)
COMPARISONS_UNSIGNED(i8x16, i8)
COMPARISONS_UNSIGNED(i16x8, i16)
COMPARISONS_UNSIGNED(i32x4, i32)
ARITHMETIC(i8x16, i8)
ARITHMETIC(i16x8, i16)
ARITHMETIC(i32x4, i32)
ARITHMETIC(i64x2, i64)
EXTREMES(i8x16, i8)
EXTREMES(i16x8, i16)
EXTREMES(i32x4, i32)
SATURATING(i8x16, i8, x86_sse2_pavg_b)
SATURATING(i16x8, i16, x86_sse2_pavg_w)
EXTENSIONS(i16x8, i8x16, i8)
EXTENSIONS(i32x4, i16x8, i16)
EXTENSIONS(i64x2, i32x4, i32)
PRODUCTS(i16x8, i8x16, i8)
PRODUCTS(i64x2, i32x4, i32)
#undef COMPARISONS
#undef COMPARISONS_UNSIGNED
#undef ARITHMETIC
#undef EXTREMES
#undef SATURATING
#undef EXTENSIONS
#undef PRODUCTS

void Translator::i32x4_extmul_low_i16x8_s() { vector_multiply_words(false, Intrinsic::x86_sse2_pmulh_w); }
void Translator::i32x4_extmul_low_i16x8_u() { vector_multiply_words(false, Intrinsic::x86_sse2_pmulhu_w); }
void Translator::i32x4_extmul_high_i16x8_s() { vector_multiply_words(true, Intrinsic::x86_sse2_pmulh_w); }
void Translator::i32x4_extmul_high_i16x8_u() { vector_multiply_words(true, Intrinsic::x86_sse2_pmulhu_w); }

void Translator::i16x8_mul() { vector_binary(c_.i16, Instruction::Mul); }
void Translator::i32x4_mul() { vector_binary(c_.i32, Instruction::Mul); }
void Translator::i64x2_mul() { vector_binary(c_.i64, Instruction::Mul); }

void Translator::i8x16_narrow_i16x8_s() { vector_instruction(c_.i16, Intrinsic::x86_sse2_packsswb_128); }
void Translator::i8x16_narrow_i16x8_u() { vector_instruction(c_.i16, Intrinsic::x86_sse2_packuswb_128); }
void Translator::i16x8_narrow_i32x4_s() { vector_instruction(c_.i32, Intrinsic::x86_sse2_packssdw_128); }
void Translator::i16x8_narrow_i32x4_u() { vector_instruction(c_.i32, Intrinsic::x86_sse41_packusdw); }

// ---- Bits.

void Translator::v128_not() { push(b_.CreateNot(pop())); }
void Translator::v128_and() { vector_binary(c_.i64, Instruction::And); }
void Translator::v128_or() { vector_binary(c_.i64, Instruction::Or); }
void Translator::v128_xor() { vector_binary(c_.i64, Instruction::Xor); }

void Translator::v128_andnot() {
  Value* const right = pop();
  Value* const left = pop();
  push(b_.CreateAnd(left, b_.CreateNot(right)));
}

void Translator::v128_bitselect() {
  Value* const mask = pop();
  Value* const where_clear = pop();
  Value* const where_set = pop();
  push(b_.CreateOr(b_.CreateAnd(where_set, mask), b_.CreateAnd(where_clear, b_.CreateNot(mask))));
}

void Translator::v128_any_true() { push_bool(b_.CreateIsNotNull(b_.CreateBitCast(pop(), b_.getInt128Ty()))); }
void Translator::i8x16_popcnt() { push_lanes(b_.CreateUnaryIntrinsic(Intrinsic::ctpop, pop_lanes(c_.i8))); }

// ---- Sums of neighbours, and products of fractions.

void Translator::i32x4_dot_i16x8_s() { vector_instruction(c_.i16, Intrinsic::x86_sse2_pmadd_wd); }

// pmaddubsw takes its first operand as unsigned, its second as signed.
void Translator::i16x8_extadd_pairwise_i8x16_s() {
  push_lanes(b_.CreateIntrinsic(Intrinsic::x86_ssse3_pmadd_ub_sw_128, {}, {splat_constant(c_.i8, 1), pop_lanes(c_.i8)}));
}
void Translator::i16x8_extadd_pairwise_i8x16_u() {
  push_lanes(b_.CreateIntrinsic(Intrinsic::x86_ssse3_pmadd_ub_sw_128, {}, {pop_lanes(c_.i8), splat_constant(c_.i8, 1)}));
}
void Translator::i32x4_extadd_pairwise_i16x8_s() {
  push_lanes(b_.CreateIntrinsic(Intrinsic::x86_sse2_pmadd_wd, {}, {pop_lanes(c_.i16), splat_constant(c_.i16, 1)}));
}

// pmaddwd is signed: take 2^15 off each number, and add 2^16 to the sum.
void Translator::i32x4_extadd_pairwise_i16x8_u() {
  Value* const less = b_.CreateXor(pop_lanes(c_.i16), splat_constant(c_.i16, 0x8000));
  Value* const sum = b_.CreateIntrinsic(Intrinsic::x86_sse2_pmadd_wd, {}, {less, splat_constant(c_.i16, 1)});
  push_lanes(b_.CreateAdd(sum, splat_constant(c_.i32, 0x10000)));
}

llvm::Value* Translator::rounded_high_products(Value* left, Value* right) {
  return b_.CreateIntrinsic(Intrinsic::x86_ssse3_pmul_hr_sw_128, {}, {left, right});
}

// -1 * -1 is the only product that is 0x8000: it must be the largest number, the complement.
void Translator::i16x8_q15mulr_sat_s() {
  Value* const right = pop_lanes(c_.i16);
  Value* const product = rounded_high_products(pop_lanes(c_.i16), right);
  Value* const is_too_large = b_.CreateICmpEQ(product, splat_constant(c_.i16, 0x8000));
  push_lanes(b_.CreateXor(product, b_.CreateSExt(is_too_large, product->getType())));
}

// ---- Relaxed: one answer each, the same in every compiler (docs/decisions.md).

void Translator::i16x8_relaxed_q15mulr_s() { vector_instruction(c_.i16, Intrinsic::x86_ssse3_pmul_hr_sw_128); }

void Translator::i16x8_relaxed_dot_i8x16_i7x16_s() {
  Value* const right = pop_lanes(c_.i8);
  Value* const left = pop_lanes(c_.i8);
  push_lanes(b_.CreateIntrinsic(Intrinsic::x86_ssse3_pmadd_ub_sw_128, {}, {right, left}));
}

// Pairs of products to 16 bits, as i16x8.relaxed_dot does; pairs of these to 32.
void Translator::i32x4_relaxed_dot_i8x16_i7x16_add_s() {
  Value* const sum = pop_lanes(c_.i32);
  i16x8_relaxed_dot_i8x16_i7x16_s();
  i32x4_extadd_pairwise_i16x8_s();
  push_lanes(b_.CreateAdd(pop_lanes(c_.i32), sum));
}

void Translator::i8x16_relaxed_laneselect() { v128_bitselect(); }
void Translator::i16x8_relaxed_laneselect() { v128_bitselect(); }
void Translator::i32x4_relaxed_laneselect() { v128_bitselect(); }
void Translator::i64x2_relaxed_laneselect() { v128_bitselect(); }

}  // namespace wasmrun::llvm_compiler
