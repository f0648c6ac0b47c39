// Names of the machine's registers, and sets of them. Visible: Gpr, Xmm, RegisterSet, GprSet, XmmSet.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>

namespace wasmrun::baseline::x64 {

/// General-purpose registers by their encoding.
enum class Gpr : uint8_t { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 };

/// Vector registers by their encoding.
enum class Xmm : uint8_t {
  xmm0,
  xmm1,
  xmm2,
  xmm3,
  xmm4,
  xmm5,
  xmm6,
  xmm7,
  xmm8,
  xmm9,
  xmm10,
  xmm11,
  xmm12,
  xmm13,
  xmm14,
  xmm15
};

constexpr uint8_t encoding(Gpr reg) {
  return static_cast<uint8_t>(reg);
}
constexpr uint8_t encoding(Xmm reg) {
  return static_cast<uint8_t>(reg);
}

/// A set of registers of one kind, as one bit each.
template <class Register>
class RegisterSet {
 public:
  constexpr RegisterSet() = default;
  constexpr RegisterSet(std::initializer_list<Register> registers) {
    for (const Register reg : registers) insert(reg);
  }
  static constexpr RegisterSet from_bits(uint16_t bits) {
    RegisterSet set;
    set.bits_ = bits;
    return set;
  }

  constexpr uint16_t bits() const { return bits_; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr int count() const { return std::popcount(bits_); }
  constexpr bool contains(Register reg) const { return (bits_ >> encoding(reg)) & 1; }
  constexpr void insert(Register reg) { bits_ = static_cast<uint16_t>(bits_ | 1u << encoding(reg)); }
  constexpr void erase(Register reg) { bits_ = static_cast<uint16_t>(bits_ & ~(1u << encoding(reg))); }
  /// The member of the lowest encoding; the set must not be empty.
  constexpr Register first() const { return static_cast<Register>(std::countr_zero(bits_)); }

  friend constexpr RegisterSet operator|(RegisterSet a, RegisterSet b) {
    return from_bits(static_cast<uint16_t>(a.bits_ | b.bits_));
  }
  friend constexpr RegisterSet operator&(RegisterSet a, RegisterSet b) {
    return from_bits(static_cast<uint16_t>(a.bits_ & b.bits_));
  }
  /// Members of `a` that are not in `b`.
  friend constexpr RegisterSet operator-(RegisterSet a, RegisterSet b) {
    return from_bits(static_cast<uint16_t>(a.bits_ & ~b.bits_));
  }
  friend constexpr bool operator==(RegisterSet, RegisterSet) = default;

  class Iterator {
   public:
    constexpr explicit Iterator(uint16_t rest) : rest_(rest) {}
    constexpr Register operator*() const { return static_cast<Register>(std::countr_zero(rest_)); }
    constexpr Iterator& operator++() {
      rest_ = static_cast<uint16_t>(rest_ & (rest_ - 1));
      return *this;
    }
    friend constexpr bool operator==(Iterator, Iterator) = default;

   private:
    uint16_t rest_;
  };
  constexpr Iterator begin() const { return Iterator(bits_); }
  constexpr Iterator end() const { return Iterator(0); }

 private:
  uint16_t bits_ = 0;
};
using GprSet = RegisterSet<Gpr>;
using XmmSet = RegisterSet<Xmm>;

}  // namespace wasmrun::baseline::x64
