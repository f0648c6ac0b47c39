// Passes over code that is not reached. Visible: skip_unreachable.
#pragma once

#include <cstdint>

#include "engine/instructions/visit.h"

namespace wasmrun::instructions {

namespace detail {

/// A visitor that only follows the nesting of blocks.
struct Nesting {
  uint32_t depth = 0;  ///< blocks entered and not left
  uint32_t loops = 0;  ///< all that were entered
#define OP(name, text, prefix, code, immediate, ...) \
  template <class... Immediate>                      \
  void name(const Immediate&...) {}
#define OP_RULE(name, text, prefix, code, immediate, ...)                                    \
  template <class... Immediate>                                                              \
  void name(const Immediate&...) {                                                           \
    constexpr Opcode kOpcode = Opcode::name;                                                 \
    depth += kOpcode == Opcode::block || kOpcode == Opcode::loop || kOpcode == Opcode::if_ || \
             kOpcode == Opcode::try_ || kOpcode == Opcode::try_table;                        \
    loops += kOpcode == Opcode::loop;                                                        \
    depth -= kOpcode == Opcode::end || kOpcode == Opcode::delegate;                          \
  }
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
};

}  // namespace detail

/// Reads up to the `else`, `catch`, `catch_all`, `delegate` or `end` of the block that the reader is in, which is not read, and returns
/// how many loops were passed. The body must be valid.
template <class Reader>
uint32_t skip_unreachable(Reader& reader) {
  constexpr uint8_t kElse = 0x05, kCatch = 0x07, kEnd = 0x0b, kDelegate = 0x18, kCatchAll = 0x19;
  const auto ends_part = [](uint8_t opcode) {
    return opcode == kElse || opcode == kCatch || opcode == kEnd || opcode == kDelegate || opcode == kCatchAll;
  };
  detail::Nesting nesting;
  while (nesting.depth != 0 || !ends_part(reader.peek_u8())) visit_instruction(reader, nesting);
  return nesting.loops;
}

}  // namespace wasmrun::instructions
