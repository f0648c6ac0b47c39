// Attack 31: directories that are huge, that change while they are read, and readers that make cookies up.
#include <random>
#include <set>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {

/// Names by reading with a buffer of `size` bytes from `cookie` on, as C libraries do.
std::set<std::string> list(Guest& guest, uint32_t size, uint64_t cookie = 0) {
  std::set<std::string> names;
  for (;;) {
    REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, size, cookie, kResult) == Errno::Success);
    const auto used = guest.get<uint32_t>(kResult);
    REQUIRE(used <= size);
    uint32_t at = 0;
    while (at + kDirentSize <= used) {
      const auto name_size = guest.get<uint32_t>(kBuffer + at + 16);
      if (at + kDirentSize + name_size > used) break;
      cookie = guest.get<uint64_t>(kBuffer + at);
      REQUIRE(names.insert(guest.text(kBuffer + at + kDirentSize, name_size)).second);
      at += kDirentSize + name_size;
    }
    if (used < size) return names;
    REQUIRE(at > 0);
  }
}

}  // namespace

TEST_CASE("a directory of a hundred thousand entries is listed whole and in little memory", "[wasi][fd_readdir][attack][attack31]") {
  TempTree tree;
  const int root = ::open(tree.root().c_str(), O_PATH | O_CLOEXEC);
  REQUIRE(::symlinkat("x", root, "0") == 0);
  for (int i = 1; i < 100'000; ++i) {
    if (::linkat(root, "0", root, std::to_string(i).c_str(), 0) != 0) REQUIRE(::symlinkat("x", root, std::to_string(i).c_str()) == 0);
  }
  ::close(root);
  Guest guest(tree);
  CHECK(list(guest, 4096).size() == 100'002);
}

TEST_CASE("names of 255 bytes are listed in every small buffer that holds one", "[wasi][fd_readdir][attack][attack31]") {
  TempTree tree;
  for (char c = 'a'; c <= 'z'; ++c) tree.write("root/" + std::string(255, c), "");
  Guest guest(tree);
  for (const uint32_t size : {279u, 280u, 281u, 557u, 558u, 559u, 1000u, 0x10000u}) CHECK(list(guest, size).size() == 28);
  // Smaller ones get a beginning: full, never more.
  for (const uint32_t size : {0u, 1u, 23u, 24u, 25u, 278u}) {
    guest.put(kBuffer, std::string(300, '#'));
    const uint64_t after_dots = [&] {
      REQUIRE(guest.call("fd_readdir", kRoot, kBuffer + 1000, 0x8000, 0, kResult) == Errno::Success);
      uint32_t at = kBuffer + 1000;
      while (guest.get<uint32_t>(at + 16) < 255) at += kDirentSize + guest.get<uint32_t>(at + 16);
      return guest.get<uint64_t>(at);
    }();
    REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, size, after_dots, kResult) == Errno::Success);
    CHECK(guest.get<uint32_t>(kResult) <= size);
    CHECK(guest.text(kBuffer + size, 1) == "#");
  }
}

TEST_CASE("cookies from nowhere, from other directories and at the limits do no harm", "[wasi][fd_readdir][attack][attack31]") {
  TempTree tree;
  for (int i = 0; i < 200; ++i) tree.write("root/file" + std::to_string(i), "");
  tree.mkdir("root/d");
  for (int i = 0; i < 50; ++i) tree.write("root/d/other" + std::to_string(i), "");
  Guest guest(tree);
  const uint32_t other = guest.open("d", {.oflags = oflags::kDirectory});
  REQUIRE(guest.call("fd_readdir", other, kBuffer, 0x8000, 0, kResult) == Errno::Success);
  std::vector<uint64_t> cookies{1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff};
  for (uint32_t at = 0; at + kDirentSize <= guest.get<uint32_t>(kResult);) {
    cookies.push_back(guest.get<uint64_t>(kBuffer + at));
    at += kDirentSize + guest.get<uint32_t>(kBuffer + at + 16);
  }
  std::mt19937_64 random{1};
  for (int i = 0; i < 2000; ++i) cookies.push_back(random() >> random() % 64);
  for (const uint64_t cookie : cookies) {
    const auto size = static_cast<uint32_t>(random() % 600);
    const Reply reply = guest.call("fd_readdir", kRoot, kBuffer, size, cookie, kResult);
    REQUIRE(reply.trap == "");
    if (reply == Errno::Success) REQUIRE(guest.get<uint32_t>(kResult) <= size);
  }
  CHECK(list(guest, 500).size() == 203);
}

TEST_CASE("entries made and removed while a directory is listed cost no other its place", "[wasi][fd_readdir][attack][attack31]") {
  TempTree tree;
  std::set<std::string> staying;
  for (int i = 0; i < 500; ++i) {
    tree.write("root/stays" + std::to_string(i), "");
    staying.insert("stays" + std::to_string(i));
    tree.write("root/goes" + std::to_string(i), "");
  }
  Guest guest(tree);
  std::set<std::string> seen;
  uint64_t cookie = 0;
  for (int round = 0;; ++round) {
    REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, 300, cookie, kResult) == Errno::Success);
    const auto used = guest.get<uint32_t>(kResult);
    for (uint32_t at = 0; at + kDirentSize <= used;) {
      const auto name_size = guest.get<uint32_t>(kBuffer + at + 16);
      if (at + kDirentSize + name_size > used) break;
      cookie = guest.get<uint64_t>(kBuffer + at);
      seen.insert(guest.text(kBuffer + at + kDirentSize, name_size));
      at += kDirentSize + name_size;
    }
    if (used < 300) break;
    REQUIRE(round < 5000);
    if (round < 500) {
      ::unlink(tree.path("root/goes" + std::to_string(round)).c_str());
      tree.write("root/comes" + std::to_string(round), "");
    }
  }
  for (const std::string& name : staying) {
    INFO(name);
    CHECK(seen.count(name) == 1);
  }
}

}  // namespace wasmrun::wasi
