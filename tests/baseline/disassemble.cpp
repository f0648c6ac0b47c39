#include "tests/baseline/disassemble.h"

#include <cstdio>
#include <cstring>

#ifdef WASMRUN_ZYDIS
#include <Zydis/Zydis.h>
#endif

namespace wasmrun::tests {

#ifdef WASMRUN_ZYDIS

bool has_disassembler() { return true; }

std::string disassemble(std::span<const uint8_t> code) {
  std::string text;
  char line[160];
  uint64_t last_compared = 0;
  size_t at = 0;
  const auto add = [&](size_t offset, const char* what) {
    std::snprintf(line, sizeof line, "%4zx  %s\n", offset, what);
    text += line;
  };
  while (at < code.size()) {
    ZydisDisassembledInstruction instruction;
    if (!ZYAN_SUCCESS(ZydisDisassembleIntel(ZYDIS_MACHINE_MODE_LONG_64, at, code.data() + at, code.size() - at, &instruction))) {
      char byte[16];
      std::snprintf(byte, sizeof byte, ".byte 0x%02x", code[at]);
      add(at++, byte);
      continue;
    }
    add(at, instruction.text);
    at += instruction.info.length;
    if (instruction.info.mnemonic == ZYDIS_MNEMONIC_CMP && instruction.operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
      last_compared = instruction.operands[1].imm.value.u;
    }
    if (std::strcmp(instruction.text, "jmp r11") == 0) {
      while (at < code.size() && code[at] == 0xcc) ++at;
      for (uint64_t i = 0; i < last_compared && at + 4 <= code.size(); ++i, at += 4) {
        uint32_t distance;
        std::memcpy(&distance, code.data() + at, 4);
        char word[32];
        std::snprintf(word, sizeof word, ".int body+0x%x", distance);
        add(at, word);
      }
    }
    // Constants follow the code, padded with int3.
    if (at < code.size() && code[at] == 0xcc) {
      while (at < code.size() && code[at] == 0xcc) ++at;
      for (; at + 8 <= code.size(); at += 8) {
        uint64_t word;
        std::memcpy(&word, code.data() + at, 8);
        char data[40];
        std::snprintf(data, sizeof data, ".quad 0x%016llx", static_cast<unsigned long long>(word));
        add(at, data);
      }
    }
  }
  return text;
}

#else

bool has_disassembler() { return false; }
std::string disassemble(std::span<const uint8_t>) { return {}; }

#endif

}  // namespace wasmrun::tests
