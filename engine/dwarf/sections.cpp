// Which custom section is which, and the strings in them.
#include "engine/dwarf/sections.h"

#include <cstring>

namespace wasmrun::dwarf {

void Sections::add(std::string_view name, Bytes bytes) {
  constexpr std::string_view kPrefix = ".debug_";
  if (!name.starts_with(kPrefix)) return;
  name.remove_prefix(kPrefix.size());
  if (name == "info") info = bytes;
  if (name == "abbrev") abbrev = bytes;
  if (name == "line") line = bytes;
  if (name == "str") str = bytes;
  if (name == "line_str") line_str = bytes;
  if (name == "str_offsets") str_offsets = bytes;
  if (name == "addr") addr = bytes;
  if (name == "ranges") ranges = bytes;
  if (name == "rnglists") rnglists = bytes;
}

std::string_view string_at(Bytes section, uint64_t offset) {
  const Bytes bytes = bytes_from(section, offset);
  if (bytes.empty()) return {};
  const void* const end = std::memchr(bytes.data(), 0, bytes.size());
  if (!end) return {};
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(static_cast<const uint8_t*>(end) - bytes.data())};
}

}  // namespace wasmrun::dwarf
