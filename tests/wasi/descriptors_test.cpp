// The table of descriptors, case by case: closing, renumbering, flags, preopens.
#include <sys/socket.h>

#include "tests/wasi/behaviour.h"

namespace wasmrun::wasi {

namespace {

struct Tree : TempTree {
  Tree() {
    write("root/a", "aaa");
    write("root/b", "bbb");
    mkdir("root/d");
    write("root/d/g", "inner");
  }
};

/// Puts a host descriptor at a number of the guest's as if it were one of its standard streams.
void put_stream(Guest& guest, uint32_t number, int host, FileType type) {
  if (guest.state().fds.find(number)) REQUIRE(guest.call("fd_close", number) == Errno::Success);
  Descriptor stream;
  stream.host = host;
  stream.type = type;
  stream.readable = stream.writable = true;
  stream.is_inherited = true;
  stream.rights_base = rights_of(stream);
  guest.state().fds.insert_at(number, std::move(stream));
}

int host_of(Guest& guest, uint32_t fd) {
  return guest.state().fds.find(fd)->host;
}

}  // namespace

TEST_CASE("a closed file is closed on the host", "[wasi][fd_close]") {
  Tree tree;
  Guest guest(tree);
  const uint32_t fd = guest.open("a");
  const int host = host_of(guest, fd);
  REQUIRE(guest.call("fd_close", fd) == Errno::Success);
  CHECK(::fcntl(host, F_GETFD) == -1);
}

TEST_CASE("closing one of two descriptors of a file leaves the other", "[wasi][fd_close]") {
  Tree tree;
  Guest guest(tree);
  const uint32_t a = guest.open("a"), b = guest.open("a");
  REQUIRE(guest.call("fd_close", a) == Errno::Success);
  CHECK(guest.read_all(b) == "aaa");
}

TEST_CASE("what was opened below a directory outlives its descriptor", "[wasi][fd_close]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const uint32_t d = guest.open("d");
  const uint32_t g = guest.open("g", {}, d);
  REQUIRE(guest.call("fd_close", d) == Errno::Success);
  REQUIRE(guest.call("fd_close", kRoot) == Errno::Success);
  CHECK(guest.read_all(g) == "inner");
}

TEST_CASE("the last descriptor of a removed file frees it", "[wasi][fd_close]") {
  Tree tree;
  Guest guest(tree);
  const uint32_t fd = guest.open("a");
  REQUIRE(guest.call("path_unlink_file", kRoot, "a") == Errno::Success);
  CHECK(guest.call("fd_close", fd) == Errno::Success);
  CHECK(guest.path_open(kRoot, "a") == Errno::Noent);
}

TEST_CASE("closing a pipe's writing end ends it for its reader", "[wasi][fd_close]") {
  Tree tree;
  Guest guest(tree);
  Pipe pipe;
  const uint32_t fd = guest.adopt(pipe.give(1), FileType::Unknown);
  REQUIRE(guest.write(fd, "x") == Errno::Success);
  REQUIRE(guest.call("fd_close", fd) == Errno::Success);
  char bytes[2];
  CHECK(::read(pipe.ends[0], bytes, 2) == 1);
  CHECK(::read(pipe.ends[0], bytes, 2) == 0);
}

TEST_CASE("numbers far from any open one are Badf in every call", "[wasi][fd_close][fd_renumber]") {
  Tree tree;
  Guest guest(tree);
  for (const uint32_t fd : {1000u, 1u << 20, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    CHECK(guest.call("fd_close", fd) == Errno::Badf);
    CHECK(guest.call("fd_renumber", fd, kRoot) == Errno::Badf);
    CHECK(guest.call("fd_renumber", kRoot, fd) == Errno::Badf);
    CHECK(guest.call("fd_renumber", fd, fd) == Errno::Badf);
    CHECK(guest.call("fd_fdstat_get", fd, kResult) == Errno::Badf);
    CHECK(guest.call("fd_fdstat_set_flags", fd, 0) == Errno::Badf);
    CHECK(guest.call("fd_fdstat_set_rights", fd, 0, 0) == Errno::Badf);
    CHECK(guest.call("fd_prestat_get", fd, kResult) == Errno::Badf);
    CHECK(guest.call("fd_prestat_dir_name", fd, kBuffer, 10) == Errno::Badf);
    CHECK(guest.call("fd_sync", fd) == Errno::Badf);
    CHECK(guest.call("fd_datasync", fd) == Errno::Badf);
    CHECK(guest.call("path_create_directory", fd, "x") == Errno::Badf);
  }
  CHECK(guest.call("fd_prestat_get", kRoot, kResult) == Errno::Success);
}

TEST_CASE("fd_renumber closes what was at the number on the host", "[wasi][fd_renumber]") {
  Tree tree;
  Guest guest(tree);
  const uint32_t a = guest.open("a"), b = guest.open("b");
  const int host_a = host_of(guest, a), host_b = host_of(guest, b);
  REQUIRE(guest.call("fd_renumber", a, b) == Errno::Success);
  CHECK(host_of(guest, b) == host_a);
  CHECK(::fcntl(host_b, F_GETFD) == -1);
}

TEST_CASE("fd_renumber keeps position, flags and access mode", "[wasi][fd_renumber]") {
  Tree tree;
  Guest guest(tree);
  const uint32_t a = guest.open("a", {.rights = kReadWrite, .fdflags = fdflags::kDsync}), b = guest.open("b");
  REQUIRE(guest.call("fd_seek", a, 2, 0, kResult) == Errno::Success);
  REQUIRE(guest.call("fd_renumber", a, b) == Errno::Success);
  CHECK(flags_of_fd(guest, b) == fdflags::kDsync);
  CHECK(guest.read_all(b) == "a");
  CHECK(guest.write(b, "!") == Errno::Success);
}

TEST_CASE("the number that fd_renumber left is the next to be given", "[wasi][fd_renumber]") {
  Tree tree;
  Guest guest(tree);
  const uint32_t a = guest.open("a"), b = guest.open("b"), c = guest.open("b");
  REQUIRE(guest.call("fd_renumber", a, c) == Errno::Success);
  CHECK(guest.open("a") == a);
  CHECK(guest.read_all(b) == "bbb");
}

TEST_CASE("fd_renumber onto itself changes nothing", "[wasi][fd_renumber]") {
  Tree tree;
  Guest guest(tree);
  const uint32_t a = guest.open("a");
  REQUIRE(guest.call("fd_renumber", a, a) == Errno::Success);
  CHECK(guest.read_all(a) == "aaa");
  CHECK(guest.call("fd_renumber", kRoot, kRoot) == Errno::Success);
  CHECK(guest.call("fd_prestat_get", kRoot, kResult) == Errno::Success);
}

TEST_CASE("fd_renumber swaps two files by way of a third number", "[wasi][fd_renumber]") {
  Tree tree;
  Guest guest(tree);
  const uint32_t a = guest.open("a"), b = guest.open("b"), spare = guest.open("d/g");
  REQUIRE(guest.call("fd_renumber", a, spare) == Errno::Success);
  REQUIRE(guest.open("d/g") == a);
  REQUIRE(guest.call("fd_renumber", b, a) == Errno::Success);
  REQUIRE(guest.open("d/g") == b);
  REQUIRE(guest.call("fd_renumber", spare, b) == Errno::Success);
  CHECK(guest.read_all(a) == "bbb");
  CHECK(guest.read_all(b) == "aaa");
}

TEST_CASE("a file onto a standard stream is that stream from then on", "[wasi][fd_renumber]") {
  Tree tree;
  Guest guest(tree);
  Pipe pipe;
  put_stream(guest, 20, ::fcntl(pipe.ends[1], F_DUPFD_CLOEXEC, 3), FileType::Unknown);
  const int host = host_of(guest, 20);
  const uint32_t fd = guest.open("a", {.rights = kReadWrite});
  REQUIRE(guest.call("fd_renumber", fd, 20) == Errno::Success);
  CHECK(guest.write(20, "new") == Errno::Success);
  CHECK(tree.read("root/a") == "new");
  // The number on the host is held by a null device.
  CHECK(::fcntl(host, F_GETFD) >= 0);
  pipe.close_end(1);
  char byte;
  CHECK(::read(pipe.ends[0], &byte, 1) == 0);
  ::close(host);
}

TEST_CASE("a standard stream moves to another number and works there", "[wasi][fd_renumber]") {
  Tree tree;
  Guest guest(tree);
  Pipe pipe;
  put_stream(guest, 20, pipe.ends[1], FileType::Unknown);
  const uint32_t fd = guest.open("a");
  REQUIRE(guest.call("fd_renumber", 20, fd) == Errno::Success);
  CHECK(guest.write(fd, "x") == Errno::Success);
  char byte;
  CHECK(::read(pipe.ends[0], &byte, 1) == 1);
  CHECK(guest.call("fd_fdstat_get", 20, kResult) == Errno::Badf);
}

TEST_CASE("a file onto a preopen makes it no preopen", "[wasi][fd_renumber]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const uint32_t fd = guest.open("a");
  REQUIRE(guest.call("fd_renumber", fd, kRoot) == Errno::Success);
  CHECK(guest.call("fd_prestat_get", kRoot, kResult) == Errno::Badf);
  CHECK(guest.call("fd_prestat_dir_name", kRoot, kBuffer, 10) == Errno::Notdir);
  CHECK(guest.path_open(kRoot, "b") == Errno::Notdir);
  CHECK(guest.read_all(kRoot) == "aaa");
}

TEST_CASE("a directory onto a preopen takes its number but not its name", "[wasi][fd_renumber]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  const uint32_t d = guest.open("d");
  REQUIRE(guest.call("fd_renumber", d, kRoot) == Errno::Success);
  CHECK(guest.call("fd_prestat_get", kRoot, kResult) == Errno::Badf);
  CHECK(guest.read_all(guest.open("g")) == "inner");
  CHECK(guest.path_open(kRoot, "../a") == Errno::Perm);
}

TEST_CASE("a preopen onto a standard stream is found there", "[wasi][fd_renumber]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  Pipe pipe;
  put_stream(guest, 20, ::fcntl(pipe.ends[0], F_DUPFD_CLOEXEC, 3), FileType::Unknown);
  const int host = host_of(guest, 20);
  REQUIRE(guest.call("fd_renumber", kRoot, 20) == Errno::Success);
  CHECK(guest.call("fd_prestat_get", 20, kResult) == Errno::Success);
  CHECK(guest.call("fd_prestat_get", kRoot, kResult) == Errno::Badf);
  CHECK(guest.path_open(20, "a") == Errno::Success);
  ::close(host);
}

TEST_CASE("what is left of a read-only tree stays read-only under a new number", "[wasi][fd_renumber][read_only]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers(), true);
  const uint32_t d = guest.open("d"), a = guest.open("a");
  REQUIRE(guest.call("fd_renumber", d, a) == Errno::Success);
  CHECK(guest.call("path_unlink_file", a, "g") == Errno::Perm);
  REQUIRE(guest.call("fd_renumber", kRoot, a) == Errno::Success);
  CHECK(guest.call("path_unlink_file", a, "a") == Errno::Perm);
}

TEST_CASE("flags that do not exist are refused before the descriptor is looked at", "[wasi][fd_fdstat_set_flags]") {
  Tree tree;
  Guest guest(tree);
  for (const uint32_t flags : {32u, 64u, 0x100u, 0x8000u, 0x10000u, 0xffffffffu}) {
    CHECK(guest.call("fd_fdstat_set_flags", guest.open("a"), flags) == Errno::Inval);
  }
}

TEST_CASE("NONBLOCK is kept on files, where it changes nothing", "[wasi][fd_fdstat_set_flags]") {
  Tree tree;
  Guest guest(tree);
  const uint32_t fd = guest.open("a");
  REQUIRE(guest.call("fd_fdstat_set_flags", fd, fdflags::kNonblock) == Errno::Success);
  CHECK(flags_of_fd(guest, fd) == fdflags::kNonblock);
  CHECK(guest.read_all(fd) == "aaa");
  REQUIRE(guest.call("fd_fdstat_set_flags", fd, 0) == Errno::Success);
  CHECK(flags_of_fd(guest, fd) == 0);
}

TEST_CASE("APPEND and NONBLOCK change together", "[wasi][fd_fdstat_set_flags]") {
  Tree tree;
  Guest guest(tree);
  const uint32_t fd = guest.open("a", {.rights = kReadWrite});
  REQUIRE(guest.call("fd_fdstat_set_flags", fd, fdflags::kAppend | fdflags::kNonblock) == Errno::Success);
  CHECK((::fcntl(host_of(guest, fd), F_GETFL) & (O_APPEND | O_NONBLOCK)) == (O_APPEND | O_NONBLOCK));
  REQUIRE(guest.call("fd_fdstat_set_flags", fd, fdflags::kNonblock) == Errno::Success);
  CHECK((::fcntl(host_of(guest, fd), F_GETFL) & (O_APPEND | O_NONBLOCK)) == O_NONBLOCK);
}

TEST_CASE("SYNC flags that a file was opened with may be given again", "[wasi][fd_fdstat_set_flags]") {
  Tree tree;
  Guest guest(tree);
  for (const uint32_t flags : {uint32_t{fdflags::kDsync}, uint32_t{fdflags::kSync}, uint32_t{fdflags::kRsync}}) {
    const uint32_t fd = guest.open("a", {.rights = kReadWrite, .fdflags = flags});
    CHECK(guest.call("fd_fdstat_set_flags", fd, flags) == Errno::Success);
    CHECK(guest.call("fd_fdstat_set_flags", fd, flags | fdflags::kAppend) == Errno::Success);
    CHECK(guest.call("fd_fdstat_set_flags", fd, 0) == Errno::Inval);
    CHECK(flags_of_fd(guest, fd) == (flags | fdflags::kAppend));
  }
}

TEST_CASE("a pipe's flags are told as they were set", "[wasi][fd_fdstat_set_flags]") {
  Tree tree;
  Guest guest(tree);
  Pipe pipe;
  const uint32_t fd = guest.adopt(pipe.give(0), FileType::Unknown);
  CHECK(flags_of_fd(guest, fd) == 0);
  REQUIRE(guest.call("fd_fdstat_set_flags", fd, fdflags::kNonblock) == Errno::Success);
  CHECK(flags_of_fd(guest, fd) == fdflags::kNonblock);
  guest.iovec_at(0x200, kBuffer, 1);
  CHECK(guest.call("fd_read", fd, 0x200, 1, kResult) == Errno::Again);
}

TEST_CASE("fd_fdstat_get writes all of its 24 bytes", "[wasi][fd_fdstat_get]") {
  Tree tree;
  Guest guest(tree);
  guest.put(kResult, std::string(32, '#'));
  REQUIRE(guest.call("fd_fdstat_get", guest.open("a"), kResult) == Errno::Success);
  guest.open("a");
  guest.put(kResult, std::string(32, '#'));
  REQUIRE(guest.call("fd_fdstat_get", kRoot, kResult) == Errno::Success);
  CHECK(guest.get<uint8_t>(kResult + 1) == 0);
  CHECK(guest.get<uint32_t>(kResult + 4) == 0);
  CHECK(guest.text(kResult + 24, 8) == "########");
}

TEST_CASE("fd_filestat_get writes all of its 64 bytes", "[wasi][fd_filestat_get]") {
  Tree tree;
  Guest guest(tree);
  const uint32_t fd = guest.open("a");
  guest.put(kResult, std::string(72, '#'));
  REQUIRE(guest.call("fd_filestat_get", fd, kResult) == Errno::Success);
  CHECK(guest.text(kResult + 17, 7) == std::string(7, '\0'));
  CHECK(guest.text(kResult + 64, 8) == "########");
}

TEST_CASE("a datagram socket is one by either status", "[wasi][fd_filestat_get][fd_fdstat_get]") {
  Tree tree;
  Guest guest(tree);
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
  const uint32_t fd = guest.adopt(ends[0], FileType::SocketDatagram);
  CHECK(type_of_fd(guest, fd) == FileType::SocketDatagram);
  REQUIRE(guest.call("fd_filestat_get", fd, kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::SocketDatagram);
  ::close(ends[1]);
}

TEST_CASE("a preopen has the name it was given, byte for byte", "[wasi][fd_prestat_dir_name]") {
  Tree tree;
  for (const std::string& name : {std::string("/"), std::string("."), std::string("a b/\xff"), std::string(300, 'n')}) {
    WasiOptions options;
    options.preopens = {{tree.root(), name, false}};
    Guest guest(std::move(options));
    REQUIRE(guest.call("fd_prestat_get", kRoot, kResult) == Errno::Success);
    CHECK(guest.get<uint32_t>(kResult + 4) == name.size());
    guest.put(kBuffer, std::string(400, '#'));
    REQUIRE(guest.call("fd_prestat_dir_name", kRoot, kBuffer, 400) == Errno::Success);
    CHECK(guest.text(kBuffer, 400) == name + std::string(400 - name.size(), '#'));
    CHECK(guest.call("fd_prestat_dir_name", kRoot, kBuffer, name.size() - 1) == Errno::Nametoolong);
  }
}

TEST_CASE("preopens may have one name, and one directory several", "[wasi][fd_prestat_get]") {
  Tree tree;
  WasiOptions options;
  options.preopens = {{tree.root(), "/x", false}, {tree.path("root/d"), "/x", false}, {tree.root(), "/y", false}};
  Guest guest(std::move(options));
  for (const uint32_t fd : {3u, 4u, 5u}) CHECK(guest.call("fd_prestat_get", fd, kResult) == Errno::Success);
  CHECK(guest.call("fd_prestat_get", 6, kResult) == Errno::Badf);
  CHECK(guest.path_open(4, "g") == Errno::Success);
  CHECK(guest.path_open(5, "a") == Errno::Success);
}

TEST_CASE("standard streams, files and opened directories are no preopens", "[wasi][fd_prestat_get]") {
  Tree tree;
  Guest guest(tree);
  for (const uint32_t fd : {0u, 1u, 2u, guest.open("a"), guest.open("d"), guest.open(".")}) {
    CHECK(guest.call("fd_prestat_get", fd, kResult) == Errno::Badf);
  }
}

TEST_CASE("files opened for reading can be flushed", "[wasi][fd_sync][fd_datasync]") {
  Tree tree;
  Guest guest(tree, on_both_resolvers());
  for (const char* path : {"a", "d", "."}) {
    const uint32_t fd = guest.open(path);
    CHECK(guest.call("fd_sync", fd) == Errno::Success);
    CHECK(guest.call("fd_datasync", fd) == Errno::Success);
  }
}

}  // namespace wasmrun::wasi
