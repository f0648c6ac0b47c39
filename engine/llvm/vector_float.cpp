// Vector floats: arithmetic, comparisons, extremes, and conversions between integers and floats.
//
// As for single floats (numeric.cpp), LLVM must not fold away an operation that makes a signaling NaN quiet. What the machine does with
// numbers out of range is undefined for LLVM's own conversions: those are the machine's instructions.
#include <llvm/IR/IntrinsicsX86.h>

#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

using llvm::CmpInst;
using llvm::Instruction;
namespace Intrinsic = llvm::Intrinsic;

// ---- Arithmetic.

void Translator::vector_float_binary(llvm::Type* element, Instruction::BinaryOps op) {
  Value* const right = pop_lanes(element);
  Value* const left = pop_lanes(element);
  push_float_lanes(float_operation(op, left, right));
}

void Translator::vector_float_unary(llvm::Type* element, Intrinsic::ID intrinsic) {
  push_float_lanes(b_.CreateUnaryIntrinsic(intrinsic, pop_lanes(element)));
}

// minps returns its second operand when the operands are equal or unordered. So take both orders: `or` joins zeros to -0 (`and` to +0 for
// the maximum). Where unordered, all bits are set and then the payload but its quiet bit is cleared.
void Translator::vector_float_min_max(llvm::Type* element, Intrinsic::ID machine, Instruction::BinaryOps join) {
  llvm::Type* const bits = element == c_.f32 ? c_.i32 : c_.i64;
  Value* const right = pop_lanes(element);
  Value* const left = pop_lanes(element);
  Value* const one = with_type(b_.CreateIntrinsic(machine, {}, {left, right}), lanes_of(bits));
  Value* const other = with_type(b_.CreateIntrinsic(machine, {}, {right, left}), lanes_of(bits));
  Value* const is_nan = b_.CreateSExt(b_.CreateFCmpUNO(left, right), lanes_of(bits));
  Value* const result = b_.CreateOr(b_.CreateBinOp(join, one, other), is_nan);
  Value* const payload = b_.CreateLShr(is_nan, splat_constant(bits, element == c_.f32 ? 10 : 13));
  push_float_lanes(with_type(b_.CreateAnd(result, b_.CreateNot(payload)), lanes_of(element)));
}

/// `first` where the comparison holds, else `second`: minps and maxps do this.
llvm::Value* Translator::extreme(CmpInst::Predicate predicate, Value* first, Value* second) {
  return b_.CreateSelect(b_.CreateFCmp(predicate, first, second), first, second);
}

// Rounds twice: a fused operation would make the answer depend on the processor. nmadd subtracts the product.
void Translator::vector_multiply_add(llvm::Type* element, bool subtracts) {
  Value* const addend = pop_lanes(element);
  Value* const right = pop_lanes(element);
  Value* const left = pop_lanes(element);
  Value* const product = float_operation(Instruction::FMul, left, right);
  push_float_lanes(subtracts ? float_operation(Instruction::FSub, addend, product) : float_operation(Instruction::FAdd, product, addend));
}

