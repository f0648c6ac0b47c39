// fd_readdir, case by case: what records say, what cookies mean, directories that change.
#include <sys/socket.h>
#include <sys/un.h>

#include <map>

#include "tests/wasi/behaviour.h"
#include "tests/wasi/directory_reader.h"

namespace wasmrun::wasi {

namespace {
std::map<std::string, Entry> all_of(Guest& guest, uint32_t fd) {
  std::map<std::string, Entry> found;
  read_directory(guest, fd, 4096, [&](const Entry& entry) { found.emplace(entry.name, entry); });
  return found;
}
uint32_t read_once(Guest& guest, uint32_t fd, uint32_t size, uint64_t cookie) {
  REQUIRE(guest.call("fd_readdir", fd, kBuffer, size, cookie, kResult) == Errno::Success);
  return guest.get<uint32_t>(kResult);
}
std::string number_name(const char* prefix, int i) {
  return prefix + std::to_string(i);
}
}  // namespace

TEST_CASE("an empty directory has dot and dot-dot", "[wasi][fd_readdir]") {
  TempTree tree;
  tree.mkdir("root/d");
  Guest guest(tree, on_both_resolvers());
  CHECK(list(guest, guest.open("d")) == std::set<std::string>{".", ".."});
}

TEST_CASE("each kind of file has its type", "[wasi][fd_readdir]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/file", "");
  tree.mkdir("root/dir");
  tree.symlink("dir", "root/link");
  tree.symlink("none", "root/dangling");
  REQUIRE(::mkfifo(tree.path("root/pipe").c_str(), 0666) == 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = tree.path("root/socket");
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  ::close(fd);
  const auto found = all_of(guest, kRoot);
  CHECK(found.at("file").type == FileType::RegularFile);
  CHECK(found.at("dir").type == FileType::Directory);
  CHECK(found.at("link").type == FileType::SymbolicLink);
  CHECK(found.at("dangling").type == FileType::SymbolicLink);
  CHECK(found.at("pipe").type == FileType::Unknown);
  CHECK(found.at("socket").type == FileType::SocketStream);
  CHECK(found.at(".").type == FileType::Directory);
  CHECK(found.at("..").type == FileType::Directory);
}

TEST_CASE("types and inodes are those that path_filestat_get tells without following", "[wasi][fd_readdir]") {
  TempTree tree;
  tree.write("root/file", "");
  tree.mkdir("root/dir");
  tree.symlink("dir", "root/link");
  Guest guest(tree, on_both_resolvers());
  for (const auto& [name, entry] : all_of(guest, kRoot)) {
    if (name == "..") continue;
    INFO(name);
    REQUIRE(guest.call("path_filestat_get", kRoot, 0, name, kResult) == Errno::Success);
    CHECK(guest.stat_type(kResult) == entry.type);
    CHECK(guest.get<uint64_t>(kResult + 8) == entry.inode);
    CHECK(entry.inode != 0);
  }
}

TEST_CASE("dot-dot never tells the parent's inode, inside the tree either", "[wasi][fd_readdir]") {
  TempTree tree;
  tree.mkdir("root/d/e");
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {".", "d", "d/e"}) CHECK(all_of(guest, guest.open(path)).at("..").inode == 0);
}

TEST_CASE("names of one and of 255 bytes, and names that are no text", "[wasi][fd_readdir]") {
  TempTree tree;
  const std::set<std::string> names{"a", std::string(255, 'x'), "\xff\xfe\x80", "a\nb", " ", "-rf", "..."};
  for (const std::string& name : names) tree.write("root/" + name, "");
  Guest guest(tree, on_both_resolvers());
  std::set<std::string> found = list(guest, kRoot, 300);
  CHECK(found.erase(".") == 1);
  CHECK(found.erase("..") == 1);
  CHECK(found == names);
}

TEST_CASE("names have no zero byte after them, and records no gaps", "[wasi][fd_readdir]") {
  TempTree tree;
  tree.write("root/abc", "");
  Guest guest(tree);
  const uint32_t used = read_once(guest, kRoot, 4096, 0);
  // Three records: the names have 1, 2 and 3 bytes.
  CHECK(used == 3 * kDirentSize + 6);
  CHECK(entries_in(guest, used).size() == 3);
}

