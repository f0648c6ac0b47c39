// The descriptor table as guests see it: close, renumber, flags, rights, flushing.
#include <sys/socket.h>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

TEST_CASE("a descriptor is closed once", "[wasi][fd_close]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "x");
  const uint32_t fd = guest.open("f");
  CHECK(guest.call("fd_close", fd) == Errno::Success);
  CHECK(guest.call("fd_close", fd) == Errno::Badf);
  CHECK(guest.call("fd_close", 0xffffffff) == Errno::Badf);
  CHECK(guest.call("fd_close", 1u << 31) == Errno::Badf);
}

TEST_CASE("a preopen can be closed", "[wasi][fd_close]") {
  TempTree tree;
  Guest guest(tree);
  CHECK(guest.call("fd_close", kRoot) == Errno::Success);
  CHECK(guest.call("fd_prestat_get", kRoot, kResult) == Errno::Badf);
  CHECK(guest.path_open(kRoot, "f") == Errno::Badf);
}

TEST_CASE("fd_renumber moves a descriptor and closes the other", "[wasi][fd_renumber][attack][attack33]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/a", "a");
  tree.write("root/b", "b");
  const uint32_t a = guest.open("a"), b = guest.open("b");
  CHECK(guest.call("fd_renumber", a, b) == Errno::Success);
  CHECK(guest.read_all(b) == "a");
  CHECK(guest.call("fd_tell", a, kResult) == Errno::Badf);
  CHECK(guest.open("b") == a);
  CHECK(guest.call("fd_renumber", a, a) == Errno::Success);
  CHECK(guest.call("fd_renumber", a, 50) == Errno::Badf);
  CHECK(guest.call("fd_renumber", 50, a) == Errno::Badf);
  CHECK(guest.call("fd_renumber", 50, 50) == Errno::Badf);
}

TEST_CASE("fd_renumber takes the preopen along", "[wasi][fd_renumber][attack][attack33]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/a", "a");
  const uint32_t a = guest.open("a");
  CHECK(guest.call("fd_renumber", kRoot, a) == Errno::Success);
  CHECK(guest.call("fd_prestat_get", a, kResult) == Errno::Success);
  CHECK(guest.call("fd_prestat_get", kRoot, kResult) == Errno::Badf);
  CHECK(guest.path_open(a, "a") == Errno::Success);
}

TEST_CASE("fd_fdstat_get tells type, flags and rights", "[wasi][fd_fdstat_get]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/a", "a");
  const uint32_t reader = guest.open("a");
  REQUIRE(guest.call("fd_fdstat_get", reader, kResult) == Errno::Success);
  CHECK(guest.get<uint8_t>(kResult) == static_cast<uint8_t>(FileType::RegularFile));
  CHECK(guest.get<uint16_t>(kResult + 2) == 0);
  CHECK((guest.get<uint64_t>(kResult + 8) & rights::kFdRead) != 0);
  CHECK((guest.get<uint64_t>(kResult + 8) & rights::kFdWrite) == 0);
  CHECK(guest.get<uint64_t>(kResult + 16) == 0);
  const uint32_t writer = guest.open("a", {.rights = rights::kFdWrite, .fdflags = fdflags::kSync | fdflags::kDsync});
  REQUIRE(guest.call("fd_fdstat_get", writer, kResult) == Errno::Success);
  CHECK(guest.get<uint16_t>(kResult + 2) == (fdflags::kSync | fdflags::kDsync));
  CHECK((guest.get<uint64_t>(kResult + 8) & rights::kFdRead) == 0);
  CHECK((guest.get<uint64_t>(kResult + 8) & rights::kFdWrite) != 0);
  CHECK(guest.call("fd_fdstat_get", 60, kResult) == Errno::Badf);
}

TEST_CASE("a terminal has no seek right, a null device has", "[wasi][fd_fdstat_get]") {
  Descriptor terminal;
  terminal.host = 0;
  terminal.type = FileType::CharacterDevice;
  terminal.readable = terminal.writable = true;
  CHECK((rights_of(terminal) & (rights::kFdSeek | rights::kFdTell)) == (rights::kFdSeek | rights::kFdTell));
  terminal.is_terminal = true;
  CHECK((rights_of(terminal) & (rights::kFdSeek | rights::kFdTell)) == 0);
  CHECK((rights_of(terminal) & (rights::kFdRead | rights::kFdWrite)) == (rights::kFdRead | rights::kFdWrite));
}

TEST_CASE("APPEND can be switched on and off", "[wasi][fd_fdstat_set_flags]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "abc");
  const uint32_t fd = guest.open("f", {.rights = kReadWrite});
  CHECK(guest.call("fd_fdstat_set_flags", fd, fdflags::kAppend) == Errno::Success);
  CHECK(guest.write(fd, "d") == Errno::Success);
  CHECK(guest.call("fd_fdstat_set_flags", fd, 0) == Errno::Success);
  REQUIRE(guest.call("fd_seek", fd, 0, 0, kResult) == Errno::Success);
  CHECK(guest.write(fd, "A") == Errno::Success);
  CHECK(tree.read("root/f") == "Abcd");
}

TEST_CASE("SYNC flags cannot change after open", "[wasi][fd_fdstat_set_flags]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "abc");
  const uint32_t fd = guest.open("f", {.rights = kReadWrite});
  CHECK(guest.call("fd_fdstat_set_flags", fd, fdflags::kSync) == Errno::Inval);
  CHECK(guest.call("fd_fdstat_set_flags", fd, fdflags::kDsync) == Errno::Inval);
  const uint32_t synced = guest.open("f", {.rights = kReadWrite, .fdflags = fdflags::kDsync});
  CHECK(guest.call("fd_fdstat_set_flags", synced, fdflags::kDsync | fdflags::kAppend) == Errno::Success);
  CHECK(guest.call("fd_fdstat_set_flags", synced, 0) == Errno::Inval);
  CHECK(guest.call("fd_fdstat_set_flags", fd, 32) == Errno::Inval);
  CHECK(guest.call("fd_fdstat_set_flags", fd, 0x10000) == Errno::Inval);
  CHECK(guest.call("fd_fdstat_set_flags", 60, 0) == Errno::Badf);
}

