// Moving lanes: splat, extract, replace, shuffle, swizzle.
#include <llvm/IR/IntrinsicsX86.h>

#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

namespace Intrinsic = llvm::Intrinsic;

// ---- One lane.

/// An i32 is cut to the lane's width.
void Translator::splat(llvm::Type* element) {
  Value* const value = pop();
  Value* const lane = element->isIntegerTy() ? b_.CreateTrunc(value, element) : value;
  push_lanes(b_.CreateVectorSplat(lanes_of(element)->getNumElements(), lane));
}

void Translator::extract_lane(llvm::Type* element, uint8_t lane, bool is_signed) {
  Value* const value = b_.CreateExtractElement(pop_lanes(element), uint64_t{lane});
  if (element != c_.i8 && element != c_.i16) return push(value);
  push(is_signed ? b_.CreateSExt(value, c_.i32) : b_.CreateZExt(value, c_.i32));
}

void Translator::replace_lane(llvm::Type* element, uint8_t lane) {
  Value* const value = pop();
  Value* const vector = pop_lanes(element);
  push_lanes(b_.CreateInsertElement(vector, element->isIntegerTy() ? b_.CreateTrunc(value, element) : value, uint64_t{lane}));
}

#define LANES(shape, element, index)                                                                     \
  void Translator::shape##_splat() { splat(c_.element); }                                                \
  void Translator::shape##_replace_lane(const imm::index& given) { replace_lane(c_.element, given.lane); }
#define EXTRACT(name, element, index, is_signed) \
  void Translator::name(const imm::index& given) { extract_lane(c_.element, given.lane, is_signed); }
LANES(i8x16, i8, LaneIndex16)
LANES(i16x8, i16, LaneIndex8)
LANES(i32x4, i32, LaneIndex4)
LANES(i64x2, i64, LaneIndex2)
LANES(f32x4, f32, LaneIndex4)
LANES(f64x2, f64, LaneIndex2)
EXTRACT(i8x16_extract_lane_s, i8, LaneIndex16, true)
EXTRACT(i8x16_extract_lane_u, i8, LaneIndex16, false)
EXTRACT(i16x8_extract_lane_s, i16, LaneIndex8, true)
EXTRACT(i16x8_extract_lane_u, i16, LaneIndex8, false)
EXTRACT(i32x4_extract_lane, i32, LaneIndex4, false)
EXTRACT(i64x2_extract_lane, i64, LaneIndex2, false)
EXTRACT(f32x4_extract_lane, f32, LaneIndex4, false)
EXTRACT(f64x2_extract_lane, f64, LaneIndex2, false)
#undef LANES
#undef EXTRACT

// ---- All lanes.

void Translator::i8x16_shuffle(const imm::Shuffle& given) {
  Value* const second = pop_lanes(c_.i8);
  Value* const first = pop_lanes(c_.i8);
  push_lanes(b_.CreateShuffleVector(first, second, std::vector<int>(given.lanes.begin(), given.lanes.end())));
}

// pshufb gives zero where bit 7 is set: saturating addition sets it for all numbers from 16 on.
void Translator::i8x16_swizzle() {
  Value* const indices = b_.CreateBinaryIntrinsic(Intrinsic::uadd_sat, pop_lanes(c_.i8), splat_constant(c_.i8, 0x70));
  push_lanes(b_.CreateIntrinsic(Intrinsic::x86_ssse3_pshuf_b_128, {}, {pop_lanes(c_.i8), indices}));
}

void Translator::i8x16_relaxed_swizzle() { vector_instruction(c_.i8, Intrinsic::x86_ssse3_pshuf_b_128); }

}  // namespace wasmrun::llvm_compiler