TEST_CASE("the bytes after the type are zero", "[wasi][fd_readdir]") {
  TempTree tree;
  Guest guest(tree);
  guest.put(kBuffer, std::string(100, '#'));
  read_once(guest, kRoot, 100, 0);
  CHECK(guest.text(kBuffer + 21, 3) == std::string(3, '\0'));
}

TEST_CASE("bytes of the buffer that are not used stay as they were", "[wasi][fd_readdir]") {
  TempTree tree;
  Guest guest(tree);
  guest.put(kBuffer, std::string(200, '#'));
  const uint32_t used = read_once(guest, kRoot, 200, 0);
  REQUIRE(used < 200);
  CHECK(guest.text(kBuffer + used, 200 - used) == std::string(200 - used, '#'));
}

TEST_CASE("a full buffer says that there is more, a part of one that it was all", "[wasi][fd_readdir]") {
  TempTree tree;
  tree.write("root/abc", "");
  Guest guest(tree);
  const uint32_t all = 3 * kDirentSize + 6;
  for (uint32_t size = 1; size <= all + 2; ++size) CHECK(read_once(guest, kRoot, size, 0) == std::min(size, all));
}

TEST_CASE("a record that was cut off comes whole with the cookie before it", "[wasi][fd_readdir]") {
  TempTree tree;
  tree.write("root/abcdefgh", "");
  Guest guest(tree);
  const auto whole = all_of(guest, kRoot);
  // Room for the first record and half of the second.
  read_once(guest, kRoot, 4096, 0);
  const auto order = entries_in(guest, guest.get<uint32_t>(kResult));
  const auto first_size = static_cast<uint32_t>(kDirentSize + order[0].name.size());
  CHECK(read_once(guest, kRoot, first_size + 12, 0) == first_size + 12);
  read_once(guest, kRoot, 4096, order[0].next);
  const auto rest = entries_in(guest, guest.get<uint32_t>(kResult));
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].name == order[1].name);
  CHECK(rest[1].name == order[2].name);
}

TEST_CASE("one cookie gives the same answer each time it is asked", "[wasi][fd_readdir]") {
  TempTree tree;
  for (int i = 0; i < 30; ++i) tree.write("root/" + number_name("f", i), "");
  Guest guest(tree);
  read_once(guest, kRoot, 400, 0);
  const auto first = entries_in(guest, 400);
  const uint64_t cookie = first[2].next;
  read_once(guest, kRoot, 400, cookie);
  const std::string once = guest.text(kBuffer, 400);
  read_once(guest, kRoot, 400, cookie);
  CHECK(guest.text(kBuffer, 400) == once);
}

TEST_CASE("the cookie of the last record is the end, again and again", "[wasi][fd_readdir]") {
  TempTree tree;
  tree.write("root/f", "");
  Guest guest(tree);
  const uint32_t used = read_once(guest, kRoot, 4096, 0);
  const uint64_t last = entries_in(guest, used).back().next;
  CHECK(read_once(guest, kRoot, 4096, last) == 0);
  CHECK(read_once(guest, kRoot, 4096, last) == 0);
  CHECK(read_once(guest, kRoot, 4096, 0) == used);
}

TEST_CASE("300 entries are removed while they are listed, whatever the buffer", "[wasi][fd_readdir]") {
  for (const uint32_t size : {64u, 128u, 4096u}) {
    INFO(size);
    TempTree tree;
    for (int i = 0; i < 300; ++i) tree.write("root/" + number_name("entry_", i), "");
    Guest guest(tree, Resolver::Kind::Openat2);
    int removed = 0;
    read_directory(guest, kRoot, size, [&](const Entry& entry) {
      if (entry.name[0] == '.') return;
      CHECK(guest.call("path_unlink_file", kRoot, entry.name) == Errno::Success);
      ++removed;
    });
    CHECK(removed == 300);
    CHECK(std::filesystem::is_empty(tree.root()));
  }
}

TEST_CASE("what was there from beginning to end is listed once while others come and go", "[wasi][fd_readdir]") {
  TempTree tree;
  for (int i = 0; i < 400; ++i) tree.write("root/" + number_name("stays_", i), "");
  for (int i = 0; i < 200; ++i) tree.write("root/" + number_name("goes_", i), "");
  Guest guest(tree);
  std::map<std::string, int> seen;
  int step = 0;
  read_directory(guest, kRoot, 200, [&](const Entry& entry) {
    ++seen[entry.name];
    if (step >= 200) return;
    std::filesystem::remove(tree.path("root/" + number_name("goes_", step)));
    tree.write("root/" + number_name("comes_", step), "");
    ++step;
  });
  for (int i = 0; i < 400; ++i) CHECK(seen[number_name("stays_", i)] == 1);
  for (const auto& [name, count] : seen) CHECK(count <= 1);
}

