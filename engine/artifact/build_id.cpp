// The linker's build id: a note in the program's own memory, or in a file. spec: ELF, note sections; NT_GNU_BUILD_ID
#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/artifact/artifact.h"
#include "engine/base/owned_fd.h"

/// Where the program itself is mapped; the linker defines it.
extern "C" const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

namespace wasmrun::artifact {
namespace {

constexpr size_t round_up_4(size_t size) { return (size + 3) & ~size_t{3}; }

/// The id among these notes, if one of them is it.
bool find_in_notes(std::span<const uint8_t> notes, BuildId& id) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    std::memcpy(&note, notes.data(), sizeof note);
    const size_t name = sizeof note, content = name + round_up_4(note.n_namesz), end = content + round_up_4(note.n_descsz);
    if (note.n_namesz > notes.size() || note.n_descsz > notes.size() || end > notes.size()) return false;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(notes.data() + name, "GNU", 4) == 0) {
      std::memcpy(id.data(), notes.data() + content, std::min<size_t>(note.n_descsz, id.size()));
      return true;
    }
    notes = notes.subspan(end);
  }
  return false;
}

BuildId find_own() {
  BuildId id = {};
  const auto* const base = reinterpret_cast<const uint8_t*>(&__ehdr_start);
  const auto* const segments = reinterpret_cast<const Elf64_Phdr*>(base + __ehdr_start.e_phoff);
  // Addresses count from where the first loaded segment says it is, which holds the header.
  uint64_t header_address = 0;
  for (size_t i = 0; i < __ehdr_start.e_phnum; ++i) {
    if (segments[i].p_type == PT_LOAD && segments[i].p_offset == 0) header_address = segments[i].p_vaddr;
  }
  for (size_t i = 0; i < __ehdr_start.e_phnum; ++i) {
    if (segments[i].p_type != PT_NOTE) continue;
    if (find_in_notes({base + (segments[i].p_vaddr - header_address), segments[i].p_memsz}, id)) break;
  }
  return id;
}

bool read_at(int fd, void* to, size_t size, uint64_t offset) {
  return ::pread(fd, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

}  // namespace

const BuildId& own_build_id() {
  static const BuildId id = find_own();
  return id;
}

BuildId build_id_of_file(const char* path) {
  constexpr size_t kMostNoteBytes = 64 << 10;
  BuildId id = {};
  const OwnedFd file(::open(path, O_RDONLY | O_CLOEXEC));
  Elf64_Ehdr header;
  if (!file.valid() || !read_at(file.get(), &header, sizeof header, 0)) return id;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(Elf64_Phdr)) return id;
  for (size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!read_at(file.get(), &segment, sizeof segment, header.e_phoff + i * sizeof segment)) return id;
    if (segment.p_type != PT_NOTE || segment.p_filesz > kMostNoteBytes) continue;
    std::vector<uint8_t> notes(segment.p_filesz);
    if (read_at(file.get(), notes.data(), notes.size(), segment.p_offset) && find_in_notes(notes, id)) return id;
  }
  return id;
}

}  // namespace wasmrun::artifact
