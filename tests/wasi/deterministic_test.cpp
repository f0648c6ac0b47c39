// --deterministic.
#include <time.h>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {

constexpr uint64_t kBeginningNs = 1'735'689'600'000'000'000;  // 2025-01-01

WasiOptions options_for(const TempTree& tree, uint64_t seed = 0) {
  WasiOptions options = Guest::options_for(tree);
  options.deterministic_seed = seed;
  return options;
}

uint64_t look_at(Guest& guest, uint32_t clock) {
  REQUIRE(guest.call("clock_time_get", clock, 0, kResult) == Errno::Success);
  return guest.get<uint64_t>(kResult);
}

/// Waits by poll_oneoff; the number of events.
uint32_t wait(Guest& guest, uint32_t clock, uint64_t timeout, uint16_t flags) {
  GuestMemory(guest.memory()).clear(0x10000, 48);
  guest.set(0x10000 + 16, clock);
  guest.set(0x10000 + 24, timeout);
  guest.set(0x10000 + 40, flags);
  REQUIRE(guest.call("poll_oneoff", 0x10000, 0x20000, 1, kResult) == Errno::Success);
  return guest.get<uint32_t>(kResult);
}

std::vector<std::string> names(Guest& guest, uint32_t size) {
  std::vector<std::string> found;
  uint64_t cookie = 0;
  for (;;) {
    REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, size, cookie, kResult) == Errno::Success);
    const auto used = guest.get<uint32_t>(kResult);
    uint32_t at = 0;
    while (used - at >= kDirentSize) {
      const auto name_size = guest.get<uint32_t>(kBuffer + at + 16);
      if (used - at - kDirentSize < name_size) break;
      found.push_back(guest.text(kBuffer + at + kDirentSize, name_size));
      cookie = guest.get<uint64_t>(kBuffer + at);
      at += kDirentSize + name_size;
    }
    if (used < size) return found;
  }
}

uint64_t inode(Guest& guest, const std::string& path) {
  REQUIRE(guest.call("path_filestat_get", kRoot, 0, path, kBuffer) == Errno::Success);
  return guest.get<uint64_t>(kBuffer + 8);
}

}  // namespace

