// The only decoder of function bodies and constant expressions. Visible: Opcode, visit_instruction, opcode_info.
#pragma once

#include <concepts>
#include <cstdint>
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

/// Reads one instruction and calls `visitor.name(imm)`, or `visitor.name()` where the immediate is None, of its row.
/// A handler returns void, or false to stop. Returns false when a handler did, or the reader failed; an opcode that no row
/// has fails the reader with "illegal opcode". A visitor without a handler for some row does not compile.
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
  if (key >= 0xfb && key <= 0xfd) {
    const uint32_t code = reader.read_u32();
    key = code < 0x10000 ? key << 16 | code : 0xff0000;
  }
  if (reader.failed()) return false;
  switch (key) {
#include "engine/instructions/opcodes.def"
    default:
      reader.fail("illegal opcode", start);
      return false;
  }
#undef OP
#undef OP_RULE
#undef VISIT
}

}  // namespace wasmrun::instructions
