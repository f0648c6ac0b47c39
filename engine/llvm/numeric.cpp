// Integers and floats.
//
// Nothing that LLVM leaves undefined may be reached: divisions, shifts and conversions are guarded. Of floats, LLVM may fold x * 1 to x,
// which would let a signaling NaN through: such operations are made with constrained intrinsics that may raise exceptions, which it
// leaves alone.
#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

using abi::TrapCode;
using llvm::CmpInst;
using llvm::Instruction;
namespace Intrinsic = llvm::Intrinsic;

void Translator::i32_const(const imm::I32Const& given) { push(constant32(static_cast<uint32_t>(given.value))); }
void Translator::i64_const(const imm::I64Const& given) { push(constant64(static_cast<uint64_t>(given.value))); }
void Translator::f32_const(const imm::F32Const& given) {
  push(llvm::ConstantFP::get(c_.context, llvm::APFloat(llvm::APFloat::IEEEsingle(), llvm::APInt(32, given.bits))));
}
void Translator::f64_const(const imm::F64Const& given) {
  push(llvm::ConstantFP::get(c_.context, llvm::APFloat(llvm::APFloat::IEEEdouble(), llvm::APInt(64, given.bits))));
}

// ---- Integers.

void Translator::int_binary(Instruction::BinaryOps op) {
  Value* const right = pop();
  Value* const left = pop();
  push(b_.CreateBinOp(op, left, right));
}

void Translator::shift(Instruction::BinaryOps op) {
  Value* const count = pop();
  Value* const value = pop();
  const unsigned bits = value->getType()->getIntegerBitWidth();
  push(b_.CreateBinOp(op, value, b_.CreateAnd(count, llvm::ConstantInt::get(value->getType(), bits - 1))));
}

void Translator::rotate(llvm::Intrinsic::ID intrinsic) {
  Value* const count = pop();
  Value* const value = pop();
  push(b_.CreateIntrinsic(intrinsic, {value->getType()}, {value, value, count}));
}

void Translator::divide(Instruction::BinaryOps op, bool is_signed, bool is_remainder) {
  Value* right = pop();
  Value* const left = pop();
  llvm::Type* const type = left->getType();
  trap_if(b_.CreateICmpEQ(right, llvm::ConstantInt::get(type, 0)), TrapCode::integer_divide_by_zero);
  if (is_signed) {
    Value* const is_minus_one = b_.CreateICmpEQ(right, llvm::Constant::getAllOnesValue(type));
    if (is_remainder) {
      // Nothing remains of a division by 1 either.
      right = b_.CreateSelect(is_minus_one, llvm::ConstantInt::get(type, 1), right);
    } else {
      Value* const smallest = llvm::ConstantInt::get(c_.context, llvm::APInt::getSignedMinValue(type->getIntegerBitWidth()));
      trap_if(b_.CreateAnd(is_minus_one, b_.CreateICmpEQ(left, smallest)), TrapCode::integer_overflow);
    }
  }
  push(b_.CreateBinOp(op, left, right));
}

void Translator::compare(CmpInst::Predicate predicate) {
  Value* const right = pop();
  Value* const left = pop();
  push_bool(b_.CreateCmp(predicate, left, right));
}

void Translator::count_bits(llvm::Intrinsic::ID intrinsic) {
  Value* const value = pop();
  if (intrinsic == Intrinsic::ctpop) return push(b_.CreateIntrinsic(intrinsic, {value->getType()}, {value}));
  push(b_.CreateIntrinsic(intrinsic, {value->getType()}, {value, b_.getFalse()}));
}

void Translator::sign_extend(llvm::Type* from) {
  Value* const value = pop();
  push(b_.CreateSExt(b_.CreateTrunc(value, from), value->getType()));
}

