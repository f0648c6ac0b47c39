// Names, frames and lines for gdb. Visible: make_symbol_file, register_symbol_file.
#pragma once

#include "engine/symbols/symbols.h"

namespace wasmrun::symbols {

/// An ELF file that describes the code: symbols, how frames are laid out (rbp always; calling_convention.h), and DWARF 4 with functions
/// and lines.
std::vector<uint8_t> make_symbol_file(const CodeSymbols& code);

/// Shows the file to a debugger that is attached now or later, for as long as the process lives. Thread-safe.
/// Source: gdb's manual, "JIT Compilation Interface"
void register_symbol_file(std::vector<uint8_t> file);

}  // namespace wasmrun::symbols