TEST_CASE("a listing that is left half done starts anew with cookie 0", "[wasi][fd_readdir]") {
  TempTree tree;
  for (int i = 0; i < 40; ++i) tree.write("root/" + number_name("f", i), "");
  Guest guest(tree);
  read_once(guest, kRoot, 300, 0);
  tree.write("root/new", "");
  const auto names = list(guest, kRoot);
  CHECK(names.size() == 43);
  CHECK(names.count("new") == 1);
}

TEST_CASE("listing does not move an opened directory's other users", "[wasi][fd_readdir]") {
  TempTree tree;
  for (int i = 0; i < 40; ++i) tree.write("root/" + number_name("f", i), "");
  Guest guest(tree);
  const uint32_t a = guest.open("."), b = guest.open(".");
  read_once(guest, a, 300, 0);
  const uint64_t cookie = entries_in(guest, 300).back().next;
  CHECK(list(guest, b).size() == 42);
  read_once(guest, a, 4096, cookie);
  CHECK(entries_in(guest, guest.get<uint32_t>(kResult)).size() < 42);
}

TEST_CASE("a listing goes on under a new number", "[wasi][fd_readdir][fd_renumber]") {
  TempTree tree;
  for (int i = 0; i < 40; ++i) tree.write("root/" + number_name("f", i), "");
  Guest guest(tree);
  const uint32_t a = guest.open("."), b = guest.open(".");
  read_once(guest, a, 300, 0);
  const auto first = entries_in(guest, 300);
  REQUIRE(guest.call("fd_renumber", a, b) == Errno::Success);
  read_once(guest, b, 4096, first.back().next);
  CHECK(entries_in(guest, guest.get<uint32_t>(kResult)).size() == 42 - first.size());
}

TEST_CASE("a cookie of one descriptor works on another of the same directory", "[wasi][fd_readdir]") {
  TempTree tree;
  for (int i = 0; i < 40; ++i) tree.write("root/" + number_name("f", i), "");
  Guest guest(tree);
  read_once(guest, kRoot, 300, 0);
  const auto first = entries_in(guest, 300);
  read_once(guest, guest.open("."), 4096, first.back().next);
  CHECK(entries_in(guest, guest.get<uint32_t>(kResult)).size() == 42 - first.size());
}

TEST_CASE("a directory is listed through a link, and by a slash", "[wasi][fd_readdir]") {
  TempTree tree;
  tree.mkdir("root/d");
  tree.write("root/d/inner", "");
  tree.symlink("d", "root/l");
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"l", "l/", "d/", "d/."}) CHECK(list(guest, guest.open(path)).count("inner") == 1);
}

TEST_CASE("read-only trees are listed", "[wasi][fd_readdir][read_only]") {
  TempTree tree;
  tree.write("root/f", "");
  Guest guest(tree, on_both_resolvers(), true);
  CHECK(list(guest, kRoot) == std::set<std::string>{".", "..", "f"});
}

TEST_CASE("files, pipes and closed numbers are not listed", "[wasi][fd_readdir]") {
  TempTree tree;
  tree.write("root/f", "");
  Guest guest(tree);
  Pipe pipe;
  const uint32_t end = guest.adopt(pipe.give(0), FileType::Unknown);
  const uint32_t file = guest.open("f");
  for (const uint32_t fd : {end, file}) {
    CHECK(guest.call("fd_readdir", fd, kBuffer, 100, 0, kResult) == Errno::Notdir);
  }
  REQUIRE(guest.call("fd_close", file) == Errno::Success);
  CHECK(guest.call("fd_readdir", file, kBuffer, 100, 0, kResult) == Errno::Badf);
}

TEST_CASE("a directory's position is nothing that can be sought", "[wasi][fd_readdir][fd_seek]") {
  TempTree tree;
  tree.mkdir("root/d");
  Guest guest(tree);
  const uint32_t d = guest.open("d");
  for (const int whence : {0, 1, 2}) CHECK(guest.call("fd_seek", d, 0, whence, kResult) == Errno::Badf);
  CHECK(guest.call("fd_tell", d, kResult) == Errno::Badf);
}

}  // namespace wasmrun::wasi