#define INTEGERS(type)                                                                            \
  void Translator::type##_eqz() {                                                                 \
    Value* const value = pop();                                                                   \
    push_bool(b_.CreateIsNull(value));                                                            \
  }                                                                                               \
  void Translator::type##_eq() { compare(CmpInst::ICMP_EQ); }                                     \
  void Translator::type##_ne() { compare(CmpInst::ICMP_NE); }                                     \
  void Translator::type##_lt_s() { compare(CmpInst::ICMP_SLT); }                                  \
  void Translator::type##_lt_u() { compare(CmpInst::ICMP_ULT); }                                  \
  void Translator::type##_gt_s() { compare(CmpInst::ICMP_SGT); }                                  \
  void Translator::type##_gt_u() { compare(CmpInst::ICMP_UGT); }                                  \
  void Translator::type##_le_s() { compare(CmpInst::ICMP_SLE); }                                  \
  void Translator::type##_le_u() { compare(CmpInst::ICMP_ULE); }                                  \
  void Translator::type##_ge_s() { compare(CmpInst::ICMP_SGE); }                                  \
  void Translator::type##_ge_u() { compare(CmpInst::ICMP_UGE); }                                  \
  void Translator::type##_clz() { count_bits(Intrinsic::ctlz); }                                  \
  void Translator::type##_ctz() { count_bits(Intrinsic::cttz); }                                  \
  void Translator::type##_popcnt() { count_bits(Intrinsic::ctpop); }                              \
  void Translator::type##_add() { int_binary(Instruction::Add); }                                 \
  void Translator::type##_sub() { int_binary(Instruction::Sub); }                                 \
  void Translator::type##_mul() { int_binary(Instruction::Mul); }                                 \
  void Translator::type##_and() { int_binary(Instruction::And); }                                 \
  void Translator::type##_or() { int_binary(Instruction::Or); }                                   \
  void Translator::type##_xor() { int_binary(Instruction::Xor); }                                 \
  void Translator::type##_div_s() { divide(Instruction::SDiv, true, false); }                     \
  void Translator::type##_div_u() { divide(Instruction::UDiv, false, false); }                    \
  void Translator::type##_rem_s() { divide(Instruction::SRem, true, true); }                      \
  void Translator::type##_rem_u() { divide(Instruction::URem, false, true); }                     \
  void Translator::type##_shl() { shift(Instruction::Shl); }                                      \
  void Translator::type##_shr_s() { shift(Instruction::AShr); }                                   \
  void Translator::type##_shr_u() { shift(Instruction::LShr); }                                   \
  void Translator::type##_rotl() { rotate(Intrinsic::fshl); }                                     \
  void Translator::type##_rotr() { rotate(Intrinsic::fshr); }                                     \
  void Translator::type##_extend8_s() { sign_extend(c_.i8); }                                     \
  void Translator::type##_extend16_s() { sign_extend(c_.i16); }
INTEGERS(i32)
INTEGERS(i64)
#undef INTEGERS

void Translator::i64_extend32_s() { sign_extend(c_.i32); }
void Translator::i32_wrap_i64() { push(b_.CreateTrunc(pop(), c_.i32)); }
void Translator::i64_extend_i32_s() { push(b_.CreateSExt(pop(), c_.i64)); }
void Translator::i64_extend_i32_u() { push(b_.CreateZExt(pop(), c_.i64)); }

// ---- Floats.

/// LLVM takes any NaN of its own operations for any other: behind the fence it does not know whose result it is.
llvm::Value* Translator::with_settled_nans(Value* value) {
  if (nans_ == instructions::NanResult::None) return value;
  Value* const fenced = b_.CreateArithmeticFence(value, value->getType());
  return b_.CreateSelect(b_.CreateFCmpUNO(fenced, fenced), llvm::ConstantFP::getQNaN(value->getType()), fenced);
}

namespace {

/// Whether LLVM may take the operation for one that changes nothing, or the sign alone, in some lane; as it adds what is to be
/// subtracted with the other sign, a NaN too.
bool may_be_identity(const llvm::Value* operand, unsigned depth = 0) {
  if (const auto* const number = llvm::dyn_cast<llvm::ConstantFP>(operand); number && !number->getType()->isVectorTy()) {
    return number->isZero() || number->isNaN() || number->isExactlyValue(1.0) || number->isExactlyValue(-1.0);
  }
  if (const auto* const vector = llvm::dyn_cast<llvm::Constant>(operand)) {
    const auto* const type = llvm::dyn_cast<llvm::FixedVectorType>(vector->getType());
    for (unsigned i = 0; type && i < type->getNumElements(); ++i) {
      const llvm::Constant* const lane = vector->getAggregateElement(i);
      if (!lane || may_be_identity(lane)) return true;
    }
    return false;
  }
  // Lanes are looked at one by one when only some are needed.
  constexpr unsigned kDepth = 4;
  if (!llvm::isa<llvm::InsertElementInst, llvm::ShuffleVectorInst, llvm::SelectInst>(operand)) return false;
  if (depth == kDepth) return true;
  const auto* const made = llvm::cast<llvm::Instruction>(operand);
  return std::any_of(made->value_op_begin(), made->value_op_end(),
                     [&](const llvm::Value* part) { return part->getType()->isFPOrFPVectorTy() && may_be_identity(part, depth + 1); });
}

}  // namespace

