// path_symlink, path_readlink, path_link, case by case.
#include "tests/wasi/behaviour.h"

namespace wasmrun::wasi {

namespace {
struct Tree : TempTree {
  Tree() {
    write("root/f", "text");
    mkdir("root/d/e");
    symlink("f", "root/l");
    symlink("d", "root/ld");
    symlink("none", "root/dangling");
  }
};
std::string target(Guest& guest, const std::string& path, uint32_t room = 4096) {
  REQUIRE(guest.call("path_readlink", kRoot, path, kBuffer, room, kResult) == Errno::Success);
  return guest.text(kBuffer, guest.get<uint32_t>(kResult));
}
}  // namespace

TEST_CASE("path_readlink writes no byte after the target", "[wasi][path_readlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  guest.put(kBuffer, "########");
  CHECK(target(guest, "ld") == "d");
  CHECK(guest.text(kBuffer, 8) == "d#######");
}

TEST_CASE("path_readlink with just enough room says the whole size", "[wasi][path_readlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(target(guest, "dangling", 4) == "none");
  CHECK(target(guest, "dangling", 3) == "non");
}

TEST_CASE("path_readlink does not follow the last link", "[wasi][path_readlink]") {
  Tree tree;
  tree.symlink("l", "root/ll");
  Guest guest(tree, on_both_resolvers());
  CHECK(target(guest, "ll") == "l");
}

TEST_CASE("path_readlink follows links before the last name", "[wasi][path_readlink]") {
  Tree tree;
  tree.symlink("../f", "root/d/m");
  Guest guest(tree, on_both_resolvers());
  CHECK(target(guest, "ld/m") == "../f");
  CHECK(target(guest, "./ld/e/../m") == "../f");
}

TEST_CASE("path_readlink of what is no link is Inval", "[wasi][path_readlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"f", "d", ".", "d/..", "d/e"}) {
    INFO(path);
    CHECK(guest.call("path_readlink", kRoot, path, kBuffer, 100, kResult) == Errno::Inval);
  }
}

TEST_CASE("path_readlink looks paths up as other calls do", "[wasi][path_readlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const auto error = [&](const std::string& path) {
    return guest.call("path_readlink", kRoot, path, kBuffer, 100, kResult);
  };
  CHECK(error("none") == Errno::Noent);
  CHECK(error("no/l") == Errno::Noent);
  CHECK(error("f/l") == Errno::Notdir);
  CHECK(error("") == Errno::Noent);
  CHECK(error("/l") == Errno::Perm);
  CHECK(error("../root/l") == Errno::Perm);
  CHECK(error(std::string(300, 'x')) == Errno::Nametoolong);
}

TEST_CASE("a target of 4095 bytes is stored and read", "[wasi][path_symlink][path_readlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const std::string longest(4095, 'x');
  REQUIRE(guest.call("path_symlink", longest, kRoot, "long") == Errno::Success);
  CHECK(target(guest, "long") == longest);
  CHECK(guest.path_open(kRoot, "long") == Errno::Nametoolong);
  CHECK(guest.call("path_symlink", longest + "x", kRoot, "longer") == Errno::Nametoolong);
}

TEST_CASE("targets are bytes", "[wasi][path_symlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const std::string& text : {std::string("\xff\xfe"), std::string("a\nb"), std::string("c:\\x"), std::string(" ")}) {
    REQUIRE(guest.call("path_symlink", text, kRoot, "new") == Errno::Success);
    CHECK(target(guest, "new") == text);
    REQUIRE(guest.call("path_unlink_file", kRoot, "new") == Errno::Success);
  }
}

TEST_CASE("a link may be dangling, or lead to itself", "[wasi][path_symlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_symlink", "nowhere/at/all", kRoot, "a") == Errno::Success);
  CHECK(guest.path_open(kRoot, "a") == Errno::Noent);
  CHECK(guest.call("path_symlink", "b", kRoot, "b") == Errno::Success);
  CHECK(guest.path_open(kRoot, "b") == Errno::Loop);
  CHECK(guest.call("path_filestat_get", kRoot, 1, "b", kResult) == Errno::Loop);
  CHECK(guest.call("path_filestat_get", kRoot, 0, "b", kResult) == Errno::Success);
}

TEST_CASE("path_symlink does not replace anything", "[wasi][path_symlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"f", "d", "l", "ld", "dangling", ".", "d/.."}) {
    INFO(path);
    CHECK(guest.call("path_symlink", "x", kRoot, path) == Errno::Exist);
  }
  CHECK(target(guest, "dangling") == "none");
}

TEST_CASE("path_symlink needs the directory of the new name", "[wasi][path_symlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_symlink", "x", kRoot, "no/new") == Errno::Noent);
  CHECK(guest.call("path_symlink", "x", kRoot, "f/new") == Errno::Notdir);
  CHECK(guest.call("path_symlink", "x", kRoot, "dangling/new") == Errno::Noent);
  CHECK(guest.call("path_symlink", "x", kRoot, "ld/new") == Errno::Success);
  CHECK(target(guest, "d/new") == "x");
}

