// The encodings that are not one line. Visible: see assembler.h.
#include "engine/baseline/x64/assembler.h"

#include <algorithm>
#include <utility>

namespace wasmrun::baseline::x64 {

namespace {

constexpr bool fits_s8(int64_t value) {
  return value == static_cast<int8_t>(value);
}

// Stores may write past the last byte of an instruction.
constexpr size_t kSlack = 16;

}  // namespace

// ---- The buffer, labels, jumps

void Assembler::grow(size_t bytes) {
  const size_t used = begin_ ? offset() : 0;
  const size_t capacity =
      std::max<size_t>(begin_ ? 2 * static_cast<size_t>(limit_ - begin_.get()) : 65536, used + bytes);
  auto larger = std::make_unique_for_overwrite<uint8_t[]>(capacity + kSlack);
  if (used) std::memcpy(larger.get(), begin_.get(), used);
  begin_ = std::move(larger);
  pos_ = begin_.get() + used;
  limit_ = begin_.get() + capacity;
}

void Assembler::align_data(uint32_t alignment) {
  while (offset() % alignment) int3();
}

void Assembler::align_code(uint32_t alignment) {
  nop((alignment - offset() % alignment) % alignment);
}

void Assembler::nop(uint32_t bytes) {
  static constexpr uint8_t kNops[9][9] = {
      {0x90},
      {0x66, 0x90},
      {0x0f, 0x1f, 0x00},
      {0x0f, 0x1f, 0x40, 0x00},
      {0x0f, 0x1f, 0x44, 0x00, 0x00},
      {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
      {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
      {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
      {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
  };
  while (bytes) {
    const uint32_t now = std::min<uint32_t>(bytes, 9);
    std::memcpy(pos_, kNops[now - 1], now);
    pos_ += now;
    bytes -= now;
  }
}

void Assembler::emit_use(Label& label, uint32_t kind) {
  const uint32_t field = offset();
  if (label.bound_) {
    emit32(0);
    patch_use(field, kind, label.offset_);
  } else {
    emit32(label.last_use_);
    label.last_use_ = field << 3 | kind;
  }
}

void Assembler::bind(Label& label) {
  CHECK(!label.bound_);
  label.bound_ = true;
  label.offset_ = offset();
  for (uint32_t use = label.last_use_; use;) {
    const uint32_t field = use >> 3;
    const uint32_t kind = use & 7;
    use = read32(field);
    patch_use(field, kind, label.offset_);
  }
}

void Assembler::bind(ShortLabel& label) {
  const uint32_t distance = offset() - (label.field_ + 1);
  CHECK(distance <= 127);
  begin_[label.field_] = static_cast<uint8_t>(distance);
}

void Assembler::jmp(Label& label) {
  if (label.bound_) {
    const int64_t distance = int64_t{label.offset_} - (offset() + 2);
    if (fits_s8(distance)) {
      emit8(0xeb);
      emit8(static_cast<uint8_t>(distance));
      return;
    }
  }
  emit8(0xe9);
  emit_use(label, 0);
}

void Assembler::jcc(Condition condition, Label& label) {
  if (label.bound_) {
    const int64_t distance = int64_t{label.offset_} - (offset() + 2);
    if (fits_s8(distance)) {
      emit8(0x70 | static_cast<uint8_t>(condition));
      emit8(static_cast<uint8_t>(distance));
      return;
    }
  }
  emit8(0x0f);
  emit8(0x80 | static_cast<uint8_t>(condition));
  emit_use(label, 0);
}

void Assembler::call(Label& label) {
  emit8(0xe8);
  emit_use(label, 0);
}

ShortLabel Assembler::jmp_short() {
  emit8(0xeb);
  ShortLabel label;
  label.field_ = offset();
  emit8(0);
  return label;
}

ShortLabel Assembler::jcc_short(Condition condition) {
  emit8(0x70 | static_cast<uint8_t>(condition));
  ShortLabel label;
  label.field_ = offset();
  emit8(0);
  return label;
}

// ---- Operands

void Assembler::emit_mem(uint32_t reg, const Mem& mem, uint32_t trailing) {
  // ModRM and SIB cannot say: base rsp/r12 without SIB, base rbp/r13 without displacement, index rsp.
  switch (mem.kind) {
    case Mem::Kind::Rip:
      emit_modrm(0, reg, 5);
      emit_use(*mem.label, trailing);
      return;
    case Mem::Kind::Index:
      CHECK(mem.index != Gpr::rsp);
      emit_modrm(0, reg, 4);
      emit_modrm(mem.scale_log2, encoding(mem.index), 5);
      emit32(static_cast<uint32_t>(mem.disp));
      return;
    case Mem::Kind::Base:
    case Mem::Kind::BaseIndex: break;
  }
  const uint32_t base = encoding(mem.base);
  const bool has_index = mem.kind == Mem::Kind::BaseIndex;
  const bool has_sib = has_index || (base & 7) == 4;
  const uint32_t mod = mem.disp == 0 && (base & 7) != 5 ? 0 : fits_s8(mem.disp) ? 1 : 2;
  emit_modrm(mod, reg, has_sib ? 4 : base);
  if (has_sib) {
    CHECK(!has_index || mem.index != Gpr::rsp);
    emit_modrm(has_index ? mem.scale_log2 : 0, has_index ? encoding(mem.index) : 4, base);
  }
  std::memcpy(pos_, &mem.disp, 4);
  pos_ += mod == 0 ? 0 : mod == 1 ? 1 : 4;
}

void Assembler::emit_imm(Width width, int32_t value) {
  switch (width) {
    case Width::W8: emit8(static_cast<uint8_t>(value)); break;
    case Width::W16: emit16(static_cast<uint16_t>(value)); break;
    case Width::W32:
    case Width::W64: emit32(static_cast<uint32_t>(value)); break;
  }
}

// ---- Integer instructions

void Assembler::mov(Width width, const Mem& dst, int32_t value) {
  const uint32_t imm_bytes = width == Width::W8 ? 1 : width == Width::W16 ? 2 : 4;
  op_m(width == Width::W16 ? 0x66 : 0, width == Width::W64, shift_code(width, 0xc6), 0, dst, imm_bytes);
  emit_imm(width, value);
}

void Assembler::mov_imm(Gpr dst, uint64_t value, bool keep_flags) {
  if (value == 0 && !keep_flags) {
    xor_(Width::W32, dst, dst);
  } else if (value <= UINT32_MAX) {
    emit_rex(false, 0, 0, encoding(dst), false);
    emit8(0xb8 | (encoding(dst) & 7));
    emit32(static_cast<uint32_t>(value));
  } else if (static_cast<int64_t>(value) == static_cast<int32_t>(value)) {
    op_r(0, true, 0xc7, 0, dst);
    emit32(static_cast<uint32_t>(value));
  } else {
    emit_rex(true, 0, 0, encoding(dst), false);
    emit8(0xb8 | (encoding(dst) & 7));
    emit64(value);
  }
}

void Assembler::alu_ri(Width width, uint8_t digit, Gpr dst, int32_t value) {
  const uint8_t prefix = width == Width::W16 ? 0x66 : 0;
  if (width == Width::W8) {
    if (dst == Gpr::rax) {
      emit8(static_cast<uint8_t>(digit << 3 | 4));
    } else {
      op_r(0, false, 0x80, digit, dst, true);
    }
    emit8(static_cast<uint8_t>(value));
  } else if (fits_s8(value)) {
    op_r(prefix, width == Width::W64, 0x83, digit, dst);
    emit8(static_cast<uint8_t>(value));
  } else {
    if (dst == Gpr::rax) {
      emit_prefix(prefix);
      emit_rex(width == Width::W64, 0, 0, 0, false);
      emit8(static_cast<uint8_t>(digit << 3 | 5));
    } else {
      op_r(prefix, width == Width::W64, 0x81, digit, dst);
    }
    emit_imm(width, value);
  }
}

void Assembler::alu_mi(Width width, uint8_t digit, const Mem& dst, int32_t value) {
  const uint8_t prefix = width == Width::W16 ? 0x66 : 0;
  if (width == Width::W8) {
    op_m(0, false, 0x80, digit, dst, 1);
    emit8(static_cast<uint8_t>(value));
  } else if (fits_s8(value)) {
    op_m(prefix, width == Width::W64, 0x83, digit, dst, 1);
    emit8(static_cast<uint8_t>(value));
  } else {
    op_m(prefix, width == Width::W64, 0x81, digit, dst, width == Width::W16 ? 2 : 4);
    emit_imm(width, value);
  }
}

void Assembler::test(Width width, Gpr a, int32_t value) {
  if (a == Gpr::rax) {
    emit_prefix(width == Width::W16 ? 0x66 : 0);
    emit_rex(width == Width::W64, 0, 0, 0, false);
    emit8(shift_code(width, 0xa8));
  } else {
    op_r(width == Width::W16 ? 0x66 : 0, width == Width::W64, shift_code(width, 0xf6), 0, a, width == Width::W8);
  }
  emit_imm(width, value);
}

void Assembler::test(Width width, const Mem& a, int32_t value) {
  const uint32_t imm_bytes = width == Width::W8 ? 1 : width == Width::W16 ? 2 : 4;
  op_m(width == Width::W16 ? 0x66 : 0, width == Width::W64, shift_code(width, 0xf6), 0, a, imm_bytes);
  emit_imm(width, value);
}

void Assembler::imul(Width width, Gpr dst, Gpr src, int32_t value) {
  const bool is_short = fits_s8(value);
  op_rr(0, width == Width::W64, is_short ? 0x6b : 0x69, encoding(dst), encoding(src));
  emit_imm(is_short ? Width::W8 : Width::W32, value);
}

void Assembler::imul(Width width, Gpr dst, const Mem& src, int32_t value) {
  const bool is_short = fits_s8(value);
  op_rm(0, width == Width::W64, is_short ? 0x6b : 0x69, encoding(dst), src, is_short ? 1 : 4);
  emit_imm(is_short ? Width::W8 : Width::W32, value);
}

void Assembler::shift(Width width, uint32_t digit, Gpr reg, uint8_t count) {
  const uint8_t prefix = width == Width::W16 ? 0x66 : 0;
  if (count == 1) {
    op_r(prefix, width == Width::W64, shift_code(width, 0xd0), digit, reg, width == Width::W8);
  } else {
    op_r(prefix, width == Width::W64, shift_code(width, 0xc0), digit, reg, width == Width::W8);
    emit8(count);
  }
}

void Assembler::extend(Width from, Width to, uint8_t code, Gpr dst, Gpr src) {
  if (from == Width::W32) {
    CHECK(code == 0xbe && to == Width::W64);
    op_rr(0, true, 0x63, encoding(dst), encoding(src));
  } else {
    op_0f_rr(0, to == Width::W64, code | (from == Width::W16), encoding(dst), encoding(src),
             from == Width::W8 && encoding(src) >= 4);
  }
}

void Assembler::extend(Width from, Width to, uint8_t code, Gpr dst, const Mem& src) {
  if (from == Width::W32) {
    CHECK(code == 0xbe && to == Width::W64);
    op_rm(0, true, 0x63, encoding(dst), src);
  } else {
    op_0f_rm(0, to == Width::W64, code | (from == Width::W16), encoding(dst), src);
  }
}

// ---- Vectors
//
// VEX: c5 | R̄ vvvv L pp            for map 0F without X, B, W
//      c4 | R̄ X̄ B̄ mmmmm | W vvvv L pp

void Assembler::emit_vex(uint32_t op, bool wide, uint32_t reg, uint32_t source, uint32_t index, uint32_t base) {
  const uint32_t prefix = (op >> 16) & 0xff;
  const uint32_t map = (op >> 8) & 0xff;
  const uint32_t pp = prefix == 0 ? 0 : prefix == 0x66 ? 1 : prefix == 0xf3 ? 2 : 3;
  const uint32_t low = (~source & 15) << 3 | pp;
  if (map == 1 && !wide && index < 8 && base < 8) {
    emit8(0xc5);
    emit8(static_cast<uint8_t>((reg < 8 ? 0x80 : 0) | low));
  } else {
    emit8(0xc4);
    emit8(static_cast<uint8_t>((reg < 8 ? 0x80 : 0) | (index < 8 ? 0x40 : 0) | (base < 8 ? 0x20 : 0) | map));
    emit8(static_cast<uint8_t>((wide ? 0x80 : 0) | low));
  }
  emit8(static_cast<uint8_t>(op));
}

void Assembler::emit_sse(uint32_t op, bool wide, uint32_t reg, uint32_t index, uint32_t base) {
  const uint32_t map = (op >> 8) & 0xff;
  emit_prefix(static_cast<uint8_t>(op >> 16));
  emit_rex(wide, reg, index, base, false);
  emit8(0x0f);
  if (map != 1) emit8(map == 2 ? 0x38 : 0x3a);
  emit8(static_cast<uint8_t>(op));
}

void Assembler::vector_rr(uint32_t op, bool wide, uint32_t reg, uint32_t source, uint32_t rm) {
  if (avx_) {
    emit_vex(op, wide, reg, source, 0, rm);
  } else {
    emit_sse(op, wide, reg, 0, rm);
  }
  emit_modrm(3, reg, rm);
}

void Assembler::vector_rm(uint32_t op, bool wide, uint32_t reg, uint32_t source, const Mem& mem, uint32_t trailing) {
  if (avx_) {
    emit_vex(op, wide, reg, source, index_bits(mem), base_bits(mem));
  } else {
    emit_sse(op, wide, reg, index_bits(mem), base_bits(mem));
  }
  emit_mem(reg, mem, trailing);
}

void Assembler::movaps(Xmm dst, Xmm src) {
  if (dst == src) return;
  if (avx_ && encoding(src) >= 8 && encoding(dst) < 8) {
    // The store's code has the operands exchanged, and then the shorter prefix does.
    vector_rr(op(0, 1, 0x29), false, encoding(src), 0, encoding(dst));
  } else {
    sse(Sse::movaps, dst, src);
  }
}

void Assembler::sse(Sse op, Xmm dst, Xmm a, Xmm b) {
  const bool is_commutative = static_cast<uint32_t>(op) >> 24;
  // Only the last register's high half costs a longer prefix.
  if (avx_ && is_commutative && encoding(b) >= 8 && encoding(a) < 8) std::swap(a, b);
  if (!avx_ && dst != a) {
    if (dst == b) {
      if (is_commutative) {
        b = a;
      } else {
        CHECK(dst != kScratchXmm);
        movaps(kScratchXmm, b);
        b = kScratchXmm;
        movaps(dst, a);
      }
    } else {
      movaps(dst, a);
    }
  }
  vector_rr(op, false, encoding(dst), encoding(a), encoding(b));
}

void Assembler::sse(Sse op, Xmm dst, Xmm a, const Mem& b) {
  if (!avx_) movaps(dst, a);
  vector_rm(op, false, encoding(dst), encoding(a), b);
}

void Assembler::sse(Sse op, Xmm dst, Xmm a, Xmm b, uint8_t imm) {
  sse(op, dst, a, b);
  emit8(imm);
}

void Assembler::sse(Sse op, Xmm dst, Xmm a, const Mem& b, uint8_t imm) {
  if (!avx_) movaps(dst, a);
  vector_rm(op, false, encoding(dst), encoding(a), b, 1);
  emit8(imm);
}

void Assembler::sse(SseShift op, Xmm dst, Xmm src, uint8_t count) {
  const uint32_t code = Assembler::op(0x66, 1, static_cast<uint32_t>(op) & 0xff);
  if (!avx_) movaps(dst, src);
  vector_rr(code, false, static_cast<uint32_t>(op) >> 8, encoding(dst), encoding(avx_ ? src : dst));
  emit8(count);
}

void Assembler::blendv(uint32_t sse_code, uint32_t vex_code, Xmm dst, Xmm a, Xmm b, Xmm mask) {
  if (avx_) {
    vector_rr(op(0x66, 3, vex_code), false, encoding(dst), encoding(a), encoding(b));
    emit8(static_cast<uint8_t>(encoding(mask) << 4));
  } else {
    CHECK(mask == Xmm::xmm0 && dst != mask && (dst != b || a == b));
    movaps(dst, a);
    vector_rr(op(0x66, 2, sse_code), false, encoding(dst), 0, encoding(b));
  }
}

void Assembler::cvtsi2(uint32_t prefix, Width from, Xmm dst, Xmm upper, Gpr src) {
  if (!avx_) movaps(dst, upper);
  vector_rr(op(prefix, 1, 0x2a), from == Width::W64, encoding(dst), encoding(upper), encoding(src));
}

void Assembler::pinsr(Width width, Xmm dst, Xmm a, Gpr src, uint8_t lane) {
  const uint32_t code = width == Width::W8    ? op(0x66, 3, 0x20)
                        : width == Width::W16 ? op(0x66, 1, 0xc4)
                                              : op(0x66, 3, 0x22);
  if (!avx_) movaps(dst, a);
  vector_rr(code, width == Width::W64, encoding(dst), encoding(a), encoding(src));
  emit8(lane);
}

void Assembler::pinsr(Width width, Xmm dst, Xmm a, const Mem& src, uint8_t lane) {
  const uint32_t code = width == Width::W8    ? op(0x66, 3, 0x20)
                        : width == Width::W16 ? op(0x66, 1, 0xc4)
                                              : op(0x66, 3, 0x22);
  if (!avx_) movaps(dst, a);
  vector_rm(code, width == Width::W64, encoding(dst), encoding(a), src, 1);
  emit8(lane);
}

void Assembler::pextr(Width width, Gpr dst, Xmm src, uint8_t lane) {
  if (width == Width::W16) {
    // The form of 0F encodes the operands the other way round, and is a byte shorter than that of 0F3A.
    vector_rr(op(0x66, 1, 0xc5), false, encoding(dst), 0, encoding(src));
  } else {
    vector_rr(op(0x66, 3, width == Width::W8 ? 0x14 : 0x16), width == Width::W64, encoding(src), 0, encoding(dst));
  }
  emit8(lane);
}

void Assembler::pextr(Width width, const Mem& dst, Xmm src, uint8_t lane) {
  const uint32_t code = width == Width::W8 ? 0x14 : width == Width::W16 ? 0x15 : 0x16;
  vector_rm(op(0x66, 3, code), width == Width::W64, encoding(src), 0, dst, 1);
  emit8(lane);
}

void Assembler::bmi_rr(uint32_t prefix, uint32_t map, uint32_t code, Width width, uint32_t reg, uint32_t source,
                       uint32_t rm) {
  emit_vex(op(prefix, map, code), width == Width::W64, reg, source, 0, rm);
  emit_modrm(3, reg, rm);
}

void Assembler::bmi_rm(uint32_t prefix, uint32_t map, uint32_t code, Width width, uint32_t reg, uint32_t source,
                       const Mem& mem) {
  emit_vex(op(prefix, map, code), width == Width::W64, reg, source, index_bits(mem), base_bits(mem));
  emit_mem(reg, mem, 0);
}

}  // namespace wasmrun::baseline::x64