#define FLOATS(shape, element, min, max)                                                                     \
  void Translator::shape##_eq() { vector_compare(c_.element, CmpInst::FCMP_OEQ); }                           \
  void Translator::shape##_ne() { vector_compare(c_.element, CmpInst::FCMP_UNE); }                           \
  void Translator::shape##_lt() { vector_compare(c_.element, CmpInst::FCMP_OLT); }                           \
  void Translator::shape##_gt() { vector_compare(c_.element, CmpInst::FCMP_OGT); }                           \
  void Translator::shape##_le() { vector_compare(c_.element, CmpInst::FCMP_OLE); }                           \
  void Translator::shape##_ge() { vector_compare(c_.element, CmpInst::FCMP_OGE); }                           \
  void Translator::shape##_abs() { push_lanes(b_.CreateUnaryIntrinsic(Intrinsic::fabs, pop_lanes(c_.element))); } \
  void Translator::shape##_neg() { push_lanes(b_.CreateFNeg(pop_lanes(c_.element))); }                       \
  void Translator::shape##_sqrt() { vector_float_unary(c_.element, Intrinsic::sqrt); }                       \
  void Translator::shape##_ceil() { vector_float_unary(c_.element, Intrinsic::ceil); }                       \
  void Translator::shape##_floor() { vector_float_unary(c_.element, Intrinsic::floor); }                     \
  void Translator::shape##_trunc() { vector_float_unary(c_.element, Intrinsic::trunc); }                     \
  void Translator::shape##_nearest() { vector_float_unary(c_.element, Intrinsic::roundeven); }               \
  void Translator::shape##_add() { vector_float_binary(c_.element, Instruction::FAdd); }                     \
  void Translator::shape##_sub() { vector_float_binary(c_.element, Instruction::FSub); }                     \
  void Translator::shape##_mul() { vector_float_binary(c_.element, Instruction::FMul); }                     \
  void Translator::shape##_div() { vector_float_binary(c_.element, Instruction::FDiv); }                     \
  void Translator::shape##_min() { vector_float_min_max(c_.element, Intrinsic::min, Instruction::Or); }      \
  void Translator::shape##_max() { vector_float_min_max(c_.element, Intrinsic::max, Instruction::And); }     \
  void Translator::shape##_pmin() {                                                                          \
    Value* const right = pop_lanes(c_.element);                                                              \
    push_lanes(extreme(CmpInst::FCMP_OLT, right, pop_lanes(c_.element)));                                    \
  }                                                                                                          \
  void Translator::shape##_pmax() {                                                                          \
    Value* const right = pop_lanes(c_.element);                                                              \
    push_lanes(extreme(CmpInst::FCMP_OGT, right, pop_lanes(c_.element)));                                    \
  }                                                                                                          \
  void Translator::shape##_relaxed_min() {                                                                   \
    Value* const right = pop_lanes(c_.element);                                                              \
    push_float_lanes(extreme(CmpInst::FCMP_OLT, pop_lanes(c_.element), right));                              \
  }                                                                                                          \
  void Translator::shape##_relaxed_max() {                                                                   \
    Value* const right = pop_lanes(c_.element);                                                              \
    push_float_lanes(extreme(CmpInst::FCMP_OGT, pop_lanes(c_.element), right));                              \
  }                                                                                                          \
  void Translator::shape##_relaxed_madd() { vector_multiply_add(c_.element, false); }                        \
  void Translator::shape##_relaxed_nmadd() { vector_multiply_add(c_.element, true); }
FLOATS(f32x4, f32, x86_sse_min_ps, x86_sse_max_ps)
FLOATS(f64x2, f64, x86_sse2_min_pd, x86_sse2_max_pd)
#undef FLOATS

// ---- Between float types. LLVM would take the way there and back for nothing, but does not know the machine's way back.

void Translator::f32x4_demote_f64x2_zero() { push_float_lanes(b_.CreateIntrinsic(Intrinsic::x86_sse2_cvtpd2ps, {}, {pop_lanes(c_.f64)})); }
void Translator::f64x2_promote_low_f32x4() { push_float_lanes(b_.CreateFPExt(lanes_from(pop_lanes(c_.f32), 0, 2), lanes_of(c_.f64))); }

// ---- From integers.

void Translator::f32x4_convert_i32x4_s() { push_lanes(b_.CreateSIToFP(pop_lanes(c_.i32), lanes_of(c_.f32))); }
void Translator::f32x4_convert_i32x4_u() { push_lanes(b_.CreateUIToFP(pop_lanes(c_.i32), lanes_of(c_.f32))); }
void Translator::f64x2_convert_low_i32x4_s() { push_lanes(b_.CreateSIToFP(lanes_from(pop_lanes(c_.i32), 0, 2), lanes_of(c_.f64))); }
void Translator::f64x2_convert_low_i32x4_u() { push_lanes(b_.CreateUIToFP(lanes_from(pop_lanes(c_.i32), 0, 2), lanes_of(c_.f64))); }

// ---- To integers: NaN becomes 0, numbers out of range the nearest integer.

/// Zero for NaNs.
llvm::Value* Translator::number_or_zero(Value* lanes) {
  return b_.CreateSelect(b_.CreateFCmpORD(lanes, lanes), lanes, llvm::Constant::getNullValue(lanes->getType()));
}

