// Moving lanes: splat, extract, replace, shuffle, swizzle. Visible: their handlers.
#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

using x64::Sse;

namespace {

// Scratch of one handler; see vector_integer.cpp.
constexpr Xmm kTemp0 = Xmm::xmm14;
constexpr Xmm kTemp1 = Xmm::xmm15;

constexpr int32_t bytes_of(Width width) {
  return 1 << static_cast<int32_t>(width);
}

}  // namespace

// ---- Splat

void FunctionCompiler::splat_integer(Width width) {
  Value a = pop();
  if (a.is_constant()) {
    const uint64_t repeated = width == Width::W8    ? (a.bits & 0xff) * 0x0101'0101'0101'0101
                              : width == Width::W16 ? (a.bits & 0xffff) * 0x0001'0001'0001'0001
                              : width == Width::W32 ? (a.bits & 0xffff'ffff) * 0x0000'0001'0000'0001
                                                    : a.bits;
    push_vector_constant(repeated, repeated);
    return;
  }
  const Gpr operand = gpr(a);
  const Xmm result = result_xmm();
  asm_.movd(width == Width::W64 ? Width::W64 : Width::W32, result, operand);
  switch (width) {
    case Width::W8:
      if (options_.cpu.avx2) {
        asm_.sse(Sse::vpbroadcastb, result, result);
      } else {
        asm_.zero(kTemp0);
        asm_.sse(Sse::pshufb, result, result, kTemp0);
      }
      break;
    case Width::W16:
      if (options_.cpu.avx2) {
        asm_.sse(Sse::vpbroadcastw, result, result);
      } else {
        asm_.sse_imm(Sse::pshuflw, result, result, 0);
        asm_.sse_imm(Sse::pshufd, result, result, 0);
      }
      break;
    case Width::W32: asm_.sse_imm(Sse::pshufd, result, result, 0); break;
    case Width::W64: asm_.sse(Sse::punpcklqdq, result, result, result); break;
  }
  release(a);
  push(ValueKind::V128, result);
}

void FunctionCompiler::i8x16_splat() {
  splat_integer(Width::W8);
}
void FunctionCompiler::i16x8_splat() {
  splat_integer(Width::W16);
}
void FunctionCompiler::i32x4_splat() {
  splat_integer(Width::W32);
}
void FunctionCompiler::i64x2_splat() {
  splat_integer(Width::W64);
}

void FunctionCompiler::f32x4_splat() {
  Value a = pop();
  if (a.is_constant()) {
    const uint64_t repeated = a.bits * 0x0000'0001'0000'0001;
    push_vector_constant(repeated, repeated);
    return;
  }
  const Xmm operand = xmm(a);
  release(a);
  const Xmm result = result_xmm();
  asm_.sse(Sse::shufps, result, operand, operand, 0);
  push(ValueKind::V128, result);
}

void FunctionCompiler::f64x2_splat() {
  Value a = pop();
  if (a.is_constant()) {
    push_vector_constant(a.bits, a.bits);
    return;
  }
  with_xmm_or_memory(a, [&](auto operand) {
    release(a);
    const Xmm result = result_xmm();
    asm_.sse(Sse::movddup, result, operand);
    push(ValueKind::V128, result);
  });
}

// ---- Extract

void FunctionCompiler::extract_integer_lane(Width width, uint8_t lane, bool is_signed) {
  const ValueKind kind = width == Width::W64 ? ValueKind::I64 : ValueKind::I32;
  Value a = pop();
  if (in_memory(a)) {
    const Mem operand = memory(a).plus(lane * bytes_of(width));
    const Gpr result = result_gpr();
    if (width >= Width::W32) {
      asm_.mov(width, result, operand);
    } else if (is_signed) {
      asm_.movsx(width, Width::W32, result, operand);
    } else {
      asm_.movzx(width, result, operand);
    }
    push(kind, result);
    return;
  }
  const Xmm operand = xmm(a);
  const Gpr result = result_gpr();
  if (width >= Width::W32 && lane == 0) {
    asm_.movd(width, result, operand);
  } else {
    asm_.pextr(width, result, operand, lane);
    if (is_signed) asm_.movsx(width, Width::W32, result, result);
  }
  release(a);
  push(kind, result);
}

void FunctionCompiler::i8x16_extract_lane_s(const imm::LaneIndex16& imm) {
  extract_integer_lane(Width::W8, imm.lane, true);
}
void FunctionCompiler::i8x16_extract_lane_u(const imm::LaneIndex16& imm) {
  extract_integer_lane(Width::W8, imm.lane, false);
}
void FunctionCompiler::i16x8_extract_lane_s(const imm::LaneIndex8& imm) {
  extract_integer_lane(Width::W16, imm.lane, true);
}
void FunctionCompiler::i16x8_extract_lane_u(const imm::LaneIndex8& imm) {
  extract_integer_lane(Width::W16, imm.lane, false);
}
void FunctionCompiler::i32x4_extract_lane(const imm::LaneIndex4& imm) {
  extract_integer_lane(Width::W32, imm.lane, false);
}
void FunctionCompiler::i64x2_extract_lane(const imm::LaneIndex2& imm) {
  extract_integer_lane(Width::W64, imm.lane, false);
}

void FunctionCompiler::extract_float_lane(ValueKind kind, uint8_t lane) {
  Value a = pop();
  if (in_memory(a)) {
    const Mem operand = memory(a).plus(lane * (kind == ValueKind::F32 ? 4 : 8));
    const Xmm result = result_xmm();
    if (kind == ValueKind::F32) {
      asm_.movss(result, operand);
    } else {
      asm_.movsd(result, operand);
    }
    push(kind, result);
  } else if (lane == 0) {
    // What the other lanes of a float's register hold does not matter.
    push(kind, own_xmm(a));
  } else {
    const Xmm operand = xmm(a);
    release(a);
    const Xmm result = result_xmm();
    asm_.sse_imm(Sse::pshufd, result, operand, kind == ValueKind::F32 ? lane : 0xee);
    push(kind, result);
  }
}

void FunctionCompiler::f32x4_extract_lane(const imm::LaneIndex4& imm) {
  extract_float_lane(ValueKind::F32, imm.lane);
}
void FunctionCompiler::f64x2_extract_lane(const imm::LaneIndex2& imm) {
  extract_float_lane(ValueKind::F64, imm.lane);
}

// ---- Replace

void FunctionCompiler::replace_integer_lane(Width width, uint8_t lane) {
  Value replacement = pop();
  Value vector = pop();
  const Xmm source = xmm(vector);
  with_gpr_or_memory(replacement, [&](auto operand) {
    release(replacement);
    release(vector);
    const Xmm result = result_xmm();
    asm_.pinsr(width, result, source, operand, lane);
    push(ValueKind::V128, result);
  });
}

void FunctionCompiler::i8x16_replace_lane(const imm::LaneIndex16& imm) {
  replace_integer_lane(Width::W8, imm.lane);
}
void FunctionCompiler::i16x8_replace_lane(const imm::LaneIndex8& imm) {
  replace_integer_lane(Width::W16, imm.lane);
}
void FunctionCompiler::i32x4_replace_lane(const imm::LaneIndex4& imm) {
  replace_integer_lane(Width::W32, imm.lane);
}
void FunctionCompiler::i64x2_replace_lane(const imm::LaneIndex2& imm) {
  replace_integer_lane(Width::W64, imm.lane);
}

void FunctionCompiler::f32x4_replace_lane(const imm::LaneIndex4& imm) {
  Value replacement = pop();
  Value vector = pop();
  const Xmm source = xmm(vector);
  with_xmm_or_memory(replacement, [&](auto operand) {
    release(replacement);
    release(vector);
    const Xmm result = result_xmm();
    asm_.sse(Sse::insertps, result, source, operand, static_cast<uint8_t>(imm.lane << 4));
    push(ValueKind::V128, result);
  });
}

void FunctionCompiler::f64x2_replace_lane(const imm::LaneIndex2& imm) {
  Value replacement = pop();
  Value vector = pop();
  const Xmm source = xmm(vector);
  const Xmm operand = xmm(replacement);
  release(replacement);
  release(vector);
  const Xmm result = result_xmm();
  asm_.sse(imm.lane == 0 ? Sse::movsd_merge : Sse::movlhps, result, source, operand);
  push(ValueKind::V128, result);
}

// ---- Shuffle

namespace {

using Lanes = std::array<uint8_t, 16>;

/// Reads `lanes` as lanes of `size` bytes; false when bytes of one are torn apart.
bool in_groups(const Lanes& lanes, unsigned size, Lanes& groups) {
  for (unsigned i = 0; i < 16; i += size) {
    if (lanes[i] % size != 0) return false;
    for (unsigned j = 1; j < size; ++j) {
      if (lanes[i + j] != lanes[i] + j) return false;
    }
    groups[i / size] = static_cast<uint8_t>(lanes[i] / size);
  }
  return true;
}

/// Whether the groups are first, second, first, second...: `first`, `second` number the first lane of each.
bool interleaves(const Lanes& groups, unsigned count, unsigned first, unsigned second) {
  for (unsigned i = 0; i < count / 2; ++i) {
    if (groups[2 * i] != first + i || groups[2 * i + 1] != second + i) return false;
  }
  return true;
}

constexpr uint8_t shuffle_control(const Lanes& groups, unsigned begin = 0) {
  uint8_t control = 0;
  for (unsigned i = 0; i < 4; ++i) control |= static_cast<uint8_t>((groups[begin + i] & 3) << (2 * i));
  return control;
}

struct Unpack {
  unsigned size;
  Sse low;
  Sse high;
};
constexpr Unpack kUnpacks[] = {{1, Sse::punpcklbw, Sse::punpckhbw},
                               {2, Sse::punpcklwd, Sse::punpckhwd},
                               {4, Sse::punpckldq, Sse::punpckhdq},
                               {8, Sse::punpcklqdq, Sse::punpckhqdq}};

/// A shuffle of both vectors by one instruction, if there is one. `result` may be either of them.
bool emit_shuffle_at_once(x64::Assembler& assembler, Xmm result, Xmm a, Xmm b, const Lanes& lanes) {
  Lanes groups;
  for (const Unpack& unpack : kUnpacks) {
    if (!in_groups(lanes, unpack.size, groups)) break;
    const unsigned count = 16 / unpack.size;
    for (const bool high : {false, true}) {
      const Sse op = high ? unpack.high : unpack.low;
      const unsigned begin = high ? count / 2 : 0;
      if (interleaves(groups, count, begin, count + begin)) return assembler.sse(op, result, a, b), true;
      if (interleaves(groups, count, count + begin, begin)) return assembler.sse(op, result, b, a), true;
    }
  }
  // Consecutive bytes of both, one after the other.
  bool is_consecutive = true;
  for (unsigned i = 1; i < 16; ++i) is_consecutive &= lanes[i] == (lanes[0] + i) % 32;
  if (is_consecutive) {
    if (lanes[0] < 16) {
      assembler.sse(Sse::palignr, result, b, a, lanes[0]);
    } else {
      assembler.sse(Sse::palignr, result, a, b, static_cast<uint8_t>(lanes[0] - 16));
    }
    return true;
  }
  // Every word stays at its place.
  if (in_groups(lanes, 2, groups)) {
    uint8_t from_b = 0;
    bool stays = true;
    for (unsigned i = 0; i < 8; ++i) {
      stays &= groups[i] % 8 == i;
      from_b |= static_cast<uint8_t>((groups[i] >= 8) << i);
    }
    if (stays) return assembler.sse(Sse::pblendw, result, a, b, from_b), true;
  }
  // Two doublewords of one, then two of the other.
  if (in_groups(lanes, 4, groups) && groups[0] / 4 == groups[1] / 4 && groups[2] / 4 == groups[3] / 4) {
    const bool b_is_first = groups[0] >= 4;
    assembler.sse(Sse::shufps, result, b_is_first ? b : a, b_is_first ? a : b, shuffle_control(groups));
    return true;
  }
  return false;
}

/// Control bytes of pshufb that take those lanes that begin at `first` of 16, and zero for others.
std::array<uint8_t, 16> byte_control(const Lanes& lanes, unsigned first) {
  std::array<uint8_t, 16> control;
  for (unsigned i = 0; i < 16; ++i) {
    control[i] = lanes[i] >= first && lanes[i] < first + 16 ? static_cast<uint8_t>(lanes[i] - first) : 0x80;
  }
  return control;
}

}  // namespace

void FunctionCompiler::shuffle_one(Value& source, const std::array<uint8_t, 16>& lanes) {
  Lanes groups;
  const bool in_doublewords = in_groups(lanes, 4, groups);
  if (in_doublewords && shuffle_control(groups) == 0xe4) {  // 0 1 2 3
    push(ValueKind::V128, own_xmm(source));
    return;
  }
  const Xmm operand = xmm(source);
  release(source);
  const Xmm result = result_xmm();
  bool is_done = false;
  if (in_doublewords) {
    asm_.sse_imm(Sse::pshufd, result, operand, shuffle_control(groups));
    is_done = true;
  } else if (in_groups(lanes, 2, groups)) {
    const auto within = [&](unsigned begin) {
      return groups[begin] / 4 == begin / 4 && groups[begin + 1] / 4 == begin / 4 &&
             groups[begin + 2] / 4 == begin / 4 && groups[begin + 3] / 4 == begin / 4;
    };
    if (within(0) && within(4)) {
      const uint8_t low = shuffle_control(groups, 0);
      const uint8_t high = shuffle_control(groups, 4);
      if (high == 0xe4) {
        asm_.sse_imm(Sse::pshuflw, result, operand, low);
        is_done = true;
      } else if (low == 0xe4) {
        asm_.sse_imm(Sse::pshufhw, result, operand, high);
        is_done = true;
      }
    }
  }
  if (!is_done) asm_.sse(Sse::pshufb, result, operand, constant_operand(lanes));
  push(ValueKind::V128, result);
}

void FunctionCompiler::i8x16_shuffle(const imm::Shuffle& imm) {
  Value b = pop();
  Value a = pop();
  const Xmm first = xmm(a);
  const Xmm second = xmm(b);
  Lanes lanes = imm.lanes;
  bool uses_first = false;
  bool uses_second = false;
  for (uint8_t& lane : lanes) {
    if (first == second) lane &= 15;
    (lane < 16 ? uses_first : uses_second) = true;
  }
  if (!uses_second) {
    release(b);
    shuffle_one(a, lanes);
    return;
  }
  if (!uses_first) {
    for (uint8_t& lane : lanes) lane &= 15;
    release(a);
    shuffle_one(b, lanes);
    return;
  }
  release(b);
  release(a);
  const Xmm result = result_xmm();
  if (!emit_shuffle_at_once(asm_, result, first, second, lanes)) {
    asm_.sse(Sse::pshufb, kTemp0, first, constant_operand(byte_control(lanes, 0)));
    asm_.sse(Sse::pshufb, kTemp1, second, constant_operand(byte_control(lanes, 16)));
    asm_.sse(Sse::por, result, kTemp0, kTemp1);
  }
  push(ValueKind::V128, result);
}

// pshufb gives zero where bit 7 is set: saturating addition sets it for all numbers from 16 on.
void FunctionCompiler::i8x16_swizzle() {
  constexpr uint64_t kMargin = 0x7070'7070'7070'7070;
  Value indices = pop();
  Value vector = pop();
  const Xmm source = xmm(vector);
  const Xmm control = xmm(indices);
  release(indices);
  release(vector);
  const Xmm result = result_xmm();
  asm_.sse(Sse::paddusb, kTemp0, control, constant_operand(kMargin, kMargin));
  asm_.sse(Sse::pshufb, result, source, kTemp0);
  push(ValueKind::V128, result);
}

}  // namespace wasmrun::baseline
