// Writes x86-64 instructions into a scratch buffer. Visible: Width, Condition, Mem, Label, ShortLabel, Sse, Assembler.
//
// Operands are in Intel's order, the destination first; an explicit Width says what a method works on. Emitting checks
// no bounds: `reserve()` once before each wasm instruction leaves room for kReservedBytes. Distances between labels of
// one buffer are final, so the code may be copied anywhere that is 16-byte aligned.
#pragma once

#include <cstring>
#include <memory>
#include <span>

#include "engine/base/check.h"
#include "engine/baseline/x64/registers.h"

namespace wasmrun::baseline::x64 {

enum class Width : uint8_t { W8, W16, W32, W64 };

/// Condition codes by their encoding.
enum class Condition : uint8_t { o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g };
constexpr Condition negate(Condition condition) {
  return static_cast<Condition>(static_cast<uint8_t>(condition) ^ 1);
}
/// The condition that holds after `cmp b, a` when `condition` holds after `cmp a, b`.
constexpr Condition swap_operands(Condition condition) {
  switch (condition) {
    case Condition::b: return Condition::a;
    case Condition::a: return Condition::b;
    case Condition::ae: return Condition::be;
    case Condition::be: return Condition::ae;
    case Condition::l: return Condition::g;
    case Condition::g: return Condition::l;
    case Condition::ge: return Condition::le;
    case Condition::le: return Condition::ge;
    default: return condition;
  }
}

/// A place in the code, known or still to come. Uses before the place is known form a chain through the code itself, so
/// a label is two words and never allocates. Use one copy only.
class Label {
 public:
  bool is_bound() const { return bound_; }
  bool is_used() const { return bound_ || last_use_ != 0; }
  /// Offset from the begin of the buffer; only of a bound label.
  uint32_t offset() const {
    CHECK(bound_);
    return offset_;
  }

 private:
  friend class Assembler;
  uint32_t offset_ = 0;
  /// The newest use: offset of its 32-bit field * 8 + kind. The field holds the use before it; 0 ends the chain.
  uint32_t last_use_ = 0;
  bool bound_ = false;
};

/// The target of one forward jump of at most 127 bytes.
class ShortLabel {
 private:
  friend class Assembler;
  uint32_t field_ = 0;
};

/// A memory operand: [base + index << scale_log2 + disp], or a label's place.
struct Mem {
  enum class Kind : uint8_t { Base, BaseIndex, Index, Rip };
  constexpr explicit Mem(Gpr b, int32_t d = 0) : kind(Kind::Base), base(b), disp(d) {}
  constexpr Mem(Gpr b, Gpr i, uint8_t scale, int32_t d = 0)
      : kind(Kind::BaseIndex), base(b), index(i), scale_log2(scale), disp(d) {}
  /// [index << scale_log2 + disp]
  static constexpr Mem scaled(Gpr index, uint8_t scale_log2, int32_t disp) {
    Mem mem(index, index, scale_log2, disp);
    mem.kind = Kind::Index;
    return mem;
  }
  /// What lies at `label`, which must outlive the emitting call only.
  static constexpr Mem rip(Label& label) {
    Mem mem(Gpr::rax);
    mem.kind = Kind::Rip;
    mem.label = &label;
    return mem;
  }
  constexpr Mem plus(int32_t bytes) const {
    Mem mem = *this;
    mem.disp += bytes;
    return mem;
  }

