// fd_readdir: records, cookies, buffers of any size, and directories that change while they are read.
#include <map>
#include <set>

#include "tests/wasi/directory_reader.h"

namespace wasmrun::wasi {

TEST_CASE("a directory lists dot, dot-dot and its names with inodes and types", "[wasi][fd_readdir]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/file", "x");
  tree.mkdir("root/dir");
  tree.symlink("file", "root/link");
  std::map<std::string, Entry> found;
  read_directory(guest, kRoot, 4096, [&](const Entry& entry) { CHECK(found.emplace(entry.name, entry).second); });
  REQUIRE(found.size() == 5);
  CHECK(found.at(".").type == FileType::Directory);
  CHECK(found.at("..").type == FileType::Directory);
  CHECK(found.at("..").inode == 0);
  CHECK(found.at("file").type == FileType::RegularFile);
  CHECK(found.at("dir").type == FileType::Directory);
  CHECK(found.at("link").type == FileType::SymbolicLink);
  struct stat status;
  REQUIRE(::stat(tree.path("root/file").c_str(), &status) == 0);
  CHECK(found.at("file").inode == status.st_ino);
  REQUIRE(::stat(tree.path("root").c_str(), &status) == 0);
  CHECK(found.at(".").inode == status.st_ino);
}

TEST_CASE("every size of buffer reads every name once", "[wasi][fd_readdir][attack][attack31]") {
  TempTree tree;
  Guest guest(tree);
  std::set<std::string> expected{".", ".."};
  for (int i = 0; i < 50; ++i) {
    expected.insert(std::string(static_cast<size_t>(1 + i * 5), 'a') + std::to_string(i));
  }
  for (const std::string& name : expected) {
    if (name[0] != '.') tree.write("root/" + name, "");
  }
  for (const uint32_t size : {1u, 23u, 24u, 25u, 26u, 64u, 128u, 280u, 1000u, 4096u}) {
    INFO(size);
    std::set<std::string> found;
    read_directory(guest, kRoot, size, [&](const Entry& entry) { CHECK(found.insert(entry.name).second); });
    CHECK(found == expected);
  }
}

TEST_CASE("a buffer of no bytes holds nothing", "[wasi][fd_readdir][attack][attack31]") {
  TempTree tree;
  Guest guest(tree);
  CHECK(guest.call("fd_readdir", kRoot, kBuffer, 0, 0, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
}

TEST_CASE("removing what was listed skips nothing", "[wasi][fd_readdir][attack][attack31]") {
  TempTree tree;
  Guest guest(tree);
  for (int i = 0; i < 300; ++i) tree.write("root/file_with_a_longer_name_" + std::to_string(i), "");
  int removed = 0;
  read_directory(guest, kRoot, 1024, [&](const Entry& entry) {
    if (entry.name[0] == '.') return;
    CHECK(guest.call("path_unlink_file", kRoot, entry.name) == Errno::Success);
    ++removed;
  });
  CHECK(removed == 300);
  CHECK(std::filesystem::is_empty(tree.root()));
}

TEST_CASE("many entries are read through refills", "[wasi][fd_readdir]") {
  TempTree tree;
  Guest guest(tree);
  for (int i = 0; i < 2000; ++i) tree.write("root/" + std::string(100, 'n') + std::to_string(i), "");
  std::set<std::string> found;
  read_directory(guest, kRoot, 4096, [&](const Entry& entry) { CHECK(found.insert(entry.name).second); });
  CHECK(found.size() == 2002);
}

TEST_CASE("cookie 0 starts anew with what is there now", "[wasi][fd_readdir]") {
  TempTree tree;
  Guest guest(tree);
  const auto names = [&] {
    std::set<std::string> found;
    read_directory(guest, kRoot, 4096, [&](const Entry& entry) { found.insert(entry.name); });
    return found;
  };
  CHECK(names().size() == 2);
  tree.write("root/new", "");
  CHECK(names().count("new") == 1);
  std::filesystem::remove(tree.path("root/new"));
  CHECK(names().count("new") == 0);
}

TEST_CASE("a cookie resumes after its entry, also an old one", "[wasi][fd_readdir]") {
  TempTree tree;
  Guest guest(tree);
  for (int i = 0; i < 20; ++i) tree.write("root/f" + std::to_string(i), "");
  std::vector<Entry> all;
  read_directory(guest, kRoot, 4096, [&](const Entry& entry) { all.push_back(entry); });
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, 4096, all[i].next, kResult) == Errno::Success);
    const auto rest = entries_in(guest, guest.get<uint32_t>(kResult));
    REQUIRE(rest.size() == all.size() - i - 1);
    CHECK(rest.front().name == all[i + 1].name);
  }
  REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, 4096, all.back().next, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
}

TEST_CASE("cookies that nobody gave out do no harm", "[wasi][fd_readdir][attack][attack31]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "");
  for (const uint64_t cookie : {uint64_t{1} << 63, UINT64_MAX}) {
    CHECK(guest.call("fd_readdir", kRoot, kBuffer, 4096, cookie, kResult) == Errno::Inval);
  }
  for (const uint64_t cookie : {uint64_t{12345}, uint64_t{INT64_MAX}, uint64_t{1} << 40}) {
    const Reply reply = guest.call("fd_readdir", kRoot, kBuffer, 4096, cookie, kResult);
    CHECK((reply == Errno::Success || reply == Errno::Inval));
  }
  int count = 0;
  read_directory(guest, kRoot, 4096, [&](const Entry&) { ++count; });
  CHECK(count == 3);
}

TEST_CASE("two descriptors of one directory do not move each other", "[wasi][fd_readdir]") {
  TempTree tree;
  Guest guest(tree);
  for (int i = 0; i < 20; ++i) tree.write("root/f" + std::to_string(i), "");
  const uint32_t other = guest.open(".", {.oflags = oflags::kDirectory});
  REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, 100, 0, kResult) == Errno::Success);
  const auto first = entries_in(guest, 100);
  REQUIRE(!first.empty());
  int count = 0;
  read_directory(guest, other, 4096, [&](const Entry&) { ++count; });
  CHECK(count == 22);
  REQUIRE(guest.call("fd_readdir", kRoot, kBuffer, 4096, first.back().next, kResult) == Errno::Success);
  CHECK(entries_in(guest, guest.get<uint32_t>(kResult)).size() == 22 - first.size());
}

TEST_CASE("only directories can be listed", "[wasi][fd_readdir]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "");
  CHECK(guest.call("fd_readdir", guest.open("f"), kBuffer, 100, 0, kResult) == Errno::Notdir);
}

}  // namespace wasmrun::wasi
