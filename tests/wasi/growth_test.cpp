// What is opened, moved and closed a million times leaves nothing behind: no host descriptor, no memory.
#include <fstream>

#include "tests/wasi/behaviour.h"

namespace wasmrun::wasi {

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr int kRounds = 10'000;
/// It keeps freed memory for a while.
constexpr long kAllowedKib = 64 * 1024;
#else
constexpr int kRounds = 1'000'000;
constexpr long kAllowedKib = 512;
#endif

int host_descriptors() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

long resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  return 0;
}

/// Runs `round` often, and compares what is in use after the first thousand times and after the last.
template <class Round>
void repeat(Guest& guest, Round round) {
  for (int i = 0; i < 1000; ++i) {
    if (!round()) FAIL(i);
  }
  const int descriptors = host_descriptors();
  const long kib = resident_kib();
  const size_t numbers = guest.state().fds.size();
  for (int i = 0; i < kRounds; ++i) {
    if (!round()) FAIL(i);
  }
  CHECK(host_descriptors() == descriptors);
  CHECK(resident_kib() - kib <= kAllowedKib);
  CHECK(guest.state().fds.size() == numbers);
}

}  // namespace

TEST_CASE("a million opened and closed files leave nothing behind", "[wasi][long][path_open][fd_close]") {
  TempTree tree;
  tree.write("root/f", "text");
  Guest guest(tree, on_both_resolvers());
  repeat(guest, [&] {
    return guest.call("path_open", kRoot, 1, "f", 0, rights::kFdRead, 0, 0, kResult) == Errno::Success &&
           guest.call("fd_close", guest.get<uint32_t>(kResult)) == Errno::Success;
  });
}

TEST_CASE("a million renumbered descriptors leave nothing behind", "[wasi][long][fd_renumber]") {
  TempTree tree;
  tree.mkdir("root/d");
  Guest guest(tree, on_both_resolvers());
  const uint32_t target = guest.open("d");
  repeat(guest, [&] {
    if (!(guest.call("path_open", kRoot, 1, "d", oflags::kDirectory, 0, 0, 0, kResult) == Errno::Success)) return false;
    return guest.call("fd_renumber", guest.get<uint32_t>(kResult), target) == Errno::Success;
  });
}

TEST_CASE("failing calls leave nothing behind", "[wasi][long][path_open]") {
  TempTree tree;
  tree.mkdir("root/a/b");
  tree.symlink("a/b/../b", "root/l");
  Guest guest(tree, on_both_resolvers());
  int round = 0;
  repeat(guest, [&] {
    switch (++round % 5) {
      case 0: return guest.call("path_open", kRoot, 1, "l/none", 0, rights::kFdRead, 0, 0, kResult) == Errno::Noent;
      case 1: return guest.call("path_open", kRoot, 1, "a/../../x", 0, rights::kFdRead, 0, 0, kResult) == Errno::Perm;
      case 2: return guest.call("path_open", kRoot, 1, "a", 0, rights::kFdWrite, 0, 0, kResult) == Errno::Isdir;
      case 3: return guest.call("path_rename", kRoot, "l/none", kRoot, "a/none") == Errno::Noent;
      default: return guest.call("fd_renumber", kRoot, 99) == Errno::Badf;
    }
  });
}

TEST_CASE("listings, polls and links leave nothing behind", "[wasi][long]") {
  TempTree tree;
  tree.mkdir("root/d");
  tree.write("root/f", "text");
  Guest guest(tree, on_both_resolvers());
  GuestMemory(guest.memory()).clear(0x1000, 48);
  int round = 0;
  repeat(guest, [&] {
    if (++round % 8 != 0) return true;
    const uint32_t fd = guest.call("path_open", kRoot, 1, "d", oflags::kDirectory, 0, 0, 0, kResult) == Errno::Success
                            ? guest.get<uint32_t>(kResult)
                            : 0;
    return guest.call("fd_readdir", fd, kBuffer, 200, 0, kResult) == Errno::Success &&
           guest.call("fd_close", fd) == Errno::Success &&
           guest.call("poll_oneoff", 0x1000, 0x2000, 1, kResult) == Errno::Success &&
           guest.call("path_filestat_get", kRoot, 1, "d/../f", kResult) == Errno::Success &&
           guest.call("path_link", kRoot, 0, "f", kRoot, "d/g") == Errno::Success &&
           guest.call("path_unlink_file", kRoot, "d/g") == Errno::Success;
  });
}

}  // namespace wasmrun::wasi
