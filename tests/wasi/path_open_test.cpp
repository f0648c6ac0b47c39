// path_open: access modes, flags, errors of paths, and which descriptor it gives.
#include <dirent.h>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

TEST_CASE("a file that is not there can be created only with CREAT", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "f") == Errno::Noent);
  CHECK(guest.path_open(kRoot, "f", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Success);
  CHECK(tree.exists("root/f"));
  CHECK(guest.path_open(kRoot, "f", {.oflags = oflags::kCreat | oflags::kExcl, .rights = kReadWrite}) == Errno::Exist);
  CHECK(guest.path_open(kRoot, "no/f", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Noent);
}

TEST_CASE("created files have mode 0666 less the umask", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  const mode_t before = ::umask(027);
  guest.open("f", {.oflags = oflags::kCreat, .rights = kReadWrite});
  REQUIRE(guest.call("path_create_directory", kRoot, "d") == Errno::Success);
  ::umask(before);
  struct stat status;
  REQUIRE(::stat(tree.path("root/f").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
  REQUIRE(::stat(tree.path("root/d").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0750);
}

TEST_CASE("CREAT with DIRECTORY is invalid and creates nothing", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "f", {.oflags = oflags::kCreat | oflags::kDirectory, .rights = kReadWrite}) ==
        Errno::Inval);
  CHECK_FALSE(tree.exists("root/f"));
}

TEST_CASE("the requested rights choose between reading and writing", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "text");
  const uint32_t reader = guest.open("f", {.rights = rights::kFdRead});
  const uint32_t writer = guest.open("f", {.rights = rights::kFdWrite});
  const uint32_t both = guest.open("f", {.rights = kReadWrite});
  const uint32_t none = guest.open("f", {.rights = 0});
  CHECK(guest.write(reader, "x") == Errno::Badf);
  CHECK(guest.write(none, "x") == Errno::Badf);
  CHECK(guest.read_all(reader) == "text");
  CHECK(guest.read_all(none) == "text");
  guest.iovec_at(0x200, kBuffer, 10);
  CHECK(guest.call("fd_read", writer, 0x200, 1, kResult) == Errno::Badf);
  CHECK(guest.write(writer, "T") == Errno::Success);
  CHECK(guest.read_all(both) == "Text");
  CHECK(guest.write(both, "!") == Errno::Success);
  CHECK(tree.read("root/f") == "Text!");
}

TEST_CASE("TRUNC empties a file even when nothing else is asked for", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "text");
  CHECK(guest.path_open(kRoot, "f", {.oflags = oflags::kTrunc, .rights = 0}) == Errno::Success);
  CHECK(tree.read("root/f").empty());
}

TEST_CASE("a directory cannot be opened for writing, but with all reading rights", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.mkdir("root/d");
  CHECK(guest.path_open(kRoot, "d", {.rights = rights::kFdWrite}) == Errno::Isdir);
  CHECK(guest.path_open(kRoot, "d", {.oflags = oflags::kDirectory, .rights = kReadWrite}) == Errno::Isdir);
  CHECK(guest.path_open(kRoot, "d", {.rights = rights::kAll & ~(kWriteRights | rights::kFdDatasync)}) ==
        Errno::Success);
  CHECK(guest.path_open(kRoot, ".", {.rights = rights::kFdRead | rights::kFdSeek}) == Errno::Success);
}

TEST_CASE("a directory is opened again with the rights it has", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  REQUIRE(guest.call("fd_fdstat_get", kRoot, kResult) == Errno::Success);
  const auto base = guest.get<uint64_t>(kResult + 8), inheriting = guest.get<uint64_t>(kResult + 16);
  CHECK(guest.call("path_open", kRoot, 0, ".", oflags::kDirectory, base, inheriting, 0, kResult) == Errno::Success);
}

TEST_CASE("a file opened for changing its size alone can be resized", "[wasi][path_open][fd_filestat_set_size]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "12345");
  const uint32_t fd = guest.open("f", {.rights = rights::kFdFilestatSetSize});
  CHECK(guest.call("fd_filestat_set_size", fd, 2) == Errno::Success);
  CHECK(tree.read("root/f") == "12");
}

