// Reading directories as C libraries do. Visible: Entry, entries_in, read_directory, list.
#pragma once

#include <set>
#include <vector>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

/// A dirent.
struct Entry {
  uint64_t next, inode;
  FileType type;
  std::string name;
};

/// The whole records of one call.
inline std::vector<Entry> entries_in(Guest& guest, uint32_t used) {
  std::vector<Entry> entries;
  uint32_t at = kBuffer;
  const uint32_t end = kBuffer + used;
  while (end - at >= kDirentSize) {
    const auto size = guest.get<uint32_t>(at + 16);
    if (end - at - kDirentSize < size) break;
    entries.push_back({guest.get<uint64_t>(at), guest.get<uint64_t>(at + 8),
                       static_cast<FileType>(guest.get<uint8_t>(at + 20)), guest.text(at + kDirentSize, size)});
    at += kDirentSize + size;
  }
  return entries;
}

/// Reads a directory as C libraries do: with the cookie of the last whole record, a larger buffer when none fits.
template <class Visit>
void read_directory(Guest& guest, uint32_t fd, uint32_t buffer_size, Visit visit) {
  uint64_t cookie = 0;
  for (;;) {
    REQUIRE(guest.call("fd_readdir", fd, kBuffer, buffer_size, cookie, kResult) == Errno::Success);
    const auto used = guest.get<uint32_t>(kResult);
    REQUIRE(used <= buffer_size);
    const auto entries = entries_in(guest, used);
    for (const Entry& entry : entries) {
      visit(entry);
      cookie = entry.next;
    }
    if (used < buffer_size) return;
    if (entries.empty()) buffer_size *= 2;
  }
}

/// All names, "." and ".." among them. None comes twice.
inline std::set<std::string> list(Guest& guest, uint32_t fd, uint32_t buffer_size = 4096) {
  std::set<std::string> names;
  read_directory(guest, fd, buffer_size, [&](const Entry& entry) { CHECK(names.insert(entry.name).second); });
  return names;
}

}  // namespace wasmrun::wasi