  Kind kind;
  Gpr base;
  Gpr index = Gpr::rax;
  uint8_t scale_log2 = 0;
  int32_t disp = 0;
  Label* label = nullptr;
};

/// Instructions of sse.def. The value is the encoding: code, map << 8, prefix << 16, commutative << 24.
enum class Sse : uint32_t {
#define SSE(name, prefix, map, code) name = (code) | (map) << 8 | (prefix) << 16,
#define SSE_COMMUTATIVE(name, prefix, map, code) name = (code) | (map) << 8 | (prefix) << 16 | 1 << 24,
#include "engine/baseline/x64/sse.def"
#undef SSE
#undef SSE_COMMUTATIVE
};

/// Shifts of vectors by an immediate: code, and the digit in ModRM << 8.
enum class SseShift : uint32_t {
  psrlw = 0x271,
  psraw = 0x471,
  psllw = 0x671,
  psrld = 0x272,
  psrad = 0x472,
  pslld = 0x672,
  psrlq = 0x273,
  psrldq = 0x373,
  psllq = 0x673,
  pslldq = 0x773,
};

/// Rounding modes of roundss and its relatives, inexact exceptions suppressed.
enum class Rounding : uint8_t { Nearest = 8, Floor = 9, Ceil = 10, Trunc = 11 };

class Assembler {
 public:
  /// What fits after one `reserve()`.
  static constexpr size_t kReservedBytes = 1024;
  /// Overwritten when `sse` cannot do without; see there.
  static constexpr Xmm kScratchXmm = Xmm::xmm15;

  explicit Assembler(bool avx) : avx_(avx) { grow(); }

  // The buffer.
  void reserve(size_t bytes = kReservedBytes) {
    if (__builtin_expect(static_cast<size_t>(limit_ - pos_) < bytes, 0)) grow(bytes);
  }
  uint32_t offset() const { return static_cast<uint32_t>(pos_ - begin_.get()); }
  std::span<const uint8_t> code() const { return {begin_.get(), offset()}; }
  /// Forgets the code and keeps the buffer.
  void clear() { pos_ = begin_.get(); }
  /// Takes back the newest code; no label or fix-up may lie in it.
  void rewind(uint32_t to_offset) { pos_ = begin_.get() + to_offset; }
  void patch32(uint32_t at, uint32_t value) { std::memcpy(begin_.get() + at, &value, 4); }
  uint32_t read32(uint32_t at) const {
    uint32_t value;
    std::memcpy(&value, begin_.get() + at, 4);
    return value;
  }
  bool has_avx() const { return avx_; }

  // Data in the code.
  void emit8(uint8_t value) { *pos_++ = value; }
  void emit16(uint16_t value) { emit_raw(value); }
  void emit32(uint32_t value) { emit_raw(value); }
  void emit64(uint64_t value) { emit_raw(value); }
  /// 32 bits: where `label` is, counted from the begin of the buffer.
  void emit_offset32(Label& label) { emit_use(label, kAbsolute); }
  /// Fills with int3 (data) or nops (code) until the offset is a multiple.
  void align_data(uint32_t alignment);
  void align_code(uint32_t alignment);
  void nop(uint32_t bytes);

  // Labels and jumps.
  void bind(Label& label);
  void bind(ShortLabel& label);
  void jmp(Label& label);
  void jcc(Condition condition, Label& label);
  void call(Label& label);
  [[nodiscard]] ShortLabel jmp_short();
  [[nodiscard]] ShortLabel jcc_short(Condition condition);
  /// A call or jump whose target is not in this buffer. Returns the offset of the 32-bit field, which counts from its
  /// end.
  uint32_t call_rel32() { return emit8(0xe8), emit_zero32(); }
  uint32_t jmp_rel32() { return emit8(0xe9), emit_zero32(); }
  uint32_t jcc_rel32(Condition condition) {
    emit8(0x0f);
    emit8(0x80 | static_cast<uint8_t>(condition));
    return emit_zero32();
  }
  void call(Gpr target) { op_r(0, false, 0xff, 2, target); }
  void call(const Mem& target) { op_m(0, false, 0xff, 2, target); }
  void jmp(Gpr target) { op_r(0, false, 0xff, 4, target); }
  void jmp(const Mem& target) { op_m(0, false, 0xff, 4, target); }
  void ret() { emit8(0xc3); }
  void ud2() { emit16(0x0b0f); }
  void int3() { emit8(0xcc); }