TEST_CASE("DIRECTORY refuses files", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "text");
  tree.symlink("f", "root/l");
  CHECK(guest.path_open(kRoot, "f", {.oflags = oflags::kDirectory}) == Errno::Notdir);
  CHECK(guest.path_open(kRoot, "l", {.oflags = oflags::kDirectory}) == Errno::Notdir);
  CHECK(guest.path_open(kRoot, "f/x") == Errno::Notdir);
}

TEST_CASE("a trailing slash demands a directory", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "text");
  tree.mkdir("root/d");
  tree.symlink("d", "root/l");
  CHECK(guest.path_open(kRoot, "f/") == Errno::Notdir);
  CHECK(guest.path_open(kRoot, "d/") == Errno::Success);
  CHECK(guest.path_open(kRoot, "d///") == Errno::Success);
  CHECK(guest.path_open(kRoot, "l/", {.follow = false}) == Errno::Success);
  CHECK(guest.path_open(kRoot, "no/") == Errno::Noent);
  CHECK(guest.path_open(kRoot, "new/", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Isdir);
  CHECK_FALSE(tree.exists("root/new"));
}

TEST_CASE("a link is opened only when following is asked for", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "text");
  tree.mkdir("root/d");
  tree.symlink("f", "root/l");
  tree.symlink("d", "root/ld");
  CHECK(guest.path_open(kRoot, "l", {.follow = false}) == Errno::Loop);
  CHECK(guest.path_open(kRoot, "l", {.rights = 0, .follow = false}) == Errno::Loop);
  const Reply directory = guest.path_open(kRoot, "ld", {.oflags = oflags::kDirectory, .follow = false});
  CHECK((directory == Errno::Notdir || directory == Errno::Loop));
  CHECK(guest.read_all(guest.open("l")) == "text");
  CHECK(guest.path_open(kRoot, "ld/../l") == Errno::Success);
}

TEST_CASE("paths are checked before they are looked up", "[wasi][path_open][attack][attack28][attack29]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "") == Errno::Noent);
  CHECK(guest.path_open(kRoot, std::string("a\0b", 3)) == Errno::Inval);
  CHECK(guest.path_open(kRoot, std::string("a\0", 2)) == Errno::Inval);
  CHECK(guest.path_open(kRoot, std::string(256, 'x')) == Errno::Nametoolong);
  CHECK(guest.path_open(kRoot, std::string(255, 'x')) == Errno::Noent);
  CHECK(guest.path_open(kRoot, std::string(4096, '.')) == Errno::Nametoolong);
  CHECK(guest.path_open(kRoot, std::string(20000, 'x')) == Errno::Nametoolong);
  std::string dots;
  while (dots.size() < 4094) dots += "./";
  CHECK(guest.path_open(kRoot, dots + ".") == Errno::Success);
}

TEST_CASE("names are bytes", "[wasi][path_open][attack][attack30]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  for (const std::string& name :
       {std::string("\xff\xfe"), std::string("a\nb"), std::string("-rf"), std::string("a\\b"), std::string("e\xcc\x81"),
        std::string("\xc3\xa9"), std::string("..."), std::string("..a"), std::string(" ")}) {
    INFO(name);
    CHECK(guest.path_open(kRoot, name, {.oflags = oflags::kCreat | oflags::kExcl, .rights = kReadWrite}) ==
          Errno::Success);
    CHECK(tree.exists("root/" + name));
  }
}

TEST_CASE("unknown flags are invalid", "[wasi][path_open][attack][attack40]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "text");
  CHECK(guest.call("path_open", kRoot, 2, "f", 0, 0, 0, 0, kResult) == Errno::Inval);
  CHECK(guest.call("path_open", kRoot, 0, "f", 16, 0, 0, 0, kResult) == Errno::Inval);
  CHECK(guest.call("path_open", kRoot, 0, "f", 0, 0, 0, 32, kResult) == Errno::Inval);
  CHECK(guest.call("path_open", kRoot, 0, "f", 0x10000, 0, 0, 0, kResult) == Errno::Inval);
  CHECK(guest.call("path_open", kRoot, 0, "f", 0, 0, 0, 0x10000, kResult) == Errno::Inval);
}

