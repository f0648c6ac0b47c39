// Calls on names: mkdir, rmdir, unlink, rename, link, symlink, readlink, and what a trailing slash means to each.
#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

TEST_CASE("path_create_directory makes one directory", "[wasi][path_create_directory]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_create_directory", kRoot, "d") == Errno::Success);
  CHECK(guest.call("path_create_directory", kRoot, "d/e/") == Errno::Success);
  CHECK(std::filesystem::is_directory(tree.path("root/d/e")));
  CHECK(guest.call("path_create_directory", kRoot, "d") == Errno::Exist);
  CHECK(guest.call("path_create_directory", kRoot, "no/d") == Errno::Noent);
  CHECK(guest.call("path_create_directory", kRoot, ".") == Errno::Exist);
  CHECK(guest.call("path_create_directory", kRoot, "d/..") == Errno::Exist);
  CHECK(guest.call("path_create_directory", kRoot, "..") == Errno::Perm);
  CHECK(guest.call("path_create_directory", kRoot, "") == Errno::Noent);
}

TEST_CASE("path_create_directory does not go through a link at the end", "[wasi][path_create_directory]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.symlink("target", "root/l");
  CHECK(guest.call("path_create_directory", kRoot, "l") == Errno::Exist);
  CHECK_FALSE(tree.exists("root/target"));
}

TEST_CASE("path_remove_directory removes empty directories only", "[wasi][path_remove_directory]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.mkdir("root/d/e");
  tree.write("root/f", "x");
  tree.symlink("d", "root/l");
  CHECK(guest.call("path_remove_directory", kRoot, "d") == Errno::Notempty);
  CHECK(guest.call("path_remove_directory", kRoot, "d/e/") == Errno::Success);
  CHECK(guest.call("path_remove_directory", kRoot, "f") == Errno::Notdir);
  CHECK(guest.call("path_remove_directory", kRoot, "f/") == Errno::Notdir);
  CHECK(guest.call("path_remove_directory", kRoot, "l") == Errno::Notdir);
  CHECK(guest.call("path_remove_directory", kRoot, ".") == Errno::Inval);
  CHECK(guest.call("path_remove_directory", kRoot, "d/.") == Errno::Inval);
  CHECK(guest.call("path_remove_directory", kRoot, "d/..") == Errno::Notempty);
  CHECK(guest.call("path_remove_directory", kRoot, "d") == Errno::Success);
  CHECK(guest.call("path_remove_directory", kRoot, "d") == Errno::Noent);
}

TEST_CASE("path_unlink_file removes files and links, not directories", "[wasi][path_unlink_file]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.mkdir("root/d");
  tree.write("root/f", "x");
  tree.symlink("f", "root/l");
  tree.symlink("d", "root/ld");
  CHECK(guest.call("path_unlink_file", kRoot, "d") == Errno::Isdir);
  CHECK(guest.call("path_unlink_file", kRoot, "d/") == Errno::Isdir);
  CHECK(guest.call("path_unlink_file", kRoot, ".") == Errno::Isdir);
  CHECK(guest.call("path_unlink_file", kRoot, "f/") == Errno::Notdir);
  CHECK(guest.call("path_unlink_file", kRoot, "l") == Errno::Success);
  CHECK(guest.call("path_unlink_file", kRoot, "ld") == Errno::Success);
  CHECK(tree.exists("root/f"));
  CHECK(tree.exists("root/d"));
  CHECK(guest.call("path_unlink_file", kRoot, "f") == Errno::Success);
  CHECK(guest.call("path_unlink_file", kRoot, "f") == Errno::Noent);
}