// cvttps2dq answers 0x80000000 to what it cannot convert; complemented where the operand is positive.
void Translator::i32x4_trunc_sat_f32x4_s() {
  Value* const number = number_or_zero(pop_lanes(c_.f32));
  Value* const converted = b_.CreateIntrinsic(Intrinsic::x86_sse2_cvttps2dq, {}, {number});
  Value* const is_not_negative = b_.CreateNot(with_type(number, lanes_of(c_.i32)));
  Value* const is_too_large = b_.CreateAShr(b_.CreateAnd(converted, is_not_negative), splat_constant(c_.i32, 31));
  push_lanes(b_.CreateXor(converted, is_too_large));
}

// The operand's conversion, which is 2^31 from 2^31 on, plus that of what the operand has above 2^31.
void Translator::i32x4_trunc_sat_f32x4_u() {
  Value* const two_to_31 = llvm::ConstantFP::get(lanes_of(c_.f32), 0x1p31);
  Value* const zero = llvm::Constant::getNullValue(lanes_of(c_.i32));
  Value* const number = extreme(CmpInst::FCMP_OGT, pop_lanes(c_.f32), llvm::Constant::getNullValue(lanes_of(c_.f32)));
  Value* const above = b_.CreateFSub(number, two_to_31);
  Value* const is_too_large = b_.CreateSExt(b_.CreateFCmpOLE(two_to_31, above), lanes_of(c_.i32));
  // 0x7fffffff there
  Value* const converted_above = b_.CreateXor(b_.CreateIntrinsic(Intrinsic::x86_sse2_cvttps2dq, {}, {above}), is_too_large);
  Value* const converted = b_.CreateIntrinsic(Intrinsic::x86_sse2_cvttps2dq, {}, {number});
  push_lanes(b_.CreateAdd(converted, b_.CreateBinaryIntrinsic(Intrinsic::smax, converted_above, zero)));
}

void Translator::i32x4_trunc_sat_f64x2_s_zero() {
  Value* const number = number_or_zero(pop_lanes(c_.f64));
  Value* const in_range = extreme(CmpInst::FCMP_OLT, number, llvm::ConstantFP::get(lanes_of(c_.f64), 2147483647.0));
  push_lanes(b_.CreateIntrinsic(Intrinsic::x86_sse2_cvttpd2dq, {}, {in_range}));
}

// Adding 2^52 leaves an integer in the low half of a double.
void Translator::i32x4_trunc_sat_f64x2_u_zero() {
  Value* const positive = extreme(CmpInst::FCMP_OGT, pop_lanes(c_.f64), llvm::Constant::getNullValue(lanes_of(c_.f64)));
  Value* const in_range = extreme(CmpInst::FCMP_OLT, positive, llvm::ConstantFP::get(lanes_of(c_.f64), 4294967295.0));
  Value* const integer = b_.CreateUnaryIntrinsic(Intrinsic::trunc, in_range);
  Value* const moved = with_type(b_.CreateFAdd(integer, llvm::ConstantFP::get(lanes_of(c_.f64), 0x1p52)), lanes_of(c_.i32));
  push_lanes(b_.CreateShuffleVector(moved, llvm::Constant::getNullValue(lanes_of(c_.i32)), {0, 2, 4, 5}));
}

// ---- Relaxed conversions: one answer each, the same in every compiler (docs/decisions.md).

void Translator::i32x4_relaxed_trunc_f32x4_s() { push_lanes(b_.CreateIntrinsic(Intrinsic::x86_sse2_cvttps2dq, {}, {pop_lanes(c_.f32)})); }
void Translator::i32x4_relaxed_trunc_f32x4_u() { i32x4_trunc_sat_f32x4_u(); }
void Translator::i32x4_relaxed_trunc_f64x2_s_zero() { push_lanes(b_.CreateIntrinsic(Intrinsic::x86_sse2_cvttpd2dq, {}, {pop_lanes(c_.f64)})); }
void Translator::i32x4_relaxed_trunc_f64x2_u_zero() { i32x4_trunc_sat_f64x2_u_zero(); }

}  // namespace wasmrun::llvm_compiler