  // Moves.
  void push(Gpr reg) { push_pop(0x50, reg); }
  void pop(Gpr reg) { push_pop(0x58, reg); }
  void push(const Mem& mem) { op_m(0, false, 0xff, 6, mem); }
  void mov(Width width, Gpr dst, Gpr src) { alu_rr(width, 0x88, dst, src); }
  void mov(Width width, Gpr dst, const Mem& src) { alu_rm(width, 0x8a, dst, src); }
  void mov(Width width, const Mem& dst, Gpr src) { alu_rm(width, 0x88, src, dst); }
  /// Stores `value`, sign-extended to 64 bits where the width asks for it.
  void mov(Width width, const Mem& dst, int32_t value);
  /// The shortest way to put `value` into all 64 bits. Zero changes the flags, unless they are to be kept.
  void mov_imm(Gpr dst, uint64_t value, bool keep_flags = false);
  /// Zero-extends from 8 or 16 bits to 64.
  void movzx(Width from, Gpr dst, Gpr src) { extend(from, Width::W32, 0xb6, dst, src); }
  void movzx(Width from, Gpr dst, const Mem& src) { extend(from, Width::W32, 0xb6, dst, src); }
  /// Sign-extends from 8, 16 or 32 bits to 32 (upper half zero) or 64.
  void movsx(Width from, Width to, Gpr dst, Gpr src) { extend(from, to, 0xbe, dst, src); }
  void movsx(Width from, Width to, Gpr dst, const Mem& src) { extend(from, to, 0xbe, dst, src); }
  void lea(Width width, Gpr dst, const Mem& src) { op_rm(0, width == Width::W64, 0x8d, encoding(dst), src); }
  void xchg(Width width, Gpr a, Gpr b) { alu_rr(width, 0x86, a, b); }
  /// Locked, as every exchange with memory.
  void xchg(Width width, const Mem& mem, Gpr reg) { alu_rm(width, 0x86, reg, mem); }
  /// Adds `reg` to memory and puts what was there into `reg`.
  void lock_xadd(Width width, const Mem& mem, Gpr reg) { lock_0f(width, 0xc0, mem, reg); }
  /// Writes `reg` if memory equals rax; rax becomes what was there. The zero flag says whether it was written.
  void lock_cmpxchg(Width width, const Mem& mem, Gpr reg) { lock_0f(width, 0xb0, mem, reg); }
  void mfence() {
    emit16(0xae0f);
    emit8(0xf0);
  }
  void cmov(Condition condition, Width width, Gpr dst, Gpr src) {
    op_0f_rr(0, width == Width::W64, 0x40 | static_cast<uint8_t>(condition), encoding(dst), encoding(src));
  }
  void cmov(Condition condition, Width width, Gpr dst, const Mem& src) {
    op_0f_rm(0, width == Width::W64, 0x40 | static_cast<uint8_t>(condition), encoding(dst), src);
  }
  /// Sets the low byte only.
  void setcc(Condition condition, Gpr dst) {
    op_0f_rr(0, false, 0x90 | static_cast<uint8_t>(condition), 0, encoding(dst), encoding(dst) >= 4);
  }
  void cdq() { emit8(0x99); }
  void cqo() { emit16(0x9948); }