TEST_CASE("the start must be an open directory", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "text");
  const uint32_t file = guest.open("f");
  CHECK(guest.path_open(file, "f") == Errno::Notdir);
  CHECK(guest.path_open(77, "f") == Errno::Badf);
  CHECK(guest.path_open(0xffffffff, "f") == Errno::Badf);
}

TEST_CASE("an open takes the lowest free number", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "text");
  const uint32_t a = guest.open("f"), b = guest.open("f"), c = guest.open("f");
  CHECK(a == 4);
  CHECK(b == 5);
  CHECK(c == 6);
  CHECK(guest.call("fd_close", a) == Errno::Success);
  CHECK(guest.call("fd_close", b) == Errno::Success);
  CHECK(guest.open("f") == a);
  CHECK(guest.open("f") == b);
  CHECK(guest.open("f") == 7);
}

TEST_CASE("APPEND writes at the end", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "text");
  const uint32_t fd = guest.open("f", {.rights = kReadWrite, .fdflags = fdflags::kAppend});
  CHECK(guest.write(fd, "+") == Errno::Success);
  CHECK(tree.read("root/f") == "text+");
  CHECK(guest.call("fd_fdstat_get", fd, kResult) == Errno::Success);
  CHECK(guest.get<uint16_t>(kResult + 2) == fdflags::kAppend);
}

TEST_CASE("dropped rights limit what can be opened", "[wasi][path_open][fd_fdstat_set_rights]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "text");
  tree.mkdir("root/d");
  const uint32_t dir = guest.open("d/..", {.oflags = oflags::kDirectory});
  REQUIRE(guest.call("fd_fdstat_set_rights", dir, rights::kPathOpen, rights::kBelowDirectory & ~kWriteRights) ==
          Errno::Success);
  CHECK(guest.path_open(dir, "f", {.oflags = oflags::kTrunc}) == Errno::Notcapable);
  CHECK(guest.path_open(dir, "g", {.oflags = oflags::kCreat}) == Errno::Notcapable);
  CHECK(guest.call("path_open", dir, 1, "f", 0, rights::kFdWrite, 0, 0, kResult) == Errno::Notcapable);
  CHECK(guest.call("path_open", dir, 1, "f", 0, rights::kFdRead, 0, 0, kResult) == Errno::Success);
  CHECK(guest.call("path_create_directory", dir, "e") == Errno::Notcapable);
  CHECK(tree.read("root/f") == "text");
}

TEST_CASE("opening leaves no host descriptor behind", "[wasi][path_open]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.mkdir("root/a/b");
  tree.write("root/a/b/f", "x");
  tree.symlink("a/b/../b", "root/l");
  const auto count = [] {
    int descriptors = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++descriptors;
    return descriptors;
  };
  const int before = count();
  for (int i = 0; i < 20; ++i) {
    const uint32_t fd = guest.open("l/f");
    CHECK(guest.call("fd_close", fd) == Errno::Success);
    CHECK(guest.path_open(kRoot, "l/none") == Errno::Noent);
    CHECK(guest.path_open(kRoot, "a/../../x") == Errno::Perm);
    CHECK(guest.call("path_filestat_get", kRoot, 1, "l/f", kResult) == Errno::Success);
    CHECK(guest.call("path_rename", kRoot, "l/f", kRoot, "a/b/f") == Errno::Success);
    // A bad result pointer traps before anything is opened.
    CHECK_FALSE(guest.call("path_open", kRoot, 1, "l/f", 0, 0, 0, 0, 0xfffffffe).trap.empty());
  }
  CHECK(count() == before);
}

}  // namespace wasmrun::wasi
