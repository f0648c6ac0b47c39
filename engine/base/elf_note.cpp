// See elf_note.h.
#include "engine/base/elf_note.h"

#include <elf.h>
#include <unistd.h>

#include <cstring>
#include <span>

namespace wasmrun {
namespace {

constexpr size_t kMostNoteBytes = 64 << 10;
/// Linkers put notes at a file's begin, so that one look finds header and notes.
constexpr size_t kFirstLookBytes = 4096;

constexpr size_t round_up_4(size_t size) { return (size + 3) & ~size_t{3}; }

/// Reads parts of a file, of which the first are there already.
class Reader {
 public:
  explicit Reader(int fd) : fd_(fd) {
    const ssize_t got = ::pread(fd, begin_, sizeof begin_, 0);
    begin_size_ = got > 0 ? static_cast<size_t>(got) : 0;
  }
  bool read(void* to, size_t size, uint64_t offset) const {
    if (offset <= begin_size_ && size <= begin_size_ - offset) return std::memcpy(to, begin_ + offset, size), true;
    return ::pread(fd_, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
  }

 private:
  int fd_;
  size_t begin_size_ = 0;
  uint8_t begin_[kFirstLookBytes];
};

/// Where the contents of the note lie in `notes`; empty when it is not among them.
std::span<const uint8_t> find(std::span<const uint8_t> notes, std::string_view owner, uint32_t type) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    std::memcpy(&note, notes.data(), sizeof note);
    const size_t name = sizeof note, contents = name + round_up_4(note.n_namesz), end = contents + round_up_4(note.n_descsz);
    if (note.n_namesz > notes.size() || note.n_descsz > notes.size() || end > notes.size()) return {};
    // The name ends with a zero byte, which counts.
    if (note.n_type == type && note.n_namesz == owner.size() + 1 && std::memcmp(notes.data() + name, owner.data(), owner.size()) == 0)
      return notes.subspan(contents, note.n_descsz);
    notes = notes.subspan(end);
  }
  return {};
}

}  // namespace

std::optional<ElfNote> find_elf_note(int fd, std::string_view owner, uint32_t type) {
  const Reader file(fd);
  Elf64_Ehdr header;
  if (!file.read(&header, sizeof header, 0)) return std::nullopt;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(Elf64_Phdr)) return std::nullopt;
  for (size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!file.read(&segment, sizeof segment, header.e_phoff + i * sizeof segment)) return std::nullopt;
    if (segment.p_type != PT_NOTE || segment.p_filesz > kMostNoteBytes) continue;
    std::vector<uint8_t> notes(segment.p_filesz);
    if (!file.read(notes.data(), notes.size(), segment.p_offset)) return std::nullopt;
    const std::span<const uint8_t> found = find(notes, owner, type);
    if (found.empty()) continue;
    return ElfNote{segment.p_offset + static_cast<uint64_t>(found.data() - notes.data()), {found.begin(), found.end()}};
  }
  return std::nullopt;
}

}  // namespace wasmrun