  // Integer arithmetic.
#define ALU(name, digit)                                  \
  void name(Width width, Gpr dst, Gpr src) {              \
    alu_rr(width, (digit) << 3, dst, src);                \
  }                                                       \
  void name(Width width, Gpr dst, const Mem& src) {       \
    alu_rm(width, (digit) << 3 | 2, dst, src);            \
  }                                                       \
  void name(Width width, const Mem& dst, Gpr src) {       \
    alu_rm(width, (digit) << 3, src, dst);                \
  }                                                       \
  void name(Width width, Gpr dst, int32_t value) {        \
    alu_ri(width, digit, dst, value);                     \
  }                                                       \
  void name(Width width, const Mem& dst, int32_t value) { \
    alu_mi(width, digit, dst, value);                     \
  }
  ALU(add, 0)
  ALU(or_, 1)
  ALU(adc, 2)
  ALU(sbb, 3)
  ALU(and_, 4)
  ALU(sub, 5)
  ALU(xor_, 6)
  ALU(cmp, 7)
#undef ALU
  void test(Width width, Gpr a, Gpr b) {
    alu_rr(width, 0x84, a, b);
  }
  void test(Width width, const Mem& a, Gpr b) {
    alu_rm(width, 0x84, b, a);
  }
  void test(Width width, Gpr a, int32_t value);
  void test(Width width, const Mem& a, int32_t value);

  void imul(Width width, Gpr dst, Gpr src) {
    op_0f_rr(0, width == Width::W64, 0xaf, encoding(dst), encoding(src));
  }
  void imul(Width width, Gpr dst, const Mem& src) {
    op_0f_rm(0, width == Width::W64, 0xaf, encoding(dst), src);
  }
  void imul(Width width, Gpr dst, Gpr src, int32_t value);
  void imul(Width width, Gpr dst, const Mem& src, int32_t value);

#define UNARY(name, digit)                 \
  void name(Width width, Gpr reg) {        \
    unary(width, digit, reg);              \
  }                                        \
  void name(Width width, const Mem& mem) { \
    unary(width, digit, mem);              \
  }
  UNARY(not_, 2)
  UNARY(neg, 3)
  UNARY(mul, 4)   // rdx:rax = rax * operand
  UNARY(imul, 5)  // the same, signed
  UNARY(div, 6)   // rax = rdx:rax / operand, rdx the remainder
  UNARY(idiv, 7)
#undef UNARY

#define SHIFT(name, digit)                                                                         \
  void name(Width width, Gpr reg, uint8_t count) {                                                 \
    shift(width, digit, reg, count);                                                               \
  }                                                                                                \
  void name##_cl(Width width, Gpr reg) {                                                           \
    op_r(width == Width::W16 ? 0x66 : 0, width == Width::W64, shift_code(width, 0xd2), digit, reg, \
         width == Width::W8);                                                                      \
  }
  SHIFT(rol, 0)
  SHIFT(ror, 1)
  SHIFT(shl, 4)
  SHIFT(shr, 5)
  SHIFT(sar, 7)
#undef SHIFT

#define COUNT(name, prefix, code)                                              \
  void name(Width width, Gpr dst, Gpr src) {                                   \
    op_0f_rr(prefix, width == Width::W64, code, encoding(dst), encoding(src)); \
  }                                                                            \
  void name(Width width, Gpr dst, const Mem& src) {                            \
    op_0f_rm(prefix, width == Width::W64, code, encoding(dst), src);           \
  }
  COUNT(popcnt, 0xf3, 0xb8)
  COUNT(lzcnt, 0xf3, 0xbd)
  COUNT(tzcnt, 0xf3, 0xbc)
  COUNT(bsr, 0, 0xbd)
  COUNT(bsf, 0, 0xbc)
#undef COUNT

