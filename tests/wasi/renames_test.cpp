// path_rename, path_create_directory, path_remove_directory, path_unlink_file, case by case.
#include "tests/wasi/behaviour.h"

namespace wasmrun::wasi {

namespace {
struct Tree : TempTree {
  Tree() {
    write("root/a", "a");
    write("root/b", "b");
    mkdir("root/d/e");
    mkdir("root/empty");
    symlink("a", "root/l");
    symlink("d", "root/ld");
  }
};
}  // namespace

TEST_CASE("a rename keeps the inode and what is open", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const auto inode = host_status(tree, "root/a").st_ino;
  const uint32_t fd = guest.open("a");
  REQUIRE(guest.call("path_rename", kRoot, "a", kRoot, "d/c") == Errno::Success);
  CHECK(host_status(tree, "root/d/c").st_ino == inode);
  CHECK(guest.read_all(fd) == "a");
}

TEST_CASE("a file that is replaced stays usable where it is open", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const uint32_t fd = guest.open("b");
  REQUIRE(guest.call("path_rename", kRoot, "a", kRoot, "b") == Errno::Success);
  CHECK(guest.read_all(fd) == "b");
  CHECK(tree.read("root/b") == "a");
}

TEST_CASE("a rename onto itself changes nothing", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_rename", kRoot, "a", kRoot, "./a") == Errno::Success);
  CHECK(guest.call("path_rename", kRoot, "d", kRoot, "d") == Errno::Success);
  CHECK(guest.call("path_rename", kRoot, "a", kRoot, "ld/../a") == Errno::Success);
  CHECK(tree.read("root/a") == "a");
}

TEST_CASE("a rename onto another name of the same file leaves both", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  REQUIRE(guest.call("path_link", kRoot, 0, "a", kRoot, "c") == Errno::Success);
  CHECK(guest.call("path_rename", kRoot, "a", kRoot, "c") == Errno::Success);
  CHECK(tree.exists("root/a"));
  CHECK(tree.exists("root/c"));
}

TEST_CASE("a rename replaces a link, not what it leads to", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_rename", kRoot, "b", kRoot, "l") == Errno::Success);
  CHECK(tree.read("root/a") == "a");
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(tree.path("root/l"))));
}

TEST_CASE("a link can replace a file", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_rename", kRoot, "ld", kRoot, "b") == Errno::Success);
  CHECK(std::filesystem::read_symlink(tree.path("root/b")) == "d");
}

TEST_CASE("a directory replaces neither a file nor a link to a directory", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_rename", kRoot, "d", kRoot, "a") == Errno::Notdir);
  CHECK(guest.call("path_rename", kRoot, "empty", kRoot, "ld") == Errno::Notdir);
}

TEST_CASE("neither a file nor a link replaces a directory", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_rename", kRoot, "a", kRoot, "empty") == Errno::Isdir);
  CHECK(guest.call("path_rename", kRoot, "l", kRoot, "empty") == Errno::Isdir);
  CHECK(guest.call("path_rename", kRoot, "a", kRoot, "d") == Errno::Isdir);
}

TEST_CASE("a directory does not go below itself", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_rename", kRoot, "d", kRoot, "d/new") == Errno::Inval);
  CHECK(guest.call("path_rename", kRoot, "d", kRoot, "d/e/new") == Errno::Inval);
  CHECK(guest.call("path_rename", kRoot, "d", kRoot, "ld/new") == Errno::Inval);
  CHECK(guest.call("path_rename", kRoot, "d/e", kRoot, "d") == Errno::Notempty);
}

TEST_CASE("names of dots cannot be renamed or replaced", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {".", "d/.", "d/..", "d/e/.."}) {
    INFO(path);
    CHECK(guest.call("path_rename", kRoot, path, kRoot, "new") == Errno::Busy);
    CHECK(guest.call("path_rename", kRoot, "empty", kRoot, path) == Errno::Busy);
  }
  CHECK(guest.call("path_rename", kRoot, "..", kRoot, "new") == Errno::Perm);
  CHECK(guest.call("path_rename", kRoot, "no/.", kRoot, "new") == Errno::Noent);
}

TEST_CASE("a rename needs its source and both directories", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const auto rename = [&](const char* from, const char* to) { return guest.call("path_rename", kRoot, from, kRoot, to); };
  CHECK(rename("none", "new") == Errno::Noent);
  CHECK(rename("no/a", "new") == Errno::Noent);
  CHECK(rename("a", "no/new") == Errno::Noent);
  CHECK(rename("a/x", "new") == Errno::Notdir);
  CHECK(rename("a", "b/new") == Errno::Notdir);
  CHECK(rename("", "new") == Errno::Noent);
  CHECK(rename("a", "") == Errno::Noent);
  CHECK(rename("/a", "new") == Errno::Perm);
  CHECK(rename("a", "/new") == Errno::Perm);
  CHECK(rename("a", "../new") == Errno::Perm);
  CHECK(rename("../canary", "new") == Errno::Perm);
  CHECK(tree.read("root/a") == "a");
}

TEST_CASE("a rename goes through links on the way", "[wasi][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_rename", kRoot, "a", kRoot, "ld/e/a") == Errno::Success);
  CHECK(tree.read("root/d/e/a") == "a");
}

TEST_CASE("a rename between two preopens moves the file", "[wasi][path_rename]") {
  Tree tree;
  tree.mkdir("other");
  WasiOptions options = Guest::options_for(tree);
  options.preopens.push_back({tree.path("other"), "/other", false});
  Guest guest(options, on_both_resolvers());
  CHECK(guest.call("path_rename", kRoot, "a", 4, "a") == Errno::Success);
  CHECK(guest.call("path_rename", kRoot, "d", 4, "d") == Errno::Success);
  CHECK(tree.read("other/a") == "a");
  CHECK(tree.exists("other/d/e"));
}

