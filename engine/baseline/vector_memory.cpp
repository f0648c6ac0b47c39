// Vector constants, loads and stores. Visible: handlers of v128.const, v128.load*, v128.store*.
//
// An access reads or writes as many bytes as its instruction says, never more: what follows may be outside the memory.
#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

using x64::Sse;

void FunctionCompiler::push_vector_constant(uint64_t low, uint64_t high) {
  const Xmm result = result_xmm();
  if ((low | high) == 0) {
    asm_.zero(result);
  } else if ((low & high) == ~uint64_t{0}) {
    asm_.sse(Sse::pcmpeqd, result, result, result);
  } else {
    asm_.movaps(result, constant_operand(low, high));
  }
  push(ValueKind::V128, result);
}

void FunctionCompiler::v128_const(const imm::V128Const& imm) {
  uint64_t halves[2];
  std::memcpy(halves, imm.bytes.data(), sizeof halves);
  push_vector_constant(halves[0], halves[1]);
}

void FunctionCompiler::v128_load(const imm::MemArg128& arg) {
  load_xmm(arg, ValueKind::V128);
}
void FunctionCompiler::v128_store(const imm::MemArg128& arg) {
  store_xmm(arg, ValueKind::V128);
}

// ---- 8 bytes, or one number, into a whole vector

void FunctionCompiler::load_extended(const imm::MemArg& arg, Sse op) {
  const Access access = pop_address(arg, 8);
  const Xmm result = result_xmm();
  mark_memory_access();
  asm_.sse(op, result, access.operand);
  release(access);
  push(ValueKind::V128, result);
}

void FunctionCompiler::v128_load8x8_s(const imm::MemArg64& arg) {
  load_extended(arg, Sse::pmovsxbw);
}
void FunctionCompiler::v128_load8x8_u(const imm::MemArg64& arg) {
  load_extended(arg, Sse::pmovzxbw);
}
void FunctionCompiler::v128_load16x4_s(const imm::MemArg64& arg) {
  load_extended(arg, Sse::pmovsxwd);
}
void FunctionCompiler::v128_load16x4_u(const imm::MemArg64& arg) {
  load_extended(arg, Sse::pmovzxwd);
}
void FunctionCompiler::v128_load32x2_s(const imm::MemArg64& arg) {
  load_extended(arg, Sse::pmovsxdq);
}
void FunctionCompiler::v128_load32x2_u(const imm::MemArg64& arg) {
  load_extended(arg, Sse::pmovzxdq);
}
void FunctionCompiler::v128_load64_splat(const imm::MemArg64& arg) {
  load_extended(arg, Sse::movddup);
}

void FunctionCompiler::load_splat_small(const imm::MemArg& arg, Width width) {
  const Access access = pop_address(arg, width == Width::W8 ? 1 : 2);
  const Xmm result = result_xmm();
  mark_memory_access();
  if (options_.cpu.avx2) {
    asm_.sse(width == Width::W8 ? Sse::vpbroadcastb : Sse::vpbroadcastw, result, access.operand);
  } else {
    asm_.movzx(width, kScratch, access.operand);
    asm_.imul(Width::W32, kScratch, kScratch, width == Width::W8 ? 0x0101'0101 : 0x0001'0001);
    asm_.movd(Width::W32, result, kScratch);
    asm_.sse_imm(Sse::pshufd, result, result, 0);
  }
  release(access);
  push(ValueKind::V128, result);
}

void FunctionCompiler::v128_load8_splat(const imm::MemArg8& arg) {
  load_splat_small(arg, Width::W8);
}
void FunctionCompiler::v128_load16_splat(const imm::MemArg16& arg) {
  load_splat_small(arg, Width::W16);
}

void FunctionCompiler::v128_load32_splat(const imm::MemArg32& arg) {
  const Access access = pop_address(arg, 4);
  const Xmm result = result_xmm();
  mark_memory_access();
  if (asm_.has_avx()) {
    asm_.sse(Sse::vbroadcastss, result, access.operand);
  } else {
    asm_.movss(result, access.operand);
    asm_.sse(Sse::shufps, result, result, result, 0);
  }
  release(access);
  push(ValueKind::V128, result);
}

void FunctionCompiler::v128_load32_zero(const imm::MemArg32& arg) {
  const Access access = pop_address(arg, 4);
  const Xmm result = result_xmm();
  mark_memory_access();
  asm_.movss(result, access.operand);
  release(access);
  push(ValueKind::V128, result);
}

void FunctionCompiler::v128_load64_zero(const imm::MemArg64& arg) {
  const Access access = pop_address(arg, 8);
  const Xmm result = result_xmm();
  mark_memory_access();
  asm_.movsd(result, access.operand);
  release(access);
  push(ValueKind::V128, result);
}

// ---- One lane

void FunctionCompiler::load_lane(const imm::MemArg& arg, Width width, uint8_t lane) {
  Value vector = pop();
  Xmm source = xmm(vector);
  const Access access = pop_address(arg, 1u << static_cast<unsigned>(width));
  release(vector);
  const Xmm result = result_xmm();
  if (!asm_.has_avx()) {
    // The move that the assembler would make for two operands must not lie at the place of the access.
    asm_.movaps(result, source);
    source = result;
  }
  mark_memory_access();
  if (width != Width::W64) {
    asm_.pinsr(width, result, source, access.operand, lane);
  } else if (lane == 0) {
    asm_.movlps(result, source, access.operand);
  } else {
    asm_.movhps(result, source, access.operand);
  }
  release(access);
  push(ValueKind::V128, result);
}

void FunctionCompiler::v128_load8_lane(const imm::MemArgLane8& arg) {
  load_lane(arg, Width::W8, arg.lane);
}
void FunctionCompiler::v128_load16_lane(const imm::MemArgLane16& arg) {
  load_lane(arg, Width::W16, arg.lane);
}
void FunctionCompiler::v128_load32_lane(const imm::MemArgLane32& arg) {
  load_lane(arg, Width::W32, arg.lane);
}
void FunctionCompiler::v128_load64_lane(const imm::MemArgLane64& arg) {
  load_lane(arg, Width::W64, arg.lane);
}

void FunctionCompiler::store_lane(const imm::MemArg& arg, Width width, uint8_t lane) {
  Value vector = pop();
  const Xmm source = xmm(vector);
  const Access access = pop_address(arg, 1u << static_cast<unsigned>(width));
  mark_memory_access();
  if (width == Width::W64) {
    if (lane == 0) {
      asm_.movsd(access.operand, source);
    } else {
      asm_.movhps(access.operand, source);
    }
  } else if (width == Width::W32 && lane == 0) {
    asm_.movss(access.operand, source);
  } else {
    asm_.pextr(width, access.operand, source, lane);
  }
  release(access);
  release(vector);
}

void FunctionCompiler::v128_store8_lane(const imm::MemArgLane8& arg) {
  store_lane(arg, Width::W8, arg.lane);
}
void FunctionCompiler::v128_store16_lane(const imm::MemArgLane16& arg) {
  store_lane(arg, Width::W16, arg.lane);
}
void FunctionCompiler::v128_store32_lane(const imm::MemArgLane32& arg) {
  store_lane(arg, Width::W32, arg.lane);
}
void FunctionCompiler::v128_store64_lane(const imm::MemArgLane64& arg) {
  store_lane(arg, Width::W64, arg.lane);
}

}  // namespace wasmrun::baseline
