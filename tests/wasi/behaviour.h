// What tests of single behaviours share. Visible: host_status, nanoseconds, rights_of_fd, drop_rights, error_of, Pipe, is_root.
#pragma once

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

inline uint64_t nanoseconds(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

/// Of the entry itself, also when it is a link.
inline struct stat host_status(const TempTree& tree, const std::string& name) {
  struct stat status;
  REQUIRE(::lstat(tree.path(name).c_str(), &status) == 0);
  return status;
}

inline uint64_t rights_of_fd(Guest& guest, uint32_t fd) {
  REQUIRE(guest.call("fd_fdstat_get", fd, kResult) == Errno::Success);
  return guest.get<uint64_t>(kResult + 8);
}
inline uint64_t inheriting_of_fd(Guest& guest, uint32_t fd) {
  REQUIRE(guest.call("fd_fdstat_get", fd, kResult) == Errno::Success);
  return guest.get<uint64_t>(kResult + 16);
}
inline uint16_t flags_of_fd(Guest& guest, uint32_t fd) {
  REQUIRE(guest.call("fd_fdstat_get", fd, kResult) == Errno::Success);
  return guest.get<uint16_t>(kResult + 2);
}
inline FileType type_of_fd(Guest& guest, uint32_t fd) {
  REQUIRE(guest.call("fd_fdstat_get", fd, kResult) == Errno::Success);
  return static_cast<FileType>(guest.get<uint8_t>(kResult));
}

/// Gives up rights of an open descriptor, and of what is opened below it when it is a directory.
inline void drop_rights(Guest& guest, uint32_t fd, uint64_t rights) {
  const uint64_t base = rights_of_fd(guest, fd), inheriting = inheriting_of_fd(guest, fd);
  REQUIRE((base & rights) == rights);
  REQUIRE(guest.call("fd_fdstat_set_rights", fd, base & ~rights, inheriting & ~rights) == Errno::Success);
}

/// A host pipe that closes itself.
struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_end(int end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
  /// For a guest's table, which then closes it.
  int give(int end) { return std::exchange(ends[end], -1); }
  int ends[2];
};

/// Root passes the kernel's looks at permissions.
inline bool is_root() { return ::geteuid() == 0; }

}  // namespace wasmrun::wasi