llvm::Value* Translator::float_operation(Instruction::BinaryOps op, Value* left, Value* right) {
  // A constant divided by x is no identity.
  if ((op == Instruction::FDiv || !may_be_identity(left)) && !may_be_identity(right)) return b_.CreateBinOp(op, left, right);
  const Intrinsic::ID constrained = op == Instruction::FAdd   ? Intrinsic::experimental_constrained_fadd
                                    : op == Instruction::FSub ? Intrinsic::experimental_constrained_fsub
                                    : op == Instruction::FMul ? Intrinsic::experimental_constrained_fmul
                                                              : Intrinsic::experimental_constrained_fdiv;
  return b_.CreateConstrainedFPBinOp(constrained, left, right, {}, "", nullptr, llvm::RoundingMode::NearestTiesToEven, llvm::fp::ebMayTrap);
}

void Translator::float_binary(Instruction::BinaryOps op) {
  Value* const right = pop();
  Value* const left = pop();
  push_float(float_operation(op, left, right));
}

void Translator::float_unary(llvm::Intrinsic::ID intrinsic) { push_float(b_.CreateUnaryIntrinsic(intrinsic, pop())); }

/// Adding makes a quiet NaN of any; zeros of different signs are joined by their bits.
void Translator::float_min_max(bool is_min) {
  Value* const right = pop();
  Value* const left = pop();
  llvm::Type* const type = left->getType();
  llvm::Type* const bits = type == c_.f32 ? c_.i32 : c_.i64;
  Value* const left_bits = b_.CreateBitCast(left, bits);
  Value* const right_bits = b_.CreateBitCast(right, bits);
  Value* const joined = b_.CreateBitCast(is_min ? b_.CreateOr(left_bits, right_bits) : b_.CreateAnd(left_bits, right_bits), type);
  Value* const smaller = b_.CreateSelect(is_min ? b_.CreateFCmpOLT(left, right) : b_.CreateFCmpOGT(left, right), left, right);
  Value* const ordered = b_.CreateSelect(b_.CreateFCmpOEQ(left, right), joined, smaller);
  // Of a number that adding might leave alone only the other operand can be the NaN.
  const auto summand = [&](Value* value) -> Value* {
    const auto* const number = llvm::dyn_cast<llvm::ConstantFP>(value);
    return number && !number->isNaN() ? llvm::ConstantFP::get(type, 2.0) : value;
  };
  Value* const nan = float_operation(Instruction::FAdd, summand(left), summand(right));
  push_float(b_.CreateSelect(b_.CreateFCmpUNO(left, right), nan, ordered));
}

#define FLOATS(type)                                                      \
  void Translator::type##_eq() { compare(CmpInst::FCMP_OEQ); }            \
  void Translator::type##_ne() { compare(CmpInst::FCMP_UNE); }            \
  void Translator::type##_lt() { compare(CmpInst::FCMP_OLT); }            \
  void Translator::type##_gt() { compare(CmpInst::FCMP_OGT); }            \
  void Translator::type##_le() { compare(CmpInst::FCMP_OLE); }            \
  void Translator::type##_ge() { compare(CmpInst::FCMP_OGE); }            \
  void Translator::type##_abs() { float_unary(Intrinsic::fabs); }         \
  void Translator::type##_neg() { push(b_.CreateFNeg(pop())); }           \
  void Translator::type##_ceil() { float_unary(Intrinsic::ceil); }        \
  void Translator::type##_floor() { float_unary(Intrinsic::floor); }      \
  void Translator::type##_trunc() { float_unary(Intrinsic::trunc); }      \
  void Translator::type##_nearest() { float_unary(Intrinsic::roundeven); } \
  void Translator::type##_sqrt() { float_unary(Intrinsic::sqrt); }        \
  void Translator::type##_add() { float_binary(Instruction::FAdd); }      \
  void Translator::type##_sub() { float_binary(Instruction::FSub); }      \
  void Translator::type##_mul() { float_binary(Instruction::FMul); }      \
  void Translator::type##_div() { float_binary(Instruction::FDiv); }      \
  void Translator::type##_min() { float_min_max(true); }                  \
  void Translator::type##_max() { float_min_max(false); }                 \
  void Translator::type##_copysign() {                                    \
    Value* const sign = pop();                                            \
    Value* const magnitude = pop();                                       \
    push(b_.CreateBinaryIntrinsic(Intrinsic::copysign, magnitude, sign)); \
  }
