// The operands and results of each OP row, parsed at compile time; a misspelled type does not compile.
// Visible: SigType, Signature, signature.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

#include "engine/instructions/visit.h"

namespace wasmrun::instructions {

/// A type in a signature of opcodes.def. `Addr` is the address type of the memory that the immediate names.
enum class SigType : uint8_t { I32, I64, F32, F64, V128, Addr, EqRef, ArrayRef, I31Ref };

/// What an instruction pops and pushes; the last operand is on top. spec: appendix, index of instructions
struct Signature {
  std::array<SigType, 4> operands{};
  std::array<SigType, 2> results{};
  uint8_t operand_count = 0;
  uint8_t result_count = 0;
  /// False for OP_RULE rows: their operands depend on immediates or on the stack.
  bool is_fixed = false;

  constexpr std::span<const SigType> operand_types() const { return {operands.data(), operand_count}; }
  constexpr std::span<const SigType> result_types() const { return {results.data(), result_count}; }
};

namespace detail {

/// Not constexpr: reaching it while a signature is parsed ends the compilation, and the compiler names the reason.
void bad_signature(const char* reason);

constexpr SigType parse_sig_type(std::string_view word) {
  if (word == "i32") return SigType::I32;
  if (word == "i64") return SigType::I64;
  if (word == "f32") return SigType::F32;
  if (word == "f64") return SigType::F64;
  if (word == "v128") return SigType::V128;
  if (word == "addr") return SigType::Addr;
  if (word == "eqref") return SigType::EqRef;
  if (word == "arrayref") return SigType::ArrayRef;
  if (word == "i31ref") return SigType::I31Ref;
  bad_signature("not a type");
  return SigType::I32;
}

constexpr Signature parse_signature(std::string_view text) {
  Signature signature;
  if (text.empty()) return signature;
  signature.is_fixed = true;
  bool after_arrow = false;
  while (!text.empty()) {
    const size_t length = text.find(' ') == std::string_view::npos ? text.size() : text.find(' ');
    const std::string_view word = text.substr(0, length);
    text.remove_prefix(length == text.size() ? length : length + 1);
    if (word == "->") {
      if (after_arrow) bad_signature("two arrows");
      after_arrow = true;
    } else if (after_arrow) {
      if (signature.result_count == signature.results.size()) bad_signature("too many results");
      signature.results[signature.result_count++] = parse_sig_type(word);
    } else {
      if (signature.operand_count == signature.operands.size()) bad_signature("too many operands");
      signature.operands[signature.operand_count++] = parse_sig_type(word);
    }
  }
  if (!after_arrow) bad_signature("no arrow");
  return signature;
}

consteval auto parse_signatures() {
  std::array<Signature, std::size(kOpcodes)> signatures;
  for (size_t i = 0; i < signatures.size(); ++i) signatures[i] = parse_signature(kOpcodes[i].signature);
  return signatures;
}

}  // namespace detail

inline constexpr auto kSignatures = detail::parse_signatures();

constexpr const Signature& signature(Opcode opcode) {
  return kSignatures[static_cast<size_t>(opcode)];
}

}  // namespace wasmrun::instructions
