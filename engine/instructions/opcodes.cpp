// Holds opcodes.def to its own rules at compile time. Visible: nothing.
#include "engine/instructions/signature.h"

namespace wasmrun::instructions {
namespace {

consteval bool is_sorted_without_repeats() {
  for (size_t i = 1; i < std::size(kOpcodes); ++i) {
    const OpcodeInfo& before = kOpcodes[i - 1];
    const OpcodeInfo& row = kOpcodes[i];
    if (row.prefix < before.prefix) return false;
    if (row.prefix == before.prefix && row.code <= before.code) return false;
  }
  return true;
}
static_assert(is_sorted_without_repeats(), "opcodes.def: a row is out of order or repeats an opcode");

consteval bool has_decodable_codes() {
  for (const OpcodeInfo& row : kOpcodes) {
    const bool is_prefix = row.code >= 0xfb && row.code <= 0xfe;
    if (row.prefix == 0 ? row.code > 0xff || is_prefix : row.prefix < 0xfb || row.prefix > 0xfe || row.code >= 0xffff)
      return false;
  }
  return true;
}
static_assert(has_decodable_codes(), "opcodes.def: visit_instruction cannot reach a row");

// A check of the parser itself, on rows whose meaning is known.
static_assert(signature(Opcode::memory_fill).operand_count == 3 && signature(Opcode::memory_fill).result_count == 0);
static_assert(signature(Opcode::nop).is_fixed && !signature(Opcode::br_if).is_fixed);
static_assert(signature(Opcode::f64_load).operands[0] == SigType::Addr &&
              signature(Opcode::f64_load).results[0] == SigType::F64);

}  // namespace
}  // namespace wasmrun::instructions
