// Encodings against those of llvm-mc, labels, and the buffer.
#include "engine/baseline/x64/assembler.h"

#include <string>

#include "tests/support/catch.h"

using namespace wasmrun::baseline::x64;

namespace {

std::string hex(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

/// What `emit(assembler)` writes.
template <class F>
std::string bytes_of(bool avx, F emit) {
  Assembler assembler(avx);
  emit(assembler);
  return hex(assembler.code());
}

enum class Kind { Two, TwoImm, Three, ThreeImm };

/// Emits row `op` of sse.def with xmm12, xmm13, xmm9; without AVX the first source must be the destination.
std::string registers_form(bool avx, Sse op, Kind kind) {
  using enum Xmm;
  const Xmm a = avx ? xmm13 : xmm12;
  return bytes_of(avx, [&](Assembler& assembler) {
    switch (kind) {
      case Kind::Two: return assembler.sse(op, xmm12, xmm9);
      case Kind::TwoImm: return assembler.sse_imm(op, xmm12, xmm9, 5);
      case Kind::Three: return assembler.sse(op, xmm12, a, xmm9);
      case Kind::ThreeImm: return assembler.sse(op, xmm12, a, xmm9, 5);
    }
  });
}

std::string memory_form(bool avx, Sse op, Kind kind) {
  using enum Xmm;
  const Xmm a = avx ? xmm11 : xmm10;
  const Mem mem(Gpr::r13, Gpr::r12, 2, 64);
  return bytes_of(avx, [&](Assembler& assembler) {
    switch (kind) {
      case Kind::Two: return assembler.sse(op, xmm10, mem);
      case Kind::TwoImm: return assembler.sse_imm(op, xmm10, mem, 5);
      case Kind::Three: return assembler.sse(op, xmm10, a, mem);
      case Kind::ThreeImm: return assembler.sse(op, xmm10, a, mem, 5);
    }
  });
}

}  // namespace

TEST_CASE("integer instructions are encoded as llvm-mc does", "[baseline][assembler]") {
  using enum Gpr;
  using enum Width;
#define ENCODING(text, bytes, call)                                               \
  {                                                                               \
    INFO(text);                                                                   \
    CHECK(bytes_of(true, [](Assembler& assembler) { assembler.call; }) == bytes); \
  }
#include "tests/baseline/integer_encodings.def"
#undef ENCODING
}

TEST_CASE("vector instructions with other operands are encoded as llvm-mc does", "[baseline][assembler]") {
  using enum Gpr;
  using enum Xmm;
  using enum Width;
#define ENCODING(text, sse_bytes, avx_bytes, call)                                     \
  {                                                                                    \
    INFO(text);                                                                        \
    CHECK(bytes_of(false, [](Assembler& assembler) { assembler.call; }) == sse_bytes); \
    CHECK(bytes_of(true, [](Assembler& assembler) { assembler.call; }) == avx_bytes);  \
  }
#include "tests/baseline/vector_encodings.def"
#undef ENCODING
}

TEST_CASE("rows of sse.def are encoded as llvm-mc does", "[baseline][assembler]") {
  const auto check = [](const char* name, const std::string& expected, const std::string& actual) {
    INFO(name);
    if (!expected.empty()) CHECK(actual == expected);
  };
#define ENCODING(name, kind, sse_registers, sse_memory, avx_registers, avx_memory)   \
  check(#name " sse", sse_registers, registers_form(false, Sse::name, Kind::kind));  \
  check(#name " sse memory", sse_memory, memory_form(false, Sse::name, Kind::kind)); \
  check(#name " avx", avx_registers, registers_form(true, Sse::name, Kind::kind));   \
  check(#name " avx memory", avx_memory, memory_form(true, Sse::name, Kind::kind));
#include "tests/baseline/sse_encodings.def"
#undef ENCODING
}

TEST_CASE("three-operand vector instructions are split where the processor has only two", "[baseline][assembler]") {
  using enum Xmm;
  // Each register combination against the same instructions written out.
  CHECK(bytes_of(false, [](Assembler& a) { a.sse(Sse::psubb, xmm1, xmm2, xmm3); }) ==
        bytes_of(false, [](Assembler& a) { a.movaps(xmm1, xmm2), a.sse(Sse::psubb, xmm1, xmm1, xmm3); }));
  CHECK(bytes_of(false, [](Assembler& a) { a.sse(Sse::paddb, xmm1, xmm2, xmm1); }) ==
        bytes_of(false, [](Assembler& a) { a.sse(Sse::paddb, xmm1, xmm1, xmm2); }));
  CHECK(bytes_of(false, [](Assembler& a) { a.sse(Sse::psubb, xmm1, xmm2, xmm1); }) == bytes_of(false, [](Assembler& a) {
          a.movaps(xmm15, xmm1), a.movaps(xmm1, xmm2), a.sse(Sse::psubb, xmm1, xmm1, xmm15);
        }));
  // With AVX, operands that may be exchanged stand in the order of the shorter encoding.
  CHECK(bytes_of(true, [](Assembler& a) { a.sse(Sse::paddb, xmm1, xmm2, xmm9); }) ==
        bytes_of(true, [](Assembler& a) { a.sse(Sse::paddb, xmm1, xmm9, xmm2); }));
  CHECK(bytes_of(false, [](Assembler& a) { a.sse(SseShift::psllw, xmm1, xmm2, 3); }) ==
        bytes_of(false, [](Assembler& a) { a.movaps(xmm1, xmm2), a.sse(SseShift::psllw, xmm1, xmm1, 3); }));
}

TEST_CASE("jumps to bound labels are short when they can be", "[baseline][assembler]") {
  Assembler a(false);
  Label label;
  a.bind(label);
  a.nop(1);
  a.jmp(label);
  a.jcc(Condition::g, label);
  CHECK(hex(a.code()) == "90ebfd7ffb");
  a.nop(122);
  const uint32_t before = a.offset();
  a.jmp(label);
  CHECK(hex(a.code().subspan(before)) == "e97cffffff");
}

TEST_CASE("a label knows all uses made before it is bound", "[baseline][assembler]") {
  Assembler a(false);
  Label label;
  CHECK_FALSE(label.is_used());
  a.jmp(label);                                           // 0: e9, field at 1
  a.jcc(Condition::ne, label);                            // 5: 0f 85, field at 7
  a.lea(Width::W64, Gpr::r9, Mem::rip(label));            // 11: 4c 8d 0d, field at 14
  a.cmp(Width::W32, Mem::rip(label), 1000);               // 18: 81 3d, field at 20, 4 bytes more
  a.sse_imm(Sse::pshufd, Xmm::xmm1, Mem::rip(label), 7);  // 28: 66 0f 70 0d, field at 32, 1 byte more
  a.emit_offset32(label);                                 // 37
  CHECK(label.is_used());
  CHECK_FALSE(label.is_bound());
  a.bind(label);
  REQUIRE(label.offset() == 41);
  CHECK(a.read32(1) == 41 - 5);
  CHECK(a.read32(7) == 41 - 11);
  CHECK(a.read32(14) == 41 - 18);
  CHECK(a.read32(20) == 41 - 28);
  CHECK(a.read32(32) == 41 - 37);
  CHECK(a.read32(37) == 41);
  a.test(Width::W8, Mem::rip(label), 1);  // a use after it is bound: f6 05, field at 43, 1 byte more
  CHECK(a.read32(43) == static_cast<uint32_t>(41 - 48));
}

TEST_CASE("a short label reaches forward", "[baseline][assembler]") {
  Assembler a(false);
  ShortLabel label = a.jcc_short(Condition::p);
  ShortLabel other = a.jmp_short();
  a.nop(100);
  a.bind(other);
  a.bind(label);
  CHECK(hex(a.code().subspan(0, 4)) == "7a66eb64");
}

TEST_CASE("the buffer grows and keeps its bytes", "[baseline][assembler]") {
  Assembler a(false);
  Label end;
  a.jmp(end);
  for (int i = 0; i < 1000; ++i) {
    a.reserve();
    a.nop(Assembler::kReservedBytes);
  }
  a.bind(end);
  CHECK(end.offset() == 5 + 1000 * Assembler::kReservedBytes);
  CHECK(a.read32(1) == 1000 * Assembler::kReservedBytes);
  a.clear();
  CHECK(a.code().empty());
}

TEST_CASE("nops have the asked size", "[baseline][assembler]") {
  for (uint32_t bytes = 0; bytes < 40; ++bytes) {
    Assembler a(false);
    a.nop(bytes);
    CHECK(a.offset() == bytes);
  }
  Assembler a(false);
  a.emit8(0xc3);
  a.align_code(16);
  CHECK(a.offset() == 16);
  a.emit8(0xc3);
  a.align_data(8);
  CHECK(hex(a.code().subspan(16)) == "c3cccccccccccccc");
}

TEST_CASE("sets of registers", "[baseline][assembler]") {
  GprSet set{Gpr::rax, Gpr::r15, Gpr::rbx};
  CHECK(set.count() == 3);
  CHECK(set.first() == Gpr::rax);
  set.erase(Gpr::rax);
  CHECK(set.first() == Gpr::rbx);
  CHECK((set - GprSet{Gpr::rbx}) == GprSet{Gpr::r15});
  CHECK((set & GprSet{Gpr::rbx, Gpr::rcx}) == GprSet{Gpr::rbx});
  int members = 0;
  for (const Gpr reg : set) members += set.contains(reg);
  CHECK(members == 2);
}