  // BMI1 and BMI2.
  void andn(Width width, Gpr dst, Gpr inverted, Gpr src) {
    bmi_rr(0, 2, 0xf2, width, encoding(dst), encoding(inverted), encoding(src));
  }
  void blsr(Width width, Gpr dst, Gpr src) {
    bmi_rr(0, 2, 0xf3, width, 1, encoding(dst), encoding(src));
  }
  void shlx(Width width, Gpr dst, Gpr src, Gpr count) {
    bmi_rr(0x66, 2, 0xf7, width, encoding(dst), encoding(count), encoding(src));
  }
  void sarx(Width width, Gpr dst, Gpr src, Gpr count) {
    bmi_rr(0xf3, 2, 0xf7, width, encoding(dst), encoding(count), encoding(src));
  }
  void shrx(Width width, Gpr dst, Gpr src, Gpr count) {
    bmi_rr(0xf2, 2, 0xf7, width, encoding(dst), encoding(count), encoding(src));
  }
  void shlx(Width width, Gpr dst, const Mem& src, Gpr count) {
    bmi_rm(0x66, 2, 0xf7, width, encoding(dst), encoding(count), src);
  }
  void sarx(Width width, Gpr dst, const Mem& src, Gpr count) {
    bmi_rm(0xf3, 2, 0xf7, width, encoding(dst), encoding(count), src);
  }
  void shrx(Width width, Gpr dst, const Mem& src, Gpr count) {
    bmi_rm(0xf2, 2, 0xf7, width, encoding(dst), encoding(count), src);
  }
  void rorx(Width width, Gpr dst, Gpr src, uint8_t count) {
    bmi_rr(0xf2, 3, 0xf0, width, encoding(dst), 0, encoding(src));
    emit8(count);
  }

  // Vectors and floats: VEX when the processor has AVX, else SSE.
  /// dst = op(a, b). Without AVX: a move first when `dst` is not `a`; if `dst` is `b` and the operands cannot be
  /// exchanged, `b` goes through kScratchXmm, so `dst` must not be that.
  void sse(Sse op, Xmm dst, Xmm a, Xmm b);
  /// The same with memory, which must be 16-byte aligned for packed instructions without AVX.
  void sse(Sse op, Xmm dst, Xmm a, const Mem& b);
  void sse(Sse op, Xmm dst, Xmm a, Xmm b, uint8_t imm);
  void sse(Sse op, Xmm dst, Xmm a, const Mem& b, uint8_t imm);
  /// dst = op(src) for rows with two operands.
  void sse(Sse op, Xmm dst, Xmm src) {
    vector_rr(op, false, encoding(dst), 0, encoding(src));
  }
  void sse(Sse op, Xmm dst, const Mem& src) {
    vector_rm(op, false, encoding(dst), 0, src);
  }
  void sse_imm(Sse op, Xmm dst, Xmm src, uint8_t imm) {
    vector_rr(op, false, encoding(dst), 0, encoding(src));
    emit8(imm);
  }
  void sse_imm(Sse op, Xmm dst, const Mem& src, uint8_t imm) {
    vector_rm(op, false, encoding(dst), 0, src, 1);
    emit8(imm);
  }
  /// dst = src shifted by `count` bits (psrldq, pslldq: bytes).
  void sse(SseShift op, Xmm dst, Xmm src, uint8_t count);
  /// dst = b where the sign bit of `mask`'s byte is set, else a. Without AVX: mask is xmm0 and dst is neither mask nor
  /// b.
  void pblendvb(Xmm dst, Xmm a, Xmm b, Xmm mask) {
    blendv(0x10, 0x4c, dst, a, b, mask);
  }
  void blendvps(Xmm dst, Xmm a, Xmm b, Xmm mask) {
    blendv(0x14, 0x4a, dst, a, b, mask);
  }
  void blendvpd(Xmm dst, Xmm a, Xmm b, Xmm mask) {
    blendv(0x15, 0x4b, dst, a, b, mask);
  }

