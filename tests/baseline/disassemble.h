// Code as text, for golden files. Visible: disassemble, has_disassembler.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace wasmrun::tests {

/// Whether the tests were built with a disassembler (Zydis).
bool has_disassembler();

/// One line an instruction: offset and Intel syntax; addresses count from the begin of `code`. The words of a jump table that
/// follows `jmp r11` are listed as distances; bytes behind the last `ret` or call that are no instructions are data.
std::string disassemble(std::span<const uint8_t> code);

}  // namespace wasmrun::tests