TEST_CASE("flags of a directory stay 0", "[wasi][fd_fdstat_set_flags]") {
  TempTree tree;
  Guest guest(tree);
  const uint32_t fd = guest.open(".", {.oflags = oflags::kDirectory, .fdflags = fdflags::kNonblock});
  REQUIRE(guest.call("fd_fdstat_set_flags", fd, fdflags::kNonblock) == Errno::Success);
  REQUIRE(guest.call("fd_fdstat_get", fd, kResult) == Errno::Success);
  CHECK(guest.get<uint16_t>(kResult + 2) == 0);
}

TEST_CASE("rights can be dropped, never added", "[wasi][fd_fdstat_set_rights][attack][attack40]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "abc");
  const uint32_t fd = guest.open("f", {.rights = kReadWrite});
  CHECK(guest.call("fd_fdstat_set_rights", fd, rights::kFdRead, 0) == Errno::Success);
  REQUIRE(guest.call("fd_fdstat_get", fd, kResult) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult + 8) == rights::kFdRead);
  CHECK(guest.call("fd_fdstat_set_rights", fd, rights::kFdRead | rights::kFdWrite, 0) == Errno::Notcapable);
  CHECK(guest.call("fd_fdstat_set_rights", fd, rights::kFdRead, rights::kFdRead) == Errno::Notcapable);
  CHECK(guest.write(fd, "x") == Errno::Notcapable);
  CHECK(guest.call("fd_seek", fd, 1, 0, kResult) == Errno::Notcapable);
  CHECK(guest.call("fd_filestat_set_size", fd, 0) == Errno::Notcapable);
  CHECK(guest.read_all(fd) == "abc");
  CHECK(guest.call("fd_fdstat_set_rights", 60, 0, 0) == Errno::Badf);
}

TEST_CASE("files and directories can be flushed", "[wasi][fd_sync][fd_datasync]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "abc");
  const uint32_t fd = guest.open("f", {.rights = kReadWrite});
  for (const char* name : {"fd_sync", "fd_datasync"}) {
    CHECK(guest.call(name, fd) == Errno::Success);
    CHECK(guest.call(name, kRoot) == Errno::Success);
    CHECK(guest.call(name, 60) == Errno::Badf);
  }
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  CHECK(guest.call("fd_sync", guest.adopt(ends[0], FileType::Unknown)) == Errno::Inval);
  ::close(ends[1]);
}

TEST_CASE("a call on a number that is not open is Badf", "[wasi][fd][attack][attack33]") {
  TempTree tree;
  Guest guest(tree);
  guest.iovec_at(0x200, kBuffer, 1);
  for (const uint32_t fd : {4u, 64u, 65536u, 0x80000000u, 0xffffffffu}) {
    CHECK(guest.call("fd_read", fd, 0x200, 1, kResult) == Errno::Badf);
    CHECK(guest.call("fd_write", fd, 0x200, 1, kResult) == Errno::Badf);
    CHECK(guest.call("fd_pread", fd, 0x200, 1, 0, kResult) == Errno::Badf);
    CHECK(guest.call("fd_pwrite", fd, 0x200, 1, 0, kResult) == Errno::Badf);
    CHECK(guest.call("fd_seek", fd, 0, 0, kResult) == Errno::Badf);
    CHECK(guest.call("fd_tell", fd, kResult) == Errno::Badf);
    CHECK(guest.call("fd_advise", fd, 0, 0, 0) == Errno::Badf);
    CHECK(guest.call("fd_allocate", fd, 0, 1) == Errno::Badf);
    CHECK(guest.call("fd_filestat_get", fd, kResult) == Errno::Badf);
    CHECK(guest.call("fd_filestat_set_size", fd, 0) == Errno::Badf);
    CHECK(guest.call("fd_filestat_set_times", fd, 0, 0, 0) == Errno::Badf);
    CHECK(guest.call("fd_readdir", fd, kBuffer, 100, 0, kResult) == Errno::Badf);
  }
}

TEST_CASE("closing a standard stream ends it for its reader and keeps the number safe", "[wasi][fd_close][attack][attack39]") {
  FdTable table;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  Descriptor stream;
  stream.host = ends[1];
  stream.is_inherited = true;
  table.insert_at(1, std::move(stream));
  REQUIRE(table.close(1) == Errno::Success);
  char byte;
  CHECK(::read(ends[0], &byte, 1) == 0);
  CHECK(::fcntl(ends[1], F_GETFL) >= 0);  // a null device holds the place
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("the table fills holes in order", "[wasi][fd_table]") {
  FdTable table;
  const auto insert = [&] {
    Descriptor descriptor;
    descriptor.host = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    uint32_t fd = 0;
    REQUIRE(table.insert(std::move(descriptor), &fd) == Errno::Success);
    return fd;
  };
  for (uint32_t i = 0; i < 100; ++i) REQUIRE(insert() == i);
  for (const uint32_t hole : {70u, 3u, 40u}) REQUIRE(table.close(hole) == Errno::Success);
  CHECK(insert() == 3);
  CHECK(insert() == 40);
  CHECK(table.renumber(0, 99) == Errno::Success);
  CHECK(insert() == 0);
  CHECK(insert() == 70);
  CHECK(insert() == 100);
}

}  // namespace wasmrun::wasi
