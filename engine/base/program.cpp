// See program.h.
#include "engine/base/program.h"

#include <elf.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/elf_note.h"

extern "C" {
/// Where the program itself is mapped; the linker defines it.
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));
/// cmake/build_note.cmake writes it.
extern const wasmrun::BuildId wasmrun_build_id __attribute__((visibility("hidden")));
}

namespace wasmrun {

const BuildId& own_build_id() { return wasmrun_build_id; }

std::optional<BuildId> build_id_in(int fd) {
  constexpr uint32_t kBuildNote = 1;
  BuildId id;
  const auto note = find_elf_note(fd, "wasmrun", kBuildNote);
  if (!note || note->contents.size() != id.size()) return std::nullopt;
  std::copy(note->contents.begin(), note->contents.end(), id.begin());
  return id;
}

bool is_static_program() {
  const auto* const segments = reinterpret_cast<const Elf64_Phdr*>(reinterpret_cast<const uint8_t*>(&__ehdr_start) + __ehdr_start.e_phoff);
  return std::none_of(segments, segments + __ehdr_start.e_phnum, [](const Elf64_Phdr& segment) { return segment.p_type == PT_INTERP; });
}

std::string own_folder() {
  char path[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string_view file(path, size > 0 ? static_cast<size_t>(size) : 0);
  return std::string(file.substr(0, file.rfind('/') + 1));
}

std::array<std::string, 2> companions(std::string_view name) {
  const std::string folder = own_folder();
  if (folder.empty()) return {};
  return {folder + std::string(name), folder + "../lib/wasmrun/" + std::string(name)};
}

}  // namespace wasmrun