TEST_CASE("renaming in a read-only tree is Noent for what is not there, else Perm", "[wasi][path_rename][read_only]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers(), true);
  CHECK(guest.call("path_rename", kRoot, "none", kRoot, "new") == Errno::Noent);
  CHECK(guest.call("path_rename", kRoot, "a", kRoot, "new") == Errno::Perm);
  CHECK(guest.call("path_rename", kRoot, "a", kRoot, "a") == Errno::Perm);
}

TEST_CASE("path_create_directory makes directories with mode 0777 less the umask", "[wasi][path_create_directory]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const mode_t before = ::umask(0);
  REQUIRE(guest.call("path_create_directory", kRoot, "open") == Errno::Success);
  ::umask(077);
  REQUIRE(guest.call("path_create_directory", kRoot, "private") == Errno::Success);
  ::umask(before);
  CHECK((host_status(tree, "root/open").st_mode & 0777) == 0777);
  CHECK((host_status(tree, "root/private").st_mode & 0777) == 0700);
}

TEST_CASE("path_create_directory is Exist on everything that is there", "[wasi][path_create_directory]") {
  Tree tree;
  tree.symlink("none", "root/dangling");
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"a", "d", "l", "ld", "dangling", "d/e", ".", "d/.", "d/e/.."}) {
    INFO(path);
    CHECK(guest.call("path_create_directory", kRoot, path) == Errno::Exist);
  }
}

TEST_CASE("path_create_directory needs the directory before the name", "[wasi][path_create_directory]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_create_directory", kRoot, "no/new") == Errno::Noent);
  CHECK(guest.call("path_create_directory", kRoot, "a/new") == Errno::Notdir);
  CHECK(guest.call("path_create_directory", kRoot, "ld/new") == Errno::Success);
  CHECK(guest.call("path_create_directory", kRoot, "../new") == Errno::Perm);
  CHECK(guest.call("path_create_directory", kRoot, "no/.") == Errno::Noent);
  CHECK(guest.call("path_create_directory", kRoot, std::string(256, 'n')) == Errno::Nametoolong);
  CHECK(tree.exists("root/d/new"));
}

TEST_CASE("path_create_directory in a read-only tree is Exist for what is there, else Perm",
          "[wasi][path_create_directory][read_only]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers(), true);
  CHECK(guest.call("path_create_directory", kRoot, "d") == Errno::Exist);
  CHECK(guest.call("path_create_directory", kRoot, ".") == Errno::Exist);
  CHECK(guest.call("path_create_directory", kRoot, "d/new") == Errno::Perm);
  CHECK(guest.call("path_create_directory", kRoot, "no/new") == Errno::Noent);
}

TEST_CASE("removing in a read-only tree is Noent for what is not there, else Perm", "[wasi][read_only]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers(), true);
  for (const char* call : {"path_unlink_file", "path_remove_directory"}) {
    CHECK(guest.call(call, kRoot, "none") == Errno::Noent);
    CHECK(guest.call(call, kRoot, "a") == Errno::Perm);
    CHECK(guest.call(call, kRoot, "empty") == Errno::Perm);
    CHECK(guest.call(call, kRoot, "l") == Errno::Perm);
  }
  CHECK(tree.exists("root/empty"));
}

TEST_CASE("a directory that is removed while open is empty and takes no new names", "[wasi][path_remove_directory]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const uint32_t fd = guest.open("empty");
  REQUIRE(guest.call("path_remove_directory", kRoot, "empty") == Errno::Success);
  CHECK(guest.path_open(fd, "new", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Noent);
  CHECK(guest.call("path_create_directory", fd, "new") == Errno::Noent);
  CHECK(guest.call("fd_filestat_get", fd, kResult) == Errno::Success);
  CHECK(guest.call("fd_readdir", fd, kBuffer, 100, 0, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
  CHECK(guest.call("fd_close", fd) == Errno::Success);
}

TEST_CASE("an open directory can be removed by its own descriptor's parent only", "[wasi][path_remove_directory]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const uint32_t fd = guest.open("empty");
  CHECK(guest.call("path_remove_directory", fd, ".") == Errno::Inval);
  CHECK(guest.call("path_remove_directory", fd, "../empty") == Errno::Perm);
  CHECK(guest.call("path_remove_directory", kRoot, "empty") == Errno::Success);
}

TEST_CASE("path_unlink_file removes pipes and dangling links", "[wasi][path_unlink_file]") {
  Tree tree;
  tree.symlink("none", "root/dangling");
  REQUIRE(::mkfifo(tree.path("root/p").c_str(), 0666) == 0);
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_unlink_file", kRoot, "dangling") == Errno::Success);
  CHECK(guest.call("path_unlink_file", kRoot, "p") == Errno::Success);
  CHECK_FALSE(tree.exists("root/p"));
}

TEST_CASE("path_unlink_file of dots is Isdir where they exist", "[wasi][path_unlink_file]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_unlink_file", kRoot, "d/.") == Errno::Isdir);
  CHECK(guest.call("path_unlink_file", kRoot, "d/..") == Errno::Isdir);
  CHECK(guest.call("path_unlink_file", kRoot, "no/..") == Errno::Noent);
  CHECK(guest.call("path_unlink_file", kRoot, "a/.") == Errno::Notdir);
  CHECK(guest.call("path_unlink_file", kRoot, "..") == Errno::Perm);
}

}  // namespace wasmrun::wasi