TEST_CASE("path_rename replaces files", "[wasi][path_rename]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/a", "a");
  tree.write("root/b", "b");
  tree.mkdir("root/d");
  CHECK(guest.call("path_rename", kRoot, "a", kRoot, "b") == Errno::Success);
  CHECK(tree.read("root/b") == "a");
  CHECK_FALSE(tree.exists("root/a"));
  CHECK(guest.call("path_rename", kRoot, "b", kRoot, "d/../c") == Errno::Success);
  CHECK(guest.call("path_rename", kRoot, "c", kRoot, "c") == Errno::Success);
  CHECK(guest.call("path_rename", kRoot, "none", kRoot, "c") == Errno::Noent);
  CHECK(guest.call("path_rename", kRoot, "c", kRoot, "d") == Errno::Isdir);
  CHECK(guest.call("path_rename", kRoot, "c", kRoot, "d/") != Errno::Success);
  CHECK(guest.call("path_rename", kRoot, "c", kRoot, "new/") == Errno::Notdir);
  CHECK(guest.call("path_rename", kRoot, "c/", kRoot, "e") == Errno::Notdir);
  CHECK(tree.read("root/c") == "a");
}

TEST_CASE("path_rename moves directories onto empty ones", "[wasi][path_rename]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.mkdir("root/d/x");
  tree.mkdir("root/empty");
  tree.mkdir("root/full/x");
  tree.write("root/f", "f");
  CHECK(guest.call("path_rename", kRoot, "d", kRoot, "full") == Errno::Notempty);
  CHECK(guest.call("path_rename", kRoot, "d", kRoot, "f") == Errno::Notdir);
  CHECK(guest.call("path_rename", kRoot, "d", kRoot, "d/x/y") == Errno::Inval);
  CHECK(guest.call("path_rename", kRoot, "d/", kRoot, "empty/") == Errno::Success);
  CHECK(tree.exists("root/empty/x"));
  CHECK(guest.call("path_rename", kRoot, "empty/.", kRoot, "g") == Errno::Busy);
  CHECK(guest.call("path_rename", kRoot, "empty", kRoot, "full/..") == Errno::Busy);
}

TEST_CASE("path_rename renames a link itself", "[wasi][path_rename]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.symlink("nowhere", "root/l");
  CHECK(guest.call("path_rename", kRoot, "l", kRoot, "m") == Errno::Success);
  CHECK(std::filesystem::read_symlink(tree.path("root/m")) == "nowhere");
}

TEST_CASE("path_rename works between directories' descriptors", "[wasi][path_rename]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.mkdir("root/a");
  tree.mkdir("root/b");
  tree.write("root/a/f", "f");
  const uint32_t a = guest.open("a"), b = guest.open("b");
  CHECK(guest.call("path_rename", a, "f", b, "g") == Errno::Success);
  CHECK(tree.read("root/b/g") == "f");
}

TEST_CASE("path_link makes a second name of the same file", "[wasi][path_link]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "f");
  tree.mkdir("root/d");
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "d/g") == Errno::Success);
  CHECK(guest.call("path_filestat_get", kRoot, 0, "f", kResult) == Errno::Success);
  const auto inode = guest.get<uint64_t>(kResult + 8);
  CHECK(guest.get<uint64_t>(kResult + 24) == 2);
  CHECK(guest.call("path_filestat_get", kRoot, 0, "d/g", kResult) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult + 8) == inode);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "d/g") == Errno::Exist);
  CHECK(guest.call("path_link", kRoot, 0, "d", kRoot, "e") == Errno::Perm);
  CHECK(guest.call("path_link", kRoot, 0, "d/", kRoot, "e") == Errno::Perm);
  CHECK(guest.call("path_link", kRoot, 0, ".", kRoot, "e") == Errno::Perm);
  CHECK(guest.call("path_link", kRoot, 0, "f/", kRoot, "e") == Errno::Notdir);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "e/") == Errno::Noent);
  CHECK(guest.call("path_link", kRoot, 1, "f", kRoot, "e") == Errno::Inval);
  CHECK(guest.call("path_link", kRoot, 0, "none", kRoot, "e") == Errno::Noent);
  CHECK_FALSE(tree.exists("root/e"));
}