  /// Copies the whole register; nothing when they are the same.
  void movaps(Xmm dst, Xmm src);
  void movups(Xmm dst, const Mem& src) {
    sse(Sse::movups, dst, src);
  }
  void movups(const Mem& dst, Xmm src) {
    vector_rm(op(0, 1, 0x11), false, encoding(src), 0, dst);
  }
  void movaps(Xmm dst, const Mem& src) {
    sse(Sse::movaps, dst, src);
  }
  void movaps(const Mem& dst, Xmm src) {
    vector_rm(op(0, 1, 0x29), false, encoding(src), 0, dst);
  }
  /// Loads zero the rest of the register.
  void movss(Xmm dst, const Mem& src) {
    vector_rm(op(0xf3, 1, 0x10), false, encoding(dst), 0, src);
  }
  void movss(const Mem& dst, Xmm src) {
    vector_rm(op(0xf3, 1, 0x11), false, encoding(src), 0, dst);
  }
  void movsd(Xmm dst, const Mem& src) {
    vector_rm(op(0xf2, 1, 0x10), false, encoding(dst), 0, src);
  }
  void movsd(const Mem& dst, Xmm src) {
    vector_rm(op(0xf2, 1, 0x11), false, encoding(src), 0, dst);
  }
  void movhps(const Mem& dst, Xmm src) {
    vector_rm(op(0, 1, 0x17), false, encoding(src), 0, dst);
  }
  /// Replaces one half of `a` by 8 bytes of memory.
  void movhps(Xmm dst, Xmm a, const Mem& src) {
    sse(static_cast<Sse>(op(0, 1, 0x16)), dst, a, src);
  }
  void movlps(Xmm dst, Xmm a, const Mem& src) {
    sse(static_cast<Sse>(op(0, 1, 0x12)), dst, a, src);
  }
  /// 32 or 64 bits between kinds of registers; into a vector the rest becomes zero.
  void movd(Width width, Xmm dst, Gpr src) {
    vector_rr(op(0x66, 1, 0x6e), width == Width::W64, encoding(dst), 0, encoding(src));
  }
  void movd(Width width, Gpr dst, Xmm src) {
    vector_rr(op(0x66, 1, 0x7e), width == Width::W64, encoding(src), 0, encoding(dst));
  }
  void zero(Xmm dst) {
    sse(Sse::xorps, dst, dst, dst);
  }

  /// The upper lanes of the result are those of `upper`.
  void cvtsi2ss(Width from, Xmm dst, Xmm upper, Gpr src) {
    cvtsi2(0xf3, from, dst, upper, src);
  }
  void cvtsi2sd(Width from, Xmm dst, Xmm upper, Gpr src) {
    cvtsi2(0xf2, from, dst, upper, src);
  }
  void cvttss2si(Width to, Gpr dst, Xmm src) {
    vector_rr(op(0xf3, 1, 0x2c), to == Width::W64, encoding(dst), 0, encoding(src));
  }
  void cvttsd2si(Width to, Gpr dst, Xmm src) {
    vector_rr(op(0xf2, 1, 0x2c), to == Width::W64, encoding(dst), 0, encoding(src));
  }

  void pmovmskb(Gpr dst, Xmm src) {
    vector_rr(op(0x66, 1, 0xd7), false, encoding(dst), 0, encoding(src));
  }
  void movmskps(Gpr dst, Xmm src) {
    vector_rr(op(0, 1, 0x50), false, encoding(dst), 0, encoding(src));
  }
  void movmskpd(Gpr dst, Xmm src) {
    vector_rr(op(0x66, 1, 0x50), false, encoding(dst), 0, encoding(src));
  }

  /// dst = a with lane `lane` of `width` bits replaced.
  void pinsr(Width width, Xmm dst, Xmm a, Gpr src, uint8_t lane);
  void pinsr(Width width, Xmm dst, Xmm a, const Mem& src, uint8_t lane);
  /// Zero-extends the lane to 64 bits.
  void pextr(Width width, Gpr dst, Xmm src, uint8_t lane);
  void pextr(Width width, const Mem& dst, Xmm src, uint8_t lane);

 private:
  // Kinds of a label's use: bytes between the field and the instruction's end, or kAbsolute for an offset32.
  static constexpr uint32_t kAbsolute = 7;

  static constexpr uint32_t op(uint32_t prefix, uint32_t map, uint32_t code) {
    return code | map << 8 | prefix << 16;
  }