FLOATS(f32)
FLOATS(f64)
#undef FLOATS

void Translator::f32_demote_f64() {
  // Of what was promoted LLVM would take back the promotion, and keep a signaling NaN.
  if (llvm::isa<llvm::BinaryOperator>(stack_.back())) return push_float(b_.CreateFPTrunc(pop(), c_.f32));
  push_float(b_.CreateConstrainedFPCast(Intrinsic::experimental_constrained_fptrunc, pop(), c_.f32, {}, "", nullptr,
                                        llvm::RoundingMode::NearestTiesToEven, llvm::fp::ebMayTrap));
}
void Translator::f64_promote_f32() { push_float(b_.CreateFPExt(pop(), c_.f64)); }
void Translator::i32_reinterpret_f32() { push(b_.CreateBitCast(pop(), c_.i32)); }
void Translator::i64_reinterpret_f64() { push(b_.CreateBitCast(pop(), c_.i64)); }
void Translator::f32_reinterpret_i32() { push(b_.CreateBitCast(pop(), c_.f32)); }
void Translator::f64_reinterpret_i64() { push(b_.CreateBitCast(pop(), c_.f64)); }

// ---- Between them.

/// Both limits are floats that no conversion reaches, or, where the last float before is too far, the first that is reached.
void Translator::truncate(llvm::Type* to, bool is_signed) {
  Value* const value = pop();
  llvm::Type* const from = value->getType();
  trap_if(b_.CreateFCmpUNO(value, value), TrapCode::invalid_conversion_to_integer);
  const unsigned bits = to->getIntegerBitWidth();
  const double above = is_signed ? (bits == 32 ? 0x1p31 : 0x1p63) : (bits == 32 ? 0x1p32 : 0x1p64);
  Value* const is_below_all =
      !is_signed                     ? b_.CreateFCmpOLE(value, llvm::ConstantFP::get(from, -1.0))
      : from == c_.f64 && bits == 32 ? b_.CreateFCmpOLE(value, llvm::ConstantFP::get(from, -0x1p31 - 1))
                                     : b_.CreateFCmpOLT(value, llvm::ConstantFP::get(from, -above));
  trap_if(b_.CreateOr(is_below_all, b_.CreateFCmpOGE(value, llvm::ConstantFP::get(from, above))), TrapCode::integer_overflow);
  push(is_signed ? b_.CreateFPToSI(value, to) : b_.CreateFPToUI(value, to));
}

void Translator::truncate_saturating(llvm::Type* to, bool is_signed) {
  Value* const value = pop();
  push(b_.CreateIntrinsic(is_signed ? Intrinsic::fptosi_sat : Intrinsic::fptoui_sat, {to, value->getType()}, {value}));
}

#define CONVERSIONS(integer, floating)                                                                  \
  void Translator::integer##_trunc_##floating##_s() { truncate(c_.integer, true); }                     \
  void Translator::integer##_trunc_##floating##_u() { truncate(c_.integer, false); }                    \
  void Translator::integer##_trunc_sat_##floating##_s() { truncate_saturating(c_.integer, true); }      \
  void Translator::integer##_trunc_sat_##floating##_u() { truncate_saturating(c_.integer, false); }     \
  void Translator::floating##_convert_##integer##_s() { push(b_.CreateSIToFP(pop(), c_.floating)); }    \
  void Translator::floating##_convert_##integer##_u() { push(b_.CreateUIToFP(pop(), c_.floating)); }
CONVERSIONS(i32, f32)
CONVERSIONS(i32, f64)
CONVERSIONS(i64, f32)
CONVERSIONS(i64, f64)
#undef CONVERSIONS

}  // namespace wasmrun::llvm_compiler