TEST_CASE("virtual clocks begin at one date and step with each look", "[wasi][deterministic]") {
  TempTree tree;
  Guest guest(options_for(tree));
  CHECK(look_at(guest, 1) == 1'000'001'000);
  CHECK(look_at(guest, 0) == kBeginningNs + 1'000'002'000);
  CHECK(look_at(guest, 2) == 1'000'003'000);
  CHECK(look_at(guest, 3) == 1'000'004'000);
  CHECK(guest.call("clock_time_get", 4, 0, kResult) == Errno::Inval);
  CHECK(guest.call("clock_res_get", 1, kResult) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult) == 1000);
}

TEST_CASE("waiting on virtual clocks takes no time and moves them", "[wasi][deterministic]") {
  TempTree tree;
  Guest guest(options_for(tree));
  const time_t before = ::time(nullptr);
  constexpr uint64_t kYear = uint64_t{365} * 86400 * 1'000'000'000;
  CHECK(wait(guest, 1, kYear, 0) == 1);
  CHECK(look_at(guest, 1) == 1'000'001'000 + kYear);
  CHECK(wait(guest, 0, kYear, 0) == 1);
  CHECK(wait(guest, 1, 3 * kYear, 1) == 1);
  CHECK(look_at(guest, 1) == 3 * kYear + 1000);
  CHECK(wait(guest, 0, kBeginningNs + 4 * kYear, 1) == 1);
  CHECK(look_at(guest, 0) == kBeginningNs + 4 * kYear + 1000);
  CHECK(wait(guest, 0, kBeginningNs, 1) == 1);
  CHECK(look_at(guest, 0) == kBeginningNs + 4 * kYear + 2000);
  CHECK(wait(guest, 1, UINT64_MAX, 0) == 1);
  CHECK(look_at(guest, 1) == UINT64_MAX);
  CHECK(::time(nullptr) - before < 5);
}

TEST_CASE("what is ready comes before a virtual clock, what is not comes after", "[wasi][deterministic]") {
  TempTree tree;
  Guest guest(options_for(tree));
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const uint32_t fd = guest.adopt(ends[0], FileType::Unknown);
  const auto poll = [&] {
    GuestMemory(guest.memory()).clear(0x10000, 96);
    guest.set(0x10000 + 16, 1);
    guest.set(0x10000 + 24, uint64_t{1'000'000'000'000});
    guest.set<uint64_t>(0x10000 + 48, 7);
    guest.set<uint8_t>(0x10000 + 48 + 8, 1);
    guest.set(0x10000 + 48 + 16, fd);
    REQUIRE(guest.call("poll_oneoff", 0x10000, 0x20000, 2, kResult) == Errno::Success);
    REQUIRE(guest.get<uint32_t>(kResult) == 1);
    return guest.get<uint64_t>(0x20000);
  };
  CHECK(poll() == 0);
  REQUIRE(::write(ends[1], "x", 1) == 1);
  CHECK(poll() == 7);
  ::close(ends[1]);
}

TEST_CASE("random bytes follow from the seed", "[wasi][deterministic]") {
  TempTree tree;
  const auto bytes = [&](uint64_t seed) {
    Guest guest(options_for(tree, seed));
    REQUIRE(guest.call("random_get", kBuffer, 100) == Errno::Success);
    return guest.text(kBuffer, 100);
  };
  CHECK(bytes(1) == bytes(1));
  CHECK(bytes(1) != bytes(2));
  CHECK(bytes(0).substr(0, 8) == std::string("\xaf\xcd\x1d\x7b\x39\xa8\x20\xe2", 8));  // SplitMix64 of 0: 0xe220a8397b1dcdaf
}

TEST_CASE("directories are listed by name, as they were when the listing began", "[wasi][deterministic]") {
  TempTree tree;
  std::vector<std::string> expected = {".", ".."};
  for (int i = 0; i < 300; ++i) expected.push_back("file" + std::to_string(1000 + i * 7 % 300));
  for (size_t i = 2; i < expected.size(); ++i) tree.write("root/" + expected[i], "");
  std::sort(expected.begin(), expected.end());
  Guest guest(options_for(tree));
  CHECK(names(guest, 4096) == expected);
  CHECK(names(guest, 64) == expected);
  // The middle of a listing does not see what is removed, a new listing does.
  REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, 64, 0, kResult) == Errno::Success);
  REQUIRE(guest.call("path_unlink_file", kRoot, expected.back()) == Errno::Success);
  REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, 64, expected.size() - 1, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == kDirentSize + expected.back().size());
  expected.pop_back();
  CHECK(names(guest, 4096) == expected);
  REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, 64, UINT64_MAX, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
}

TEST_CASE("files have numbers in the order they are met, and no times", "[wasi][deterministic]") {
  TempTree tree;
  for (const char* name : {"root/z", "root/y", "root/x"}) tree.write(name, "abc");
  REQUIRE(::link(tree.path("root/z").c_str(), tree.path("root/z2").c_str()) == 0);
  Guest guest(options_for(tree));
  CHECK(inode(guest, "x") == 1);
  CHECK(guest.get<uint64_t>(kBuffer) == 1);
  CHECK(guest.get<uint64_t>(kBuffer + 32) == 3);
  for (const uint32_t at : {40, 48, 56}) CHECK(guest.get<uint64_t>(kBuffer + at) == kBeginningNs);
  CHECK(inode(guest, "z") == 2);
  CHECK(inode(guest, "y") == 3);
  CHECK(inode(guest, "z2") == 2);
  CHECK(inode(guest, ".") == 4);
  CHECK(guest.get<uint64_t>(kBuffer + 32) == 4096);
}

TEST_CASE("a new file has a new number, whether the host gives an old inode to it or not", "[wasi][deterministic]") {
  TempTree tree;
  Guest guest(options_for(tree));
  for (uint64_t i = 1; i < 20; ++i) {
    tree.write("root/file", "x");
    CHECK(inode(guest, "file") == 2 * i - 1);
    REQUIRE(guest.call("path_unlink_file", kRoot, "file") == Errno::Success);
    tree.mkdir("root/dir");
    CHECK(inode(guest, "dir") == 2 * i);
    REQUIRE(guest.call("path_remove_directory", kRoot, "dir") == Errno::Success);
  }
  // A name that is left keeps the number, and renaming does too.
  tree.write("root/a", "x");
  tree.write("root/b", "x");
  const uint64_t a = inode(guest, "a"), b = inode(guest, "b");
  REQUIRE(guest.call("path_link", kRoot, 0, "a", kRoot, "a2") == Errno::Success);
  REQUIRE(guest.call("path_unlink_file", kRoot, "a") == Errno::Success);
  CHECK(inode(guest, "a2") == a);
  REQUIRE(guest.call("path_rename", kRoot, "a2", kRoot, "b") == Errno::Success);
  CHECK(inode(guest, "b") == a);
  tree.write("root/c", "x");
  CHECK(inode(guest, "c") > b);
}

}  // namespace wasmrun::wasi