  template <class T>
  void emit_raw(T value) {
    std::memcpy(pos_, &value, sizeof(T));
    pos_ += sizeof(T);
  }
  uint32_t emit_zero32() {
    const uint32_t at = offset();
    emit32(0);
    return at;
  }
  void grow(size_t bytes = kReservedBytes);
  void emit_use(Label& label, uint32_t kind);
  void patch_use(uint32_t field, uint32_t kind, uint32_t target) {
    patch32(field, kind == kAbsolute ? target : target - (field + 4 + kind));
  }

  void emit_rex(bool wide, uint32_t reg, uint32_t index, uint32_t base, bool force) {
    const uint32_t rex = 0x40u | uint32_t{wide} << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
    *pos_ = static_cast<uint8_t>(rex);
    pos_ += rex != 0x40 || force;
  }
  void emit_prefix(uint8_t prefix) {
    *pos_ = prefix;
    pos_ += prefix != 0;
  }
  void emit_modrm(uint32_t mod, uint32_t reg, uint32_t rm) {
    *pos_++ = static_cast<uint8_t>(mod << 6 | (reg & 7) << 3 | (rm & 7));
  }
  /// `trailing`: bytes of immediates after the operand, which rip-relative distances count from behind.
  void emit_mem(uint32_t reg, const Mem& mem, uint32_t trailing);
  static uint32_t index_bits(const Mem& mem) {
    return mem.kind == Mem::Kind::BaseIndex || mem.kind == Mem::Kind::Index ? encoding(mem.index) : 0;
  }
  static uint32_t base_bits(const Mem& mem) {
    return mem.kind == Mem::Kind::Base || mem.kind == Mem::Kind::BaseIndex ? encoding(mem.base) : 0;
  }

  // One-byte opcodes.
  void op_rr(uint8_t prefix, bool wide, uint8_t code, uint32_t reg, uint32_t rm, bool force_rex = false) {
    emit_prefix(prefix);
    emit_rex(wide, reg, 0, rm, force_rex);
    emit8(code);
    emit_modrm(3, reg, rm);
  }
  void op_rm(uint8_t prefix, bool wide, uint8_t code, uint32_t reg, const Mem& mem, uint32_t trailing = 0,
             bool force_rex = false) {
    emit_prefix(prefix);
    emit_rex(wide, reg, index_bits(mem), base_bits(mem), force_rex);
    emit8(code);
    emit_mem(reg, mem, trailing);
  }
  void op_r(uint8_t prefix, bool wide, uint8_t code, uint32_t digit, Gpr rm, bool byte = false) {
    op_rr(prefix, wide, code, digit, encoding(rm), byte && encoding(rm) >= 4);
  }
  void op_m(uint8_t prefix, bool wide, uint8_t code, uint32_t digit, const Mem& mem, uint32_t trailing = 0) {
    op_rm(prefix, wide, code, digit, mem, trailing);
  }
  // Opcodes after 0F.
  void op_0f_rr(uint8_t prefix, bool wide, uint8_t code, uint32_t reg, uint32_t rm, bool force_rex = false) {
    emit_prefix(prefix);
    emit_rex(wide, reg, 0, rm, force_rex);
    emit8(0x0f);
    emit8(code);
    emit_modrm(3, reg, rm);
  }
  void op_0f_rm(uint8_t prefix, bool wide, uint8_t code, uint32_t reg, const Mem& mem, uint32_t trailing = 0,
                bool force_rex = false) {
    emit_prefix(prefix);
    emit_rex(wide, reg, index_bits(mem), base_bits(mem), force_rex);
    emit8(0x0f);
    emit8(code);
    emit_mem(reg, mem, trailing);
  }

  void lock_0f(Width width, uint8_t code, const Mem& mem, Gpr reg) {
    emit_prefix(width == Width::W16 ? 0x66 : 0);
    op_0f_rm(0xf0, width == Width::W64, code | (width != Width::W8), encoding(reg), mem, 0,
             width == Width::W8 && encoding(reg) >= 4);
  }

