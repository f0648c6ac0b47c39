// Vector constants, loads and stores.
//
// An access reads or writes as many bytes as its instruction says, never more: what follows may be outside the memory. So lanes are loaded
// as one number; a vector of fewer than 16 bytes might be rounded up.
#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

void Translator::v128_const(const imm::V128Const& given) {
  uint64_t halves[2];
  std::memcpy(halves, given.bytes.data(), sizeof halves);
  push(llvm::ConstantDataVector::get(c_.context, llvm::ArrayRef<uint64_t>(halves)));
}

void Translator::v128_load(const imm::MemArg& arg) { load(arg, 16, c_.v128, c_.v128, false); }
void Translator::v128_store(const imm::MemArg& arg) { store(arg, 16, c_.v128); }

llvm::Value* Translator::load_value(const imm::MemArg& arg, llvm::Type* type) {
  load(arg, static_cast<uint32_t>(type->getPrimitiveSizeInBits()) / 8, type, type, false);
  return pop();
}

/// 8 bytes, each number extended to twice its width.
void Translator::load_extended(const imm::MemArg& arg, llvm::Type* from, bool is_signed) {
  auto* const half = llvm::FixedVectorType::getHalfElementsVectorType(lanes_of(from));
  Value* const numbers = b_.CreateBitCast(load_value(arg, c_.i64), half);
  llvm::Type* const wide = llvm::VectorType::getExtendedElementVectorType(half);
  push_lanes(is_signed ? b_.CreateSExt(numbers, wide) : b_.CreateZExt(numbers, wide));
}

void Translator::load_splat(const imm::MemArg& arg, llvm::Type* element) {
  push_lanes(b_.CreateVectorSplat(lanes_of(element)->getNumElements(), load_value(arg, element)));
}

void Translator::load_zero(const imm::MemArg& arg, llvm::Type* element) {
  push_lanes(b_.CreateInsertElement(llvm::Constant::getNullValue(lanes_of(element)), load_value(arg, element), uint64_t{0}));
}

void Translator::load_lane(const imm::MemArg& arg, llvm::Type* element, uint8_t lane) {
  Value* const vector = pop_lanes(element);
  push_lanes(b_.CreateInsertElement(vector, load_value(arg, element), uint64_t{lane}));
}

void Translator::store_lane(const imm::MemArg& arg, llvm::Type* element, uint8_t lane) {
  push(b_.CreateExtractElement(pop_lanes(element), uint64_t{lane}));
  store(arg, element->getIntegerBitWidth() / 8, element);
}

void Translator::v128_load8x8_s(const imm::MemArg& arg) { load_extended(arg, c_.i8, true); }
void Translator::v128_load8x8_u(const imm::MemArg& arg) { load_extended(arg, c_.i8, false); }
void Translator::v128_load16x4_s(const imm::MemArg& arg) { load_extended(arg, c_.i16, true); }
void Translator::v128_load16x4_u(const imm::MemArg& arg) { load_extended(arg, c_.i16, false); }
void Translator::v128_load32x2_s(const imm::MemArg& arg) { load_extended(arg, c_.i32, true); }
void Translator::v128_load32x2_u(const imm::MemArg& arg) { load_extended(arg, c_.i32, false); }
// Floats are loaded into vector registers at once.
void Translator::v128_load32_zero(const imm::MemArg& arg) { load_zero(arg, c_.f32); }
void Translator::v128_load64_zero(const imm::MemArg& arg) { load_zero(arg, c_.f64); }

#define LANES(bits)                                                                                                                    \
  void Translator::v128_load##bits##_splat(const imm::MemArg& arg) { load_splat(arg, c_.i##bits); }                                    \
  void Translator::v128_load##bits##_lane(const imm::MemArgLane##bits& given) { load_lane(given, c_.i##bits, given.lane); }            \
  void Translator::v128_store##bits##_lane(const imm::MemArgLane##bits& given) { store_lane(given, c_.i##bits, given.lane); }
LANES(8)
LANES(16)
LANES(32)
LANES(64)
#undef LANES

}  // namespace wasmrun::llvm_compiler
