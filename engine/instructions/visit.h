// The only decoder of function bodies and constant expressions. Visible: Opcode, visit_instruction, opcode_info.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "engine/instructions/immediates.h"
#include "engine/module/features.h"

namespace wasmrun::instructions {

/// One enumerator a row of opcodes.def, in its order.
enum class Opcode : uint16_t {
#define OP(name, ...) name,
#define OP_RULE(name, ...) name,
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
};

/// A row of opcodes.def as data. `signature` is empty for OP_RULE rows.
struct OpcodeInfo {
  const char* text;
  uint8_t prefix;
  uint32_t code;
  const char* immediate;
  const char* signature;
  module::Feature feature;
};
inline constexpr OpcodeInfo kOpcodes[] = {
#define OP(name, text, prefix, code, immediate, signature, feature) \
  {text, prefix, code, #immediate, signature, module::Feature::feature},
#define OP_RULE(name, text, prefix, code, immediate, feature) \
  {text, prefix, code, #immediate, "", module::Feature::feature},
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
};
inline constexpr const OpcodeInfo& opcode_info(Opcode opcode) { return kOpcodes[static_cast<size_t>(opcode)]; }

namespace detail {
/// A message for each first byte; a reader keeps only a pointer to its message.
inline constexpr auto kIllegalOpcode = [] {
  std::array<std::array<char, 18>, 256> messages{};
  for (size_t byte = 0; byte < 256; ++byte) {
    constexpr std::string_view kText = "illegal opcode ", kDigits = "0123456789abcdef";
    for (size_t i = 0; i < kText.size(); ++i) messages[byte][i] = kText[i];
    messages[byte][kText.size()] = kDigits[byte >> 4];
    messages[byte][kText.size() + 1] = kDigits[byte & 15];
  }
  return messages;
}();
}  // namespace detail

/// Reads one instruction and calls `visitor.name(imm)`, or `visitor.name()` where the immediate is None, of its row.
/// A handler returns void, or false to stop. Returns false when a handler did, or the reader failed; an opcode that no row
/// has fails the reader with "illegal opcode ff" (its first byte). A visitor without a handler for some row does not compile.
/// spec: binary-instr
template <class Reader, class Visitor>
bool visit_instruction(Reader& reader, Visitor& visitor) {
#define VISIT(name, immediate)                                                                                   \
  {                                                                                                              \
    const auto operand = imm::immediate::read(reader);                                                           \
    if (reader.failed()) return false;                                                                           \
    if constexpr (std::is_same_v<imm::immediate, imm::None>) {                                                   \
      if constexpr (std::is_void_v<decltype(visitor.name())>) {                                                  \
        visitor.name();                                                                                          \
        return true;                                                                                             \
      } else {                                                                                                   \
        return visitor.name();                                                                                   \
      }                                                                                                          \
    } else if constexpr (std::is_void_v<decltype(visitor.name(operand))>) {                                      \
      visitor.name(operand);                                                                                     \
      return true;                                                                                               \
    } else {                                                                                                     \
      return visitor.name(operand);                                                                              \
    }                                                                                                            \
  }
#define OP(name, text, prefix, code, immediate, signature, feature) \
  case (prefix << 16) | code: VISIT(name, immediate)
#define OP_RULE(name, text, prefix, code, immediate, feature) \
  case (prefix << 16) | code: VISIT(name, immediate)
  const uint64_t start = reader.offset();
  uint32_t key = reader.read_u8();
  if (key >= 0xfb && key <= 0xfe) {
    const uint32_t code = reader.read_u32();
    key = key << 16 | (code < 0x10000 ? code : 0xffff);
  }
  if (reader.failed()) return false;
  switch (key) {
#include "engine/instructions/opcodes.def"
    default:
      reader.fail(detail::kIllegalOpcode[key >> 16 ? key >> 16 & 0xff : key].data(), start);
      return false;
  }
#undef OP
#undef OP_RULE
#undef VISIT
}

}  // namespace wasmrun::instructions
