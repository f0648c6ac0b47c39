// Rights: those that objects have by kind and access mode, and what each call says when its right was given up.
#include <sys/socket.h>

#include "tests/wasi/behaviour.h"

namespace wasmrun::wasi {

namespace {

/// A file and a directory of which single rights are given up.
struct Limited {
  Limited() {
    tree.write("root/f", "text");
    tree.mkdir("root/d/e");
    tree.symlink("f", "root/l");
  }
  uint32_t file_without(uint64_t rights) {
    const uint32_t fd = guest.open("f", {.rights = kReadWrite});
    drop_rights(guest, fd, rights);
    return fd;
  }
  uint32_t directory_without(uint64_t rights) {
    const uint32_t fd = guest.open(".", {.oflags = oflags::kDirectory});
    drop_rights(guest, fd, rights);
    return fd;
  }
  TempTree tree;
  Guest guest{tree, on_both_resolvers()};
};

}  // namespace

TEST_CASE("fd_read wants the right to read", "[wasi][rights][fd_read]") {
  Limited limited;
  const uint32_t fd = limited.file_without(rights::kFdRead);
  limited.guest.iovec_at(0x200, kBuffer, 4);
  CHECK(limited.guest.call("fd_read", fd, 0x200, 1, kResult) == Errno::Notcapable);
  CHECK(limited.guest.call("fd_pread", fd, 0x200, 1, 0, kResult) == Errno::Notcapable);
  CHECK(limited.guest.write(fd, "T") == Errno::Success);
}

TEST_CASE("fd_write wants the right to write", "[wasi][rights][fd_write]") {
  Limited limited;
  const uint32_t fd = limited.file_without(rights::kFdWrite);
  limited.guest.iovec_at(0x200, kBuffer, 4);
  CHECK(limited.guest.call("fd_write", fd, 0x200, 1, kResult) == Errno::Notcapable);
  CHECK(limited.guest.call("fd_pwrite", fd, 0x200, 1, 0, kResult) == Errno::Notcapable);
  CHECK(limited.guest.read_all(fd) == "text");
}

TEST_CASE("reading and writing at an offset want the right to seek as well", "[wasi][rights][fd_pread][fd_pwrite]") {
  Limited limited;
  const uint32_t fd = limited.file_without(rights::kFdSeek);
  limited.guest.iovec_at(0x200, kBuffer, 1);
  CHECK(limited.guest.call("fd_pread", fd, 0x200, 1, 0, kResult) == Errno::Notcapable);
  CHECK(limited.guest.call("fd_pwrite", fd, 0x200, 1, 0, kResult) == Errno::Notcapable);
  CHECK(limited.guest.read_all(fd) == "text");
  CHECK(limited.tree.read("root/f") == "text");
}

TEST_CASE("who may only tell the position can ask for it but not move it", "[wasi][rights][fd_seek][fd_tell]") {
  Limited limited;
  const uint32_t fd = limited.file_without(rights::kFdSeek);
  CHECK(limited.guest.call("fd_tell", fd, kResult) == Errno::Success);
  CHECK(limited.guest.call("fd_seek", fd, 0, 1, kResult) == Errno::Success);
  CHECK(limited.guest.call("fd_seek", fd, 1, 1, kResult) == Errno::Notcapable);
  CHECK(limited.guest.call("fd_seek", fd, 0, 0, kResult) == Errno::Notcapable);
  CHECK(limited.guest.call("fd_seek", fd, 0, 2, kResult) == Errno::Notcapable);
}

TEST_CASE("the right to seek implies the right to tell", "[wasi][rights][fd_tell]") {
  Limited limited;
  const uint32_t fd = limited.file_without(rights::kFdTell);
  CHECK(limited.guest.call("fd_tell", fd, kResult) == Errno::Success);
  CHECK(limited.guest.call("fd_seek", fd, 0, 1, kResult) == Errno::Success);
  CHECK(limited.guest.call("fd_seek", fd, 2, 0, kResult) == Errno::Success);
}

TEST_CASE("without rights to seek and to tell the position stays unknown", "[wasi][rights][fd_tell]") {
  Limited limited;
  const uint32_t fd = limited.file_without(rights::kFdTell | rights::kFdSeek);
  CHECK(limited.guest.call("fd_tell", fd, kResult) == Errno::Notcapable);
  CHECK(limited.guest.call("fd_seek", fd, 0, 1, kResult) == Errno::Notcapable);
}

TEST_CASE("calls on a file's status want their own rights", "[wasi][rights]") {
  Limited limited;
  Guest& guest = limited.guest;
  CHECK(guest.call("fd_filestat_get", limited.file_without(rights::kFdFilestatGet), kResult) == Errno::Notcapable);
  CHECK(guest.call("fd_filestat_set_size", limited.file_without(rights::kFdFilestatSetSize), 0) == Errno::Notcapable);
  CHECK(guest.call("fd_filestat_set_times", limited.file_without(rights::kFdFilestatSetTimes), 1, 1, 5) ==
        Errno::Notcapable);
  CHECK(guest.call("fd_fdstat_set_flags", limited.file_without(rights::kFdFdstatSetFlags), 0) == Errno::Notcapable);
  CHECK(limited.tree.read("root/f") == "text");
}

TEST_CASE("fd_advise and fd_allocate want their own rights", "[wasi][rights][fd_advise][fd_allocate]") {
  Limited limited;
  CHECK(limited.guest.call("fd_advise", limited.file_without(rights::kFdAdvise), 0, 0, 0) == Errno::Notcapable);
  CHECK(limited.guest.call("fd_allocate", limited.file_without(rights::kFdAllocate), 0, 100) == Errno::Notcapable);
  CHECK(limited.tree.read("root/f") == "text");
}

TEST_CASE("fd_sync and fd_datasync want their own rights", "[wasi][rights][fd_sync][fd_datasync]") {
  Limited limited;
  Guest& guest = limited.guest;
  const uint32_t no_sync = limited.file_without(rights::kFdSync), no_data = limited.file_without(rights::kFdDatasync);
  CHECK(guest.call("fd_sync", no_sync) == Errno::Notcapable);
  CHECK(guest.call("fd_datasync", no_sync) == Errno::Success);
  CHECK(guest.call("fd_sync", no_data) == Errno::Success);
  CHECK(guest.call("fd_datasync", no_data) == Errno::Notcapable);
  CHECK(guest.call("fd_sync", limited.directory_without(rights::kFdSync)) == Errno::Notcapable);
}

TEST_CASE("asking for the state of a descriptor needs no right", "[wasi][rights][fd_fdstat_get]") {
  Limited limited;
  const uint32_t fd = limited.guest.open("f");
  REQUIRE(limited.guest.call("fd_fdstat_set_rights", fd, 0, 0) == Errno::Success);
  CHECK(rights_of_fd(limited.guest, fd) == 0);
  CHECK(limited.guest.call("fd_close", fd) == Errno::Success);
}

TEST_CASE("fd_readdir wants the right to list", "[wasi][rights][fd_readdir]") {
  Limited limited;
  const uint32_t fd = limited.directory_without(rights::kFdReaddir);
  CHECK(limited.guest.call("fd_readdir", fd, kBuffer, 100, 0, kResult) == Errno::Notcapable);
  CHECK(limited.guest.call("path_filestat_get", fd, 0, "f", kResult) == Errno::Success);
}

TEST_CASE("a directory without the right to open opens nothing", "[wasi][rights][path_open]") {
  Limited limited;
  const uint32_t fd = limited.directory_without(rights::kPathOpen);
  CHECK(limited.guest.call("path_open", fd, 1, "f", 0, rights::kFdRead, 0, 0, kResult) == Errno::Notcapable);
  CHECK(limited.guest.call("path_open", fd, 1, "none", 0, rights::kFdRead, 0, 0, kResult) == Errno::Notcapable);
}

TEST_CASE("CREAT wants the right to create files even when the file is there", "[wasi][rights][path_open]") {
  Limited limited;
  const uint32_t fd = limited.directory_without(rights::kPathCreateFile);
  CHECK(limited.guest.call("path_open", fd, 1, "f", oflags::kCreat, rights::kFdRead, 0, 0, kResult) ==
        Errno::Notcapable);
  CHECK(limited.guest.call("path_open", fd, 1, "f", 0, rights::kFdRead, 0, 0, kResult) == Errno::Success);
}

TEST_CASE("TRUNC wants the right to change sizes", "[wasi][rights][path_open]") {
  Limited limited;
  const uint32_t fd = limited.directory_without(rights::kPathFilestatSetSize);
  CHECK(limited.guest.call("path_open", fd, 1, "f", oflags::kTrunc, rights::kFdWrite, 0, 0, kResult) ==
        Errno::Notcapable);
  CHECK(limited.tree.read("root/f") == "text");
}

TEST_CASE("opening for synchronous writing wants the rights to flush", "[wasi][rights][path_open]") {
  Limited limited;
  const auto open = [&](uint32_t fd, uint32_t flags) {
    return limited.guest.call("path_open", fd, 1, "f", 0, rights::kFdRead, 0, flags, kResult);
  };
  const uint32_t no_sync = limited.directory_without(rights::kFdSync);
  CHECK(open(no_sync, fdflags::kSync) == Errno::Notcapable);
  CHECK(open(no_sync, fdflags::kRsync) == Errno::Notcapable);
  CHECK(open(no_sync, fdflags::kDsync) == Errno::Success);
  const uint32_t no_data = limited.directory_without(rights::kFdDatasync);
  CHECK(open(no_data, fdflags::kDsync) == Errno::Notcapable);
  CHECK(open(no_data, fdflags::kSync) == Errno::Success);
}

TEST_CASE("calls that make names want their own rights", "[wasi][rights]") {
  Limited limited;
  Guest& guest = limited.guest;
  CHECK(guest.call("path_create_directory", limited.directory_without(rights::kPathCreateDirectory), "n") ==
        Errno::Notcapable);
  CHECK(guest.call("path_symlink", "x", limited.directory_without(rights::kPathSymlink), "n") == Errno::Notcapable);
  CHECK(guest.call("path_link", limited.directory_without(rights::kPathLinkSource), 0, "f", kRoot, "n") ==
        Errno::Notcapable);
  CHECK(guest.call("path_link", kRoot, 0, "f", limited.directory_without(rights::kPathLinkTarget), "n") ==
        Errno::Notcapable);
  CHECK_FALSE(limited.tree.exists("root/n"));
}

TEST_CASE("calls that remove or move names want their own rights", "[wasi][rights]") {
  Limited limited;
  Guest& guest = limited.guest;
  CHECK(guest.call("path_unlink_file", limited.directory_without(rights::kPathUnlinkFile), "f") == Errno::Notcapable);
  CHECK(guest.call("path_remove_directory", limited.directory_without(rights::kPathRemoveDirectory), "d/e") ==
        Errno::Notcapable);
  CHECK(guest.call("path_rename", limited.directory_without(rights::kPathRenameSource), "f", kRoot, "n") ==
        Errno::Notcapable);
  CHECK(guest.call("path_rename", kRoot, "f", limited.directory_without(rights::kPathRenameTarget), "n") ==
        Errno::Notcapable);
  CHECK(limited.tree.exists("root/f"));
  CHECK(limited.tree.exists("root/d/e"));
}

TEST_CASE("calls that look at names want their own rights", "[wasi][rights]") {
  Limited limited;
  Guest& guest = limited.guest;
  CHECK(guest.call("path_readlink", limited.directory_without(rights::kPathReadlink), "l", kBuffer, 9, kResult) ==
        Errno::Notcapable);
  CHECK(guest.call("path_filestat_get", limited.directory_without(rights::kPathFilestatGet), 0, "f", kResult) ==
        Errno::Notcapable);
  CHECK(guest.call("path_filestat_set_times", limited.directory_without(rights::kPathFilestatSetTimes), 0, "f", 1, 1,
                   5) == Errno::Notcapable);
}

TEST_CASE("a right given up for everything below is missing there", "[wasi][rights][path_open]") {
  Limited limited;
  const uint32_t fd = limited.guest.open(".", {.oflags = oflags::kDirectory});
  const uint64_t base = rights_of_fd(limited.guest, fd), inheriting = inheriting_of_fd(limited.guest, fd);
  REQUIRE(limited.guest.call("fd_fdstat_set_rights", fd, base, inheriting & ~rights::kFdSeek) == Errno::Success);
  REQUIRE(limited.guest.call("path_open", fd, 1, "f", 0, rights::kFdRead, 0, 0, kResult) == Errno::Success);
  const auto file = limited.guest.get<uint32_t>(kResult);
  CHECK((rights_of_fd(limited.guest, file) & rights::kFdSeek) == 0);
  CHECK(limited.guest.call("fd_seek", file, 1, 0, kResult) == Errno::Notcapable);
}

TEST_CASE("a right given up for everything below is missing two directories further", "[wasi][rights][path_open]") {
  Limited limited;
  limited.tree.write("root/d/e/f", "text");
  const uint32_t fd = limited.guest.open(".", {.oflags = oflags::kDirectory});
  const uint64_t base = rights_of_fd(limited.guest, fd), inheriting = inheriting_of_fd(limited.guest, fd);
  REQUIRE(limited.guest.call("fd_fdstat_set_rights", fd, base, inheriting & ~rights::kPathUnlinkFile) ==
          Errno::Success);
  REQUIRE(limited.guest.call("path_open", fd, 1, "d", oflags::kDirectory, 0, 0, 0, kResult) == Errno::Success);
  const auto d = limited.guest.get<uint32_t>(kResult);
  REQUIRE(limited.guest.call("path_open", d, 1, "e", oflags::kDirectory, 0, 0, 0, kResult) == Errno::Success);
  CHECK(limited.guest.call("path_unlink_file", limited.guest.get<uint32_t>(kResult), "f") == Errno::Notcapable);
  CHECK(limited.tree.exists("root/d/e/f"));
}

TEST_CASE("a file's rights follow its access mode, not the mask asked for", "[wasi][rights][path_open]") {
  Limited limited;
  Guest& guest = limited.guest;
  const uint32_t reader = guest.open("f", {.rights = rights::kFdRead});
  const uint64_t common = rights::kFdSeek | rights::kFdTell | rights::kFdFilestatGet | rights::kFdAdvise |
                          rights::kFdSync | rights::kPollFdReadwrite;
  CHECK((rights_of_fd(guest, reader) & common) == common);
  CHECK((rights_of_fd(guest, reader) & kWriteRights) == 0);
  const uint32_t writer = guest.open("f", {.rights = rights::kFdWrite});
  CHECK((rights_of_fd(guest, writer) & kWriteRights) == kWriteRights);
  CHECK((rights_of_fd(guest, writer) & rights::kFdRead) == 0);
}

TEST_CASE("a directory opened with no rights asked for can do all that directories can", "[wasi][rights][path_open]") {
  Limited limited;
  REQUIRE(limited.guest.call("path_open", kRoot, 0, "d", oflags::kDirectory, 0, 0, 0, kResult) == Errno::Success);
  const auto fd = limited.guest.get<uint32_t>(kResult);
  CHECK(rights_of_fd(limited.guest, fd) == rights_of_fd(limited.guest, kRoot));
  CHECK(inheriting_of_fd(limited.guest, fd) == inheriting_of_fd(limited.guest, kRoot));
}

TEST_CASE("rights are given up to the same set or a smaller one only", "[wasi][rights][fd_fdstat_set_rights]") {
  Limited limited;
  Guest& guest = limited.guest;
  const uint64_t base = rights_of_fd(guest, kRoot), inheriting = inheriting_of_fd(guest, kRoot);
  CHECK(guest.call("fd_fdstat_set_rights", kRoot, base, inheriting) == Errno::Success);
  CHECK(guest.call("fd_fdstat_set_rights", kRoot, base | rights::kFdRead, inheriting) == Errno::Notcapable);
  CHECK(guest.call("fd_fdstat_set_rights", kRoot, base | uint64_t{1} << 63, inheriting) == Errno::Notcapable);
  CHECK(guest.call("fd_fdstat_set_rights", kRoot, base, inheriting | rights::kSockAccept) == Errno::Notcapable);
  CHECK(rights_of_fd(guest, kRoot) == base);
  CHECK(inheriting_of_fd(guest, kRoot) == inheriting);
}

TEST_CASE("a refused change of rights changes neither set", "[wasi][rights][fd_fdstat_set_rights]") {
  Limited limited;
  Guest& guest = limited.guest;
  const uint64_t base = rights_of_fd(guest, kRoot), inheriting = inheriting_of_fd(guest, kRoot);
  CHECK(guest.call("fd_fdstat_set_rights", kRoot, 0, UINT64_MAX) == Errno::Notcapable);
  CHECK(guest.call("fd_fdstat_set_rights", kRoot, UINT64_MAX, 0) == Errno::Notcapable);
  CHECK(rights_of_fd(guest, kRoot) == base);
  CHECK(inheriting_of_fd(guest, kRoot) == inheriting);
}

TEST_CASE("two descriptors of one file have rights of their own", "[wasi][rights][fd_fdstat_set_rights]") {
  Limited limited;
  const uint32_t weak = limited.file_without(rights::kFdWrite);
  const uint32_t strong = limited.guest.open("f", {.rights = kReadWrite});
  CHECK(limited.guest.write(weak, "x") == Errno::Notcapable);
  CHECK(limited.guest.write(strong, "T") == Errno::Success);
}

TEST_CASE("given up rights move with fd_renumber", "[wasi][rights][fd_renumber]") {
  Limited limited;
  const uint32_t weak = limited.file_without(rights::kFdWrite);
  const uint32_t other = limited.guest.open("f", {.rights = kReadWrite});
  REQUIRE(limited.guest.call("fd_renumber", weak, other) == Errno::Success);
  CHECK(limited.guest.write(other, "x") == Errno::Notcapable);
}

TEST_CASE("a number used again does not keep the rights given up before", "[wasi][rights][fd_close]") {
  Limited limited;
  const uint32_t weak = limited.file_without(rights::kFdWrite);
  REQUIRE(limited.guest.call("fd_close", weak) == Errno::Success);
  REQUIRE(limited.guest.open("f", {.rights = kReadWrite}) == weak);
  CHECK(limited.guest.write(weak, "T") == Errno::Success);
}

TEST_CASE("sockets have the rights of sockets", "[wasi][rights][fd_fdstat_get]") {
  TempTree tree;
  Guest guest(tree);
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const uint32_t fd = guest.adopt(ends[0], FileType::SocketStream);
  const uint64_t rights = rights_of_fd(guest, fd);
  CHECK((rights & (rights::kFdRead | rights::kFdWrite | rights::kSockShutdown | rights::kPollFdReadwrite)) ==
        (rights::kFdRead | rights::kFdWrite | rights::kSockShutdown | rights::kPollFdReadwrite));
  CHECK((rights & (rights::kFdSeek | rights::kFdTell | rights::kSockAccept)) == 0);
  ::close(ends[1]);
}

}  // namespace wasmrun::wasi