  /// `code` is that of 8 bits; the next is that of the other widths.
  void alu_rr(Width width, uint8_t code, Gpr rm, Gpr reg) {
    op_rr(width == Width::W16 ? 0x66 : 0, width == Width::W64, code | (width != Width::W8), encoding(reg), encoding(rm),
          width == Width::W8 && (encoding(reg) >= 4 || encoding(rm) >= 4));
  }
  void alu_rm(Width width, uint8_t code, Gpr reg, const Mem& mem) {
    op_rm(width == Width::W16 ? 0x66 : 0, width == Width::W64, code | (width != Width::W8), encoding(reg), mem, 0,
          width == Width::W8 && encoding(reg) >= 4);
  }
  void alu_ri(Width width, uint8_t digit, Gpr dst, int32_t value);
  void alu_mi(Width width, uint8_t digit, const Mem& dst, int32_t value);
  void emit_imm(Width width, int32_t value);
  void push_pop(uint8_t code, Gpr reg) {
    emit_rex(false, 0, 0, encoding(reg), false);
    emit8(code | (encoding(reg) & 7));
  }
  void unary(Width width, uint32_t digit, Gpr reg) {
    op_r(width == Width::W16 ? 0x66 : 0, width == Width::W64, shift_code(width, 0xf6), digit, reg, width == Width::W8);
  }
  void unary(Width width, uint32_t digit, const Mem& mem) {
    op_m(width == Width::W16 ? 0x66 : 0, width == Width::W64, shift_code(width, 0xf6), digit, mem);
  }
  static constexpr uint8_t shift_code(Width width, uint8_t byte_code) {
    return static_cast<uint8_t>(byte_code | (width != Width::W8));
  }
  void shift(Width width, uint32_t digit, Gpr reg, uint8_t count);
  void extend(Width from, Width to, uint8_t code, Gpr dst, Gpr src);
  void extend(Width from, Width to, uint8_t code, Gpr dst, const Mem& src);

  // VEX and SSE. `op` is an encoding as in Sse.
  void emit_vex(uint32_t op, bool wide, uint32_t reg, uint32_t source, uint32_t index, uint32_t base);
  void emit_sse(uint32_t op, bool wide, uint32_t reg, uint32_t index, uint32_t base);
  /// In SSE form `source` is not encoded.
  void vector_rr(uint32_t op, bool wide, uint32_t reg, uint32_t source, uint32_t rm);
  void vector_rm(uint32_t op, bool wide, uint32_t reg, uint32_t source, const Mem& mem, uint32_t trailing = 0);
  void vector_rr(Sse op, bool wide, uint32_t reg, uint32_t source, uint32_t rm) {
    vector_rr(static_cast<uint32_t>(op), wide, reg, source, rm);
  }
  void vector_rm(Sse op, bool wide, uint32_t reg, uint32_t source, const Mem& mem, uint32_t trailing = 0) {
    vector_rm(static_cast<uint32_t>(op), wide, reg, source, mem, trailing);
  }
  void bmi_rr(uint32_t prefix, uint32_t map, uint32_t code, Width width, uint32_t reg, uint32_t source, uint32_t rm);
  void bmi_rm(uint32_t prefix, uint32_t map, uint32_t code, Width width, uint32_t reg, uint32_t source, const Mem& mem);
  void blendv(uint32_t sse_code, uint32_t vex_code, Xmm dst, Xmm a, Xmm b, Xmm mask);
  void cvtsi2(uint32_t prefix, Width from, Xmm dst, Xmm upper, Gpr src);

  std::unique_ptr<uint8_t[]> begin_;
  uint8_t* pos_ = nullptr;
  uint8_t* limit_ = nullptr;
  bool avx_;
};

}  // namespace wasmrun::baseline::x64
