// Below a read-only preopen nothing changes, whichever call tries.
#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {
/// A read-only tree at 3 and a writable one at 4.
struct TwoTrees {
  TwoTrees() {
    tree.mkdir("rw");
    tree.write("root/f", "text");
    tree.mkdir("root/d/e");
    tree.symlink("f", "root/l");
    tree.write("rw/w", "writable");
  }
  WasiOptions options() const {
    WasiOptions result;
    result.preopens = {{tree.root(), "/ro", true}, {tree.path("rw"), "/rw", false}};
    return result;
  }
  TempTree tree;
};
constexpr uint32_t kWritable = 4;
}  // namespace

TEST_CASE("read-only trees can be read", "[wasi][read_only]") {
  TwoTrees trees;
  Guest guest(trees.options(), on_both_resolvers());
  CHECK(guest.read_all(guest.open("f")) == "text");
  CHECK(guest.read_all(guest.open("f", {.oflags = oflags::kCreat})) == "text");
  CHECK(guest.path_open(kRoot, "d", {.oflags = oflags::kDirectory}) == Errno::Success);
  CHECK(guest.call("path_filestat_get", kRoot, 1, "l", kResult) == Errno::Success);
}

TEST_CASE("read-only trees cannot be opened for writing", "[wasi][read_only][path_open][attack][attack26]") {
  TwoTrees trees;
  Guest guest(trees.options(), on_both_resolvers());
  CHECK(guest.path_open(kRoot, "f", {.rights = kReadWrite}) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "l", {.rights = kReadWrite}) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "f", {.rights = rights::kFdAllocate}) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "f", {.oflags = oflags::kTrunc, .rights = 0}) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "l", {.oflags = oflags::kTrunc, .rights = 0}) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "new", {.oflags = oflags::kCreat, .rights = kReadRights}) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "new", {.oflags = oflags::kCreat | oflags::kExcl, .rights = kReadWrite}) == Errno::Perm);
  CHECK(guest.path_open(kRoot, "f", {.rights = kReadWrite, .fdflags = fdflags::kAppend}) == Errno::Perm);
  CHECK(trees.tree.read("root/f") == "text");
  CHECK_FALSE(trees.tree.exists("root/new"));
}

TEST_CASE("read-only trees still say first what is wrong with a path", "[wasi][read_only][path_open]") {
  TwoTrees trees;
  Guest guest(trees.options(), on_both_resolvers());
  CHECK(guest.path_open(kRoot, "none", {.rights = kReadWrite}) == Errno::Noent);
  CHECK(guest.path_open(kRoot, "d", {.rights = kReadWrite}) == Errno::Isdir);
  CHECK(guest.path_open(kRoot, "f/x", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Notdir);
  CHECK(guest.path_open(kRoot, "f", {.oflags = oflags::kCreat | oflags::kExcl, .rights = kReadWrite}) == Errno::Exist);
  CHECK(guest.path_open(kRoot, "l", {.rights = kReadWrite, .follow = false}) == Errno::Loop);
}

TEST_CASE("names in read-only trees cannot be changed", "[wasi][read_only][attack][attack26]") {
  TwoTrees trees;
  Guest guest(trees.options(), on_both_resolvers());
  CHECK(guest.call("path_create_directory", kRoot, "new") == Errno::Perm);
  CHECK(guest.call("path_remove_directory", kRoot, "d/e") == Errno::Perm);
  CHECK(guest.call("path_unlink_file", kRoot, "f") == Errno::Perm);
  CHECK(guest.call("path_symlink", "x", kRoot, "new") == Errno::Perm);
  CHECK(guest.call("path_rename", kRoot, "f", kRoot, "new") == Errno::Perm);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "new") == Errno::Perm);
  CHECK(guest.call("path_filestat_set_times", kRoot, 0, "f", 1, 1, 5) == Errno::Perm);
  CHECK(guest.call("path_filestat_set_times", kRoot, 1, "l", 1, 1, 5) == Errno::Perm);
  CHECK(guest.call("path_filestat_set_times", kRoot, 1, "d/", 1, 1, 5) == Errno::Perm);
  CHECK_FALSE(trees.tree.exists("root/new"));
  CHECK(trees.tree.exists("root/d/e"));
}

TEST_CASE("open files of read-only trees cannot be changed", "[wasi][read_only][attack][attack26]") {
  TwoTrees trees;
  Guest guest(trees.options(), on_both_resolvers());
  const uint32_t fd = guest.open("f");
  CHECK(guest.call("fd_filestat_set_times", fd, 1, 1, 5) == Errno::Perm);
  CHECK(guest.call("fd_filestat_set_size", fd, 0) == Errno::Perm);
  CHECK(guest.call("fd_allocate", fd, 0, 100) == Errno::Perm);
  CHECK(guest.write(fd, "x") == Errno::Badf);
  const uint32_t dir = guest.open("d", {.oflags = oflags::kDirectory});
  CHECK(guest.call("fd_filestat_set_times", dir, 1, 1, 5) == Errno::Perm);
  CHECK(guest.call("path_create_directory", dir, "new") == Errno::Perm);
  CHECK(guest.path_open(dir, "new", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Perm);
}

TEST_CASE("a hard link or rename does not carry a file out of or into a read-only tree", "[wasi][read_only][attack][attack24][attack25]") {
  TwoTrees trees;
  Guest guest(trees.options(), on_both_resolvers());
  CHECK(guest.call("path_link", kRoot, 0, "f", kWritable, "f") == Errno::Perm);
  CHECK(guest.call("path_link", kWritable, 0, "w", kRoot, "w") == Errno::Perm);
  CHECK(guest.call("path_rename", kRoot, "f", kWritable, "f") == Errno::Perm);
  CHECK(guest.call("path_rename", kRoot, "d", kWritable, "d") == Errno::Perm);
  CHECK(guest.call("path_rename", kWritable, "w", kRoot, "w") == Errno::Perm);
  CHECK(guest.call("path_rename", kWritable, "w", kWritable, "v") == Errno::Success);
  CHECK(trees.tree.exists("root/f"));
  CHECK(trees.tree.exists("root/d/e"));
}

}  // namespace wasmrun::wasi
