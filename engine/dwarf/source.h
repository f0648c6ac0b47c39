// From code addresses to the lines of the program's source. Visible: SourceFrame, CodeAddress, find_source,
// SourceLines, read_source_lines.
//
// Addresses count from the begin of the code section's contents, as DWARF for WebAssembly has it
// (https://yurydelendik.github.io/webassembly-dwarf). Whatever the sections hold, these functions end soon and read nothing else:
// what is damaged is only not found. Versions 2 to 5, in either width; nothing that lies in other files.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/dwarf/sections.h"

namespace wasmrun::dwarf {

/// One function of the source that was being executed.
struct SourceFrame {
  std::string function;  ///< as the linker knows it (mangled) where that is said, otherwise as the source does; may be empty
  std::string file;      ///< absolute, or relative to the folder where the compiler ran; may be empty
  uint32_t line = 0;     ///< from 1; 0: not known
  uint32_t column = 0;   ///< from 1; 0: not known
};

/// An instruction, and where its function's body begins. Linkers leave entries of functions that they dropped, with addresses inside
/// other functions: of all that covers an address, that counts which begins with the function.
struct CodeAddress {
  uint64_t address = 0;
  uint64_t function_begin = 0;
  auto operator<=>(const CodeAddress&) const = default;
};

/// For each address the functions that its instruction belongs to, innermost first: those that were inlined, and last the one whose
/// code it is. Empty where nothing is known.
std::vector<std::vector<SourceFrame>> find_source(const Sections& sections, std::span<const CodeAddress> addresses);

/// From `begin` up to `end` the code is of this line.
struct SourceLine {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint32_t file = 0;  ///< in SourceLines::files
  uint32_t line = 0;
};

struct SourceFile {
  std::string folder;  ///< where the compiler ran
  std::string name;    ///< absolute, or relative to `folder`
  friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

/// All lines, ordered by address.
struct SourceLines {
  std::vector<SourceFile> files;
  std::vector<SourceLine> lines;
  /// Null where nothing is known.
  const SourceLine* find(uint64_t address) const;
};
/// `function_begins` are those of the module's function bodies, in order.
SourceLines read_source_lines(const Sections& sections, std::span<const uint64_t> function_begins);

}  // namespace wasmrun::dwarf