TEST_CASE("path_symlink stores its target as it is", "[wasi][path_symlink]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  for (const std::string& target : {std::string("f"), std::string("../x"), std::string("a//b/./"), std::string("d/")}) {
    CHECK(guest.call("path_symlink", target, kRoot, "l") == Errno::Success);
    CHECK(guest.call("path_readlink", kRoot, "l", kBuffer, 100, kResult) == Errno::Success);
    CHECK(guest.text(kBuffer, guest.get<uint32_t>(kResult)) == target);
    CHECK(guest.call("path_unlink_file", kRoot, "l") == Errno::Success);
  }
}

TEST_CASE("path_symlink refuses absolute and malformed targets", "[wasi][path_symlink][attack][attack6][attack28]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_symlink", "/etc/passwd", kRoot, "l") == Errno::Perm);
  CHECK(guest.call("path_symlink", "", kRoot, "l") == Errno::Noent);
  CHECK(guest.call("path_symlink", std::string("a\0b", 3), kRoot, "l") == Errno::Inval);
  CHECK(guest.call("path_symlink", std::string(5000, 'x'), kRoot, "l") == Errno::Nametoolong);
  CHECK(guest.call("path_symlink", "x", kRoot, std::string("l\0", 2)) == Errno::Inval);
  CHECK_FALSE(tree.exists("root/l"));
}

TEST_CASE("path_symlink with a slash after the new name", "[wasi][path_symlink]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.mkdir("root/d");
  tree.write("root/f", "f");
  CHECK(guest.call("path_symlink", "x", kRoot, "new/") == Errno::Noent);
  CHECK(guest.call("path_symlink", "x", kRoot, "d/") == Errno::Exist);
  CHECK(guest.call("path_symlink", "x", kRoot, "d") == Errno::Exist);
  CHECK(guest.call("path_symlink", "x", kRoot, "f/") == Errno::Notdir);
  CHECK(guest.call("path_symlink", "x", kRoot, "f") == Errno::Exist);
}

TEST_CASE("path_readlink cuts off what does not fit", "[wasi][path_readlink]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.symlink("target", "root/l");
  tree.write("root/f", "f");
  tree.mkdir("root/d");
  CHECK(guest.call("path_readlink", kRoot, "l", kBuffer, 3, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 3);
  CHECK(guest.text(kBuffer, 3) == "tar");
  CHECK(guest.call("path_readlink", kRoot, "l", kBuffer, 0, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
  CHECK(guest.call("path_readlink", kRoot, "d/../l", kBuffer, 6, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 6);
  CHECK(guest.call("path_readlink", kRoot, "f", kBuffer, 10, kResult) == Errno::Inval);
  CHECK(guest.call("path_readlink", kRoot, "d", kBuffer, 10, kResult) == Errno::Inval);
  CHECK(guest.call("path_readlink", kRoot, ".", kBuffer, 10, kResult) == Errno::Inval);
  CHECK(guest.call("path_readlink", kRoot, "none", kBuffer, 10, kResult) == Errno::Noent);
}

TEST_CASE("calls on names want a directory to start from", "[wasi][path_rename]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  tree.write("root/f", "f");
  const uint32_t file = guest.open("f");
  for (const auto& [fd, error] : {std::pair{file, Errno::Notdir}, std::pair{999u, Errno::Badf}}) {
    CHECK(guest.call("path_create_directory", fd, "x") == error);
    CHECK(guest.call("path_remove_directory", fd, "x") == error);
    CHECK(guest.call("path_unlink_file", fd, "x") == error);
    CHECK(guest.call("path_readlink", fd, "x", kBuffer, 10, kResult) == error);
    CHECK(guest.call("path_symlink", "x", fd, "x") == error);
    CHECK(guest.call("path_link", fd, 0, "x", kRoot, "x") == error);
    CHECK(guest.call("path_link", kRoot, 0, "f", fd, "x") == error);
    CHECK(guest.call("path_rename", fd, "x", kRoot, "x") == error);
    CHECK(guest.call("path_rename", kRoot, "f", fd, "x") == error);
    CHECK(guest.call("path_filestat_get", fd, 0, "x", kResult) == error);
    CHECK(guest.call("path_filestat_set_times", fd, 0, "x", 0, 0, 0) == error);
  }
}

}  // namespace wasmrun::wasi
