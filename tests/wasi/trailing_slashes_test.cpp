// A slash after the last name, call by call: on a directory, a file, a link to either, a dangling link and nothing.
#include "tests/wasi/behaviour.h"

namespace wasmrun::wasi {

namespace {

struct Tree : TempTree {
  Tree() {
    write("root/f", "text");
    mkdir("root/d");
    mkdir("root/full/x");
    symlink("f", "root/lf");
    symlink("d", "root/ld");
    symlink("none", "root/dangling");
    symlink("d/", "root/lslash");
    symlink("f/", "root/lfslash");
  }
};

}  // namespace

TEST_CASE("path_open: a slash after a directory or a link to one opens it", "[wasi][slash][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"d/", "d//", "ld/", "ld///", "./", "d/./", "d/../", "lslash", "lslash/"}) {
    INFO(path);
    CHECK(guest.path_open(kRoot, path) == Errno::Success);
  }
  CHECK(guest.path_open(kRoot, "ld/", {.follow = false}) == Errno::Success);
}

TEST_CASE("path_open: a slash after a file or a link to one is Notdir", "[wasi][slash][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"f/", "f//", "lf/", "lfslash", "lfslash/", "full/../f/"}) {
    INFO(path);
    CHECK(guest.path_open(kRoot, path) == Errno::Notdir);
    CHECK(guest.path_open(kRoot, path, {.rights = kReadWrite}) == Errno::Notdir);
    CHECK(guest.path_open(kRoot, path, {.oflags = oflags::kTrunc, .rights = kReadWrite}) == Errno::Notdir);
  }
  CHECK(tree.read("root/f") == "text");
}

TEST_CASE("path_open: a slash after nothing or a dangling link is Noent", "[wasi][slash][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"none/", "dangling/", "d/none/"}) CHECK(guest.path_open(kRoot, path) == Errno::Noent);
}

TEST_CASE("path_open: a slash never creates a file", "[wasi][slash][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const uint32_t flags : {oflags::kCreat, oflags::kCreat | oflags::kExcl, oflags::kCreat | oflags::kTrunc}) {
    for (const char* path : {"new/", "d/new/", "dangling/", "f/", "d/"}) {
      INFO(path);
      CHECK(guest.path_open(kRoot, path, {.oflags = flags, .rights = kReadWrite}) == Errno::Isdir);
    }
  }
  CHECK_FALSE(tree.exists("root/new"));
  CHECK_FALSE(tree.exists("root/none"));
  CHECK(tree.read("root/f") == "text");
}

TEST_CASE("path_open: creating with a slash says first what is wrong before the last name", "[wasi][slash][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const Guest::OpenOptions create{.oflags = oflags::kCreat, .rights = kReadWrite};
  CHECK(guest.path_open(kRoot, "no/new/", create) == Errno::Noent);
  CHECK(guest.path_open(kRoot, "f/new/", create) == Errno::Notdir);
  CHECK(guest.path_open(kRoot, "../new/", create) == Errno::Perm);
}

TEST_CASE("path_filestat_get: a slash follows links and demands a directory", "[wasi][slash][path_filestat_get]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const int follow : {0, 1}) {
    for (const char* path : {"d/", "ld/", "lslash/", "./", "d/./"}) {
      INFO(path);
      REQUIRE(guest.call("path_filestat_get", kRoot, follow, path, kResult) == Errno::Success);
      CHECK(guest.stat_type(kResult) == FileType::Directory);
    }
    CHECK(guest.call("path_filestat_get", kRoot, follow, "f/", kResult) == Errno::Notdir);
    CHECK(guest.call("path_filestat_get", kRoot, follow, "lf/", kResult) == Errno::Notdir);
    CHECK(guest.call("path_filestat_get", kRoot, follow, "none/", kResult) == Errno::Noent);
    CHECK(guest.call("path_filestat_get", kRoot, follow, "dangling/", kResult) == Errno::Noent);
  }
}

