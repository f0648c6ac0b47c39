// Decodes instructions without checking them, to tell malformed from invalid bodies. Visible inside validate/:
// find_malformed.
#include "engine/validate/body.h"

namespace wasmrun::validate {

namespace {

/// Counts open blocks; accepts all else that the decoder does.
struct Syntax {
  const module::Module& module;
  uint64_t depth = 1;
  bool data_count_missing = false;

  template <Opcode kOpcode>
  bool visit() {
    switch (kOpcode) {
      case Opcode::block:
      case Opcode::loop:
      case Opcode::if_:
      case Opcode::try_:
      case Opcode::try_table: ++depth; return true;
      case Opcode::end:
      case Opcode::delegate: --depth; return true;
      case Opcode::memory_init:
      case Opcode::data_drop:
      case Opcode::array_new_data:
      case Opcode::array_init_data: data_count_missing = !module.data_count.has_value(); return !data_count_missing;
      default: return true;  // Opcodes that neither open nor close a block: all the other rows.
    }
  }
#define OP(name, ...)              \
  template <class... Immediate>    \
  bool name(const Immediate&...) { \
    return visit<Opcode::name>();  \
  }
#define OP_RULE OP
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
};

}  // namespace

std::optional<Error> find_malformed(const module::Module& module, ByteReader reader) {
  Syntax syntax{module};
  while (syntax.depth > 0) {
    const uint64_t offset = reader.offset();
    if (instructions::visit_instruction(reader, syntax)) continue;
    if (syntax.data_count_missing) return Error{ErrorKind::Malformed, "data count section required", offset};
    return reader_error(module, reader, offset, reader.error_offset() == module.code_section.end);
  }
  if (!reader.at_end())
    return Error{ErrorKind::Malformed, "section size mismatch: bytes after the function's end", reader.offset()};
  return std::nullopt;
}

}  // namespace wasmrun::validate
