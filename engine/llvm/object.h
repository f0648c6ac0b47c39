// Reads relocatable ELF objects for x86-64, as far as a code generator makes them. Knows nothing of LLVM.
// Visible: Object, LineRow.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace wasmrun::llvm_compiler {

/// One row of a line table: from `address` on, up to the next row, code is of `line`. 0: of no line in particular.
struct LineRow {
  uint16_t section = 0;
  uint64_t address = 0;  ///< within the section
  uint32_t line = 0;
  bool is_end = false;  ///< no code from here on
};

/// An object in memory; the bytes must outlive it.
class Object {
 public:
  struct Section {
    std::string_view name;
    uint32_t type = 0;
    uint64_t flags = 0;
    uint64_t align_bytes = 1;
    std::span<const uint8_t> bytes;  ///< empty for zero-filled sections
    uint64_t size_bytes = 0;
  };
  struct Symbol {
    std::string_view name;
    uint16_t section = 0;  ///< 0: defined elsewhere
    uint64_t value = 0;
    uint64_t size_bytes = 0;
  };
  struct Relocation {
    uint64_t offset = 0;
    uint32_t type = 0;
    uint32_t symbol = 0;
    int64_t addend = 0;
  };

  /// Errors: Io, when the bytes are no such object.
  static Result<Object> read(std::span<const uint8_t> bytes);

  std::vector<Section> sections;
  std::vector<Symbol> symbols;
  /// By section, in the order of their offsets.
  std::vector<std::vector<Relocation>> relocations;

  /// Index of the section of that name; 0 when there is none.
  uint32_t find_section(std::string_view name) const;
  /// The relocation of the field at `offset`; null when it has none.
  const Relocation* find_relocation(uint32_t section, uint64_t offset) const;
  /// The rows of .debug_line, in the order of sections and addresses. Spec: DWARF 5, section 6.2.
  Result<std::vector<LineRow>> line_rows() const;
};

}  // namespace wasmrun::llvm_compiler