TEST_CASE("path_filestat_get: a slash in a link's target counts when the link is followed",
          "[wasi][slash][path_filestat_get]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  REQUIRE(guest.call("path_filestat_get", kRoot, 1, "lslash", kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::Directory);
  CHECK(guest.call("path_filestat_get", kRoot, 1, "lfslash", kResult) == Errno::Notdir);
  REQUIRE(guest.call("path_filestat_get", kRoot, 0, "lslash", kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::SymbolicLink);
}

TEST_CASE("path_filestat_set_times: a slash follows links and demands a directory",
          "[wasi][slash][path_filestat_set_times]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const auto set = [&](int follow, const char* path, uint64_t time) {
    return guest.call("path_filestat_set_times", kRoot, follow, path, time, time, fstflags::kAtim | fstflags::kMtim);
  };
  for (const int follow : {0, 1}) {
    CHECK(set(follow, "d/", 1000) == Errno::Success);
    CHECK(nanoseconds(host_status(tree, "root/d").st_mtim) == 1000);
    CHECK(set(follow, "ld/", 2000) == Errno::Success);
    CHECK(nanoseconds(host_status(tree, "root/d").st_mtim) == 2000);
    CHECK(nanoseconds(host_status(tree, "root/ld").st_mtim) > 2000);
    CHECK(set(follow, "f/", 1) == Errno::Notdir);
    CHECK(set(follow, "lf/", 1) == Errno::Notdir);
    CHECK(set(follow, "none/", 1) == Errno::Noent);
    CHECK(set(follow, "dangling/", 1) == Errno::Noent);
  }
}

TEST_CASE("path_readlink: a slash follows the link, and a directory is none", "[wasi][slash][path_readlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const auto error = [&](const char* path) { return guest.call("path_readlink", kRoot, path, kBuffer, 99, kResult); };
  CHECK(error("ld/") == Errno::Inval);
  CHECK(error("d/") == Errno::Inval);
  CHECK(error("lf/") == Errno::Notdir);
  CHECK(error("f/") == Errno::Notdir);
  CHECK(error("dangling/") == Errno::Noent);
  CHECK(error("none/") == Errno::Noent);
}

TEST_CASE("path_create_directory: a slash after a new name means nothing", "[wasi][slash][path_create_directory]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_create_directory", kRoot, "new/") == Errno::Success);
  CHECK(guest.call("path_create_directory", kRoot, "new/er//") == Errno::Success);
  CHECK(std::filesystem::is_directory(tree.path("root/new/er")));
}

TEST_CASE("path_create_directory: a slash after what is there is Exist", "[wasi][slash][path_create_directory]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"d/", "f/", "ld/", "lf/", "dangling/", "./"}) {
    INFO(path);
    CHECK(guest.call("path_create_directory", kRoot, path) == Errno::Exist);
  }
  CHECK_FALSE(tree.exists("root/none"));
}

TEST_CASE("path_remove_directory: a slash means nothing after a directory", "[wasi][slash][path_remove_directory]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_remove_directory", kRoot, "full/") == Errno::Notempty);
  CHECK(guest.call("path_remove_directory", kRoot, "full/x//") == Errno::Success);
  CHECK(guest.call("path_remove_directory", kRoot, "full/") == Errno::Success);
  CHECK_FALSE(tree.exists("root/full"));
}

TEST_CASE("path_remove_directory: a slash does not follow links", "[wasi][slash][path_remove_directory]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"ld/", "lf/", "f/", "dangling/", "lslash/"}) {
    INFO(path);
    CHECK(guest.call("path_remove_directory", kRoot, path) == Errno::Notdir);
  }
  CHECK(guest.call("path_remove_directory", kRoot, "none/") == Errno::Noent);
  CHECK(tree.exists("root/d"));
}

TEST_CASE("path_unlink_file: a slash keeps everything from being removed", "[wasi][slash][path_unlink_file]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_unlink_file", kRoot, "d/") == Errno::Isdir);
  for (const char* path : {"f/", "lf/", "ld/", "dangling/"}) {
    INFO(path);
    CHECK(guest.call("path_unlink_file", kRoot, path) == Errno::Notdir);
  }
  CHECK(guest.call("path_unlink_file", kRoot, "none/") == Errno::Noent);
  for (const char* name : {"root/d", "root/f", "root/lf", "root/ld", "root/dangling"}) CHECK(tree.exists(name));
}

