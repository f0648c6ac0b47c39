// Notes: small records that an ELF file has in it and lists in its header. Visible: ElfNote, find_elf_note.
// spec: ELF, note sections
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace wasmrun {

struct ElfNote {
  uint64_t offset = 0;  ///< of the contents in the file
  std::vector<uint8_t> contents;
};

/// The first note of that owner and type in the ELF file. Nothing when there is none, or no ELF file.
std::optional<ElfNote> find_elf_note(int fd, std::string_view owner, uint32_t type);

}  // namespace wasmrun
