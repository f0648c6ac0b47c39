// 128-bit integers as pairs of i64, the low half first.
#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

llvm::Value* Translator::pop_wide() {
  llvm::Type* const i128 = b_.getInt128Ty();
  Value* const high = b_.CreateShl(b_.CreateZExt(pop(), i128), 64);
  return b_.CreateOr(high, b_.CreateZExt(pop(), i128));
}

void Translator::push_wide(Value* value) {
  push(b_.CreateTrunc(value, c_.i64));
  push(b_.CreateTrunc(b_.CreateLShr(value, 64), c_.i64));
}

void Translator::i64_add128() {
  Value* const right = pop_wide();
  push_wide(b_.CreateAdd(pop_wide(), right));
}

void Translator::i64_sub128() {
  Value* const right = pop_wide();
  push_wide(b_.CreateSub(pop_wide(), right));
}

void Translator::multiply_wide(bool is_signed) {
  const auto extended = [&](Value* value) { return is_signed ? b_.CreateSExt(value, b_.getInt128Ty()) : b_.CreateZExt(value, b_.getInt128Ty()); };
  Value* const right = extended(pop());
  push_wide(b_.CreateMul(extended(pop()), right));
}

void Translator::i64_mul_wide_s() { multiply_wide(true); }
void Translator::i64_mul_wide_u() { multiply_wide(false); }

}  // namespace wasmrun::llvm_compiler