TEST_CASE("path_symlink: a slash after the new name, call by call", "[wasi][slash][path_symlink]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const auto error = [&](const char* path) { return guest.call("path_symlink", "x", kRoot, path); };
  CHECK(error("new/") == Errno::Noent);
  CHECK(error("d/new/") == Errno::Noent);
  CHECK(error("d/") == Errno::Exist);
  CHECK(error("f/") == Errno::Notdir);
  CHECK(error("no/new/") == Errno::Noent);
  CHECK_FALSE(tree.exists("root/new"));
}

TEST_CASE("path_link: a slash after the source demands a directory, which has no second name",
          "[wasi][slash][path_link]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const auto error = [&](const char* path) { return guest.call("path_link", kRoot, 0, path, kRoot, "new"); };
  CHECK(error("d/") == Errno::Perm);
  CHECK(error("ld/") == Errno::Perm);
  CHECK(error("f/") == Errno::Notdir);
  CHECK(error("lf/") == Errno::Notdir);
  CHECK(error("none/") == Errno::Noent);
  CHECK(error("dangling/") == Errno::Noent);
  CHECK_FALSE(tree.exists("root/new"));
}

TEST_CASE("path_link: a slash after the new name makes none", "[wasi][slash][path_link]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "new/") == Errno::Noent);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "d/") == Errno::Exist);
  CHECK(guest.call("path_link", kRoot, 0, "f", kRoot, "d/new/") == Errno::Noent);
  CHECK_FALSE(tree.exists("root/new"));
  CHECK_FALSE(tree.exists("root/d/new"));
}

TEST_CASE("path_rename: slashes after directories mean nothing", "[wasi][slash][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.call("path_rename", kRoot, "full/", kRoot, "moved") == Errno::Success);
  CHECK(guest.call("path_rename", kRoot, "moved", kRoot, "again/") == Errno::Success);
  CHECK(guest.call("path_rename", kRoot, "again//", kRoot, "d//") == Errno::Success);
  CHECK(tree.exists("root/d/x"));
}

TEST_CASE("path_rename: a slash after a file or a link on either side is Notdir", "[wasi][slash][path_rename]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"f/", "lf/", "ld/", "dangling/"}) {
    INFO(path);
    CHECK(guest.call("path_rename", kRoot, path, kRoot, "new") == Errno::Notdir);
  }
  CHECK(guest.call("path_rename", kRoot, "f", kRoot, "new/") == Errno::Notdir);
  CHECK(guest.call("path_rename", kRoot, "lf", kRoot, "new/") == Errno::Notdir);
  CHECK(guest.call("path_rename", kRoot, "f", kRoot, "lf/") == Errno::Notdir);
  CHECK(guest.call("path_rename", kRoot, "d", kRoot, "f/") == Errno::Notdir);
  CHECK(guest.call("path_rename", kRoot, "none/", kRoot, "new") == Errno::Noent);
  CHECK_FALSE(tree.exists("root/new"));
  CHECK(tree.read("root/f") == "text");
}

TEST_CASE("a slash after the root's dot names the root", "[wasi][slash][path_open]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.path_open(kRoot, "././") == Errno::Success);
  CHECK(guest.path_open(kRoot, "../") == Errno::Perm);
  CHECK(guest.call("path_remove_directory", kRoot, "./") == Errno::Inval);
  CHECK(guest.call("path_unlink_file", kRoot, "./") == Errno::Isdir);
  CHECK(guest.call("path_rename", kRoot, "./", kRoot, "new") == Errno::Busy);
}

TEST_CASE("in a read-only tree a slash is understood before the change is refused", "[wasi][slash][read_only]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers(), true);
  CHECK(guest.path_open(kRoot, "f/", {.rights = kReadWrite}) == Errno::Notdir);
  CHECK(guest.path_open(kRoot, "d/") == Errno::Success);
  CHECK(guest.path_open(kRoot, "new/", {.oflags = oflags::kCreat, .rights = kReadWrite}) == Errno::Isdir);
  CHECK(guest.call("path_create_directory", kRoot, "new/") == Errno::Perm);
  CHECK(guest.call("path_create_directory", kRoot, "d/") == Errno::Exist);
  CHECK(guest.call("path_remove_directory", kRoot, "d/") == Errno::Perm);
}

}  // namespace wasmrun::wasi