TEST_CASE("a link's target is relative to the link, not to who opens it", "[wasi][path_symlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  REQUIRE(guest.call("path_symlink", "../../f", kRoot, "d/e/up") == Errno::Success);
  CHECK(guest.read_all(guest.open("d/e/up")) == "text");
  CHECK(guest.path_open(guest.open("d"), "e/up") == Errno::Perm);
}

TEST_CASE("path_symlink in a read-only tree is Perm, or Exist", "[wasi][path_symlink][read_only][attack][attack26]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers(), true);
  CHECK(guest.call("path_symlink", "x", kRoot, "new") == Errno::Perm);
  CHECK(guest.call("path_symlink", "x", kRoot, "d/new") == Errno::Perm);
  CHECK(guest.call("path_symlink", "x", kRoot, "f") == Errno::Exist);
  CHECK(guest.call("path_symlink", "x", kRoot, "no/new") == Errno::Noent);
  CHECK_FALSE(tree.exists("root/new"));
}

TEST_CASE("the size of a link is that of its target", "[wasi][path_filestat_get]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  REQUIRE(guest.call("path_filestat_get", kRoot, 0, "dangling", kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::SymbolicLink);
  CHECK(guest.get<uint64_t>(kResult + 32) == 4);
}

TEST_CASE("both names of a file have one inode and count each other", "[wasi][path_link]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  REQUIRE(guest.call("path_link", kRoot, 0, "f", kRoot, "g") == Errno::Success);
  const struct stat f = host_status(tree, "root/f"), g = host_status(tree, "root/g");
  CHECK(f.st_ino == g.st_ino);
  CHECK(f.st_nlink == 2);
  REQUIRE(guest.call("path_unlink_file", kRoot, "f") == Errno::Success);
  CHECK(guest.read_all(guest.open("g")) == "text");
}

TEST_CASE("path_link of a link makes another name of the link", "[wasi][path_link]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  REQUIRE(guest.call("path_link", kRoot, 0, "dangling", kRoot, "other") == Errno::Success);
  CHECK(target(guest, "other") == "none");
  CHECK(host_status(tree, "root/other").st_ino == host_status(tree, "root/dangling").st_ino);
}

TEST_CASE("path_link does not replace anything", "[wasi][path_link]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"f", "d", "l", "dangling", ".", "d/.."}) {
    INFO(path);
    CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, path) == Errno::Exist);
  }
}

TEST_CASE("path_link works between directories' descriptors and through links on the way", "[wasi][path_link]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/d/g", "g");
  const uint32_t d = guest.open("d");
  CHECK(guest.call("path_link", d, 0, "g", kRoot, "g") == Errno::Success);
  CHECK(guest.call("path_link", kRoot, 0, "ld/g", d, "e/h") == Errno::Success);
  CHECK(tree.read("root/d/e/h") == "g");
}

TEST_CASE("path_link needs the source and the directory of the new name", "[wasi][path_link]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_link", kRoot, 0, "none", kRoot, "new") == Errno::Noent);
  CHECK(guest.call("path_link", kRoot, 0, "f/x", kRoot, "new") == Errno::Notdir);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "no/new") == Errno::Noent);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "f/new") == Errno::Notdir);
  CHECK(guest.call("path_link", kRoot, 0, "", kRoot, "new") == Errno::Noent);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "") == Errno::Noent);
  CHECK(guest.call("path_link", kRoot, 0, "/f", kRoot, "new") == Errno::Perm);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "../new") == Errno::Perm);
  CHECK_FALSE(tree.exists("root/new"));
}

TEST_CASE("path_link in a read-only tree is Noent without a source, else Perm", "[wasi][path_link][read_only]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers(), true);
  CHECK(guest.call("path_link", kRoot, 0, "none", kRoot, "new") == Errno::Noent);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "new") == Errno::Perm);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "no/new") == Errno::Noent);
  CHECK_FALSE(tree.exists("root/new"));
}

TEST_CASE("directories get no second name", "[wasi][path_link]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"d", "d/e", ".", "d/..", "d/"}) {
    INFO(path);
    CHECK(guest.call("path_link", kRoot, 0, path, kRoot, "new") == Errno::Perm);
  }
  CHECK_FALSE(tree.exists("root/new"));
}

TEST_CASE("a link is not followed to get a second name of its target", "[wasi][path_link]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const uint32_t flags : {1u, 2u, 0x80000000u, 0xffffffffu}) {
    CHECK(guest.call("path_link", kRoot, flags, "l", kRoot, "new") == Errno::Inval);
  }
  CHECK_FALSE(tree.exists("root/new"));
}

}  // namespace wasmrun::wasi
