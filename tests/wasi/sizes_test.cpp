// fd_filestat_set_size, fd_allocate, fd_advise.
#include <sys/socket.h>

#include "tests/wasi/behaviour.h"

namespace wasmrun::wasi {

namespace {
/// A file of five bytes, open for reading and writing.
struct FiveBytes {
  FiveBytes() {
    tree.write("root/f", "12345");
    fd = guest.open("f", {.rights = kReadWrite});
  }
  uint64_t size() {
    REQUIRE(guest.call("fd_filestat_get", fd, kResult) == Errno::Success);
    return guest.get<uint64_t>(kResult + 32);
  }
  TempTree tree;
  Guest guest{tree};
  uint32_t fd;
};
/// Not every file system can allocate.
bool can_allocate(FiveBytes& f) { return !(f.guest.call("fd_allocate", f.fd, 0, 1) == Errno::Notsup); }
}  // namespace

TEST_CASE("a size of nothing empties a file", "[wasi][fd_filestat_set_size]") {
  FiveBytes f;
  CHECK(f.guest.call("fd_filestat_set_size", f.fd, 0) == Errno::Success);
  CHECK(f.tree.read("root/f").empty());
}

TEST_CASE("the size a file has already changes nothing", "[wasi][fd_filestat_set_size]") {
  FiveBytes f;
  CHECK(f.guest.call("fd_filestat_set_size", f.fd, 5) == Errno::Success);
  CHECK(f.tree.read("root/f") == "12345");
}

TEST_CASE("a new size leaves the position", "[wasi][fd_filestat_set_size]") {
  FiveBytes f;
  REQUIRE(f.guest.call("fd_seek", f.fd, 4, 0, kResult) == Errno::Success);
  REQUIRE(f.guest.call("fd_filestat_set_size", f.fd, 1) == Errno::Success);
  REQUIRE(f.guest.call("fd_tell", f.fd, kResult) == Errno::Success);
  CHECK(f.guest.get<uint64_t>(kResult) == 4);
  REQUIRE(f.guest.write(f.fd, "x") == Errno::Success);
  CHECK(f.tree.read("root/f") == std::string("1\0\0\0x", 5));
}

TEST_CASE("what was cut off does not come back", "[wasi][fd_filestat_set_size]") {
  FiveBytes f;
  REQUIRE(f.guest.call("fd_filestat_set_size", f.fd, 2) == Errno::Success);
  REQUIRE(f.guest.call("fd_filestat_set_size", f.fd, 5) == Errno::Success);
  CHECK(f.tree.read("root/f") == std::string("12\0\0\0", 5));
}

TEST_CASE("sizes over 63 bits are invalid", "[wasi][fd_filestat_set_size][attack][attack41]") {
  FiveBytes f;
  for (const uint64_t size : {uint64_t{1} << 63, UINT64_MAX}) {
    CHECK(f.guest.call("fd_filestat_set_size", f.fd, size) == Errno::Inval);
  }
  CHECK(f.size() == 5);
}

TEST_CASE("a size that the file system cannot have is too big, or a hole", "[wasi][fd_filestat_set_size]") {
  FiveBytes f;
  const Reply reply = f.guest.call("fd_filestat_set_size", f.fd, INT64_MAX);
  CHECK((reply == Errno::Fbig || reply == Errno::Inval || reply == Errno::Success));
  CHECK(f.size() == (reply == Errno::Success ? uint64_t{INT64_MAX} : 5));
}

TEST_CASE("a hole of gigabytes needs no room", "[wasi][fd_filestat_set_size]") {
  FiveBytes f;
  REQUIRE(f.guest.call("fd_filestat_set_size", f.fd, uint64_t{3} << 30) == Errno::Success);
  CHECK(f.size() == uint64_t{3} << 30);
  CHECK(host_status(f.tree, "root/f").st_blocks < 1000);
}

TEST_CASE("a file opened for reading keeps its size", "[wasi][fd_filestat_set_size][fd_allocate]") {
  FiveBytes f;
  const uint32_t reader = f.guest.open("f");
  CHECK(f.guest.call("fd_filestat_set_size", reader, 1) == Errno::Inval);
  CHECK(f.guest.call("fd_allocate", reader, 0, 100) == Errno::Badf);
  CHECK(f.size() == 5);
}

TEST_CASE("an appending file can be cut", "[wasi][fd_filestat_set_size]") {
  FiveBytes f;
  const uint32_t fd = f.guest.open("f", {.rights = kReadWrite, .fdflags = fdflags::kAppend});
  CHECK(f.guest.call("fd_filestat_set_size", fd, 2) == Errno::Success);
  CHECK(f.guest.write(fd, "x") == Errno::Success);
  CHECK(f.tree.read("root/f") == "12x");
}

TEST_CASE("pipes and sockets have no size to set", "[wasi][fd_filestat_set_size]") {
  FiveBytes f;
  Pipe pipe;
  CHECK(f.guest.call("fd_filestat_set_size", f.guest.adopt(pipe.give(1), FileType::Unknown), 0) == Errno::Inval);
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  CHECK(f.guest.call("fd_filestat_set_size", f.guest.adopt(ends[0], FileType::SocketStream), 0) == Errno::Inval);
  ::close(ends[1]);
}

TEST_CASE("setting a size changes the time of writing", "[wasi][fd_filestat_set_size]") {
  FiveBytes f;
  REQUIRE(f.guest.call("fd_filestat_set_times", f.fd, 0, 1000, fstflags::kMtim) == Errno::Success);
  REQUIRE(f.guest.call("fd_filestat_set_size", f.fd, 2) == Errno::Success);
  CHECK(nanoseconds(host_status(f.tree, "root/f").st_mtim) > 1000);
}

TEST_CASE("fd_allocate extends a file to the end of the range", "[wasi][fd_allocate]") {
  FiveBytes f;
  if (!can_allocate(f)) return;
  CHECK(f.guest.call("fd_allocate", f.fd, 100, 28) == Errno::Success);
  CHECK(f.size() == 128);
  CHECK(f.tree.read("root/f").substr(0, 8) == std::string("12345\0\0\0", 8));
}

TEST_CASE("fd_allocate inside a file changes nothing that is read", "[wasi][fd_allocate]") {
  FiveBytes f;
  if (!can_allocate(f)) return;
  CHECK(f.guest.call("fd_allocate", f.fd, 1, 2) == Errno::Success);
  CHECK(f.tree.read("root/f") == "12345");
}

TEST_CASE("fd_allocate of a part behind a hole keeps the hole's zeros", "[wasi][fd_allocate]") {
  FiveBytes f;
  if (!can_allocate(f)) return;
  CHECK(f.guest.call("fd_allocate", f.fd, 10, 2) == Errno::Success);
  CHECK(f.tree.read("root/f") == std::string("12345\0\0\0\0\0\0\0", 12));
}

TEST_CASE("fd_allocate of nothing is invalid", "[wasi][fd_allocate]") {
  FiveBytes f;
  CHECK(f.guest.call("fd_allocate", f.fd, 0, 0) == Errno::Inval);
  CHECK(f.guest.call("fd_allocate", f.fd, 1, 0) == Errno::Inval);
}

TEST_CASE("fd_allocate over 63 bits is refused", "[wasi][fd_allocate][attack][attack41]") {
  FiveBytes f;
  CHECK(f.guest.call("fd_allocate", f.fd, UINT64_MAX, 1) == Errno::Inval);
  CHECK(f.guest.call("fd_allocate", f.fd, 1, UINT64_MAX) == Errno::Inval);
  const Reply sum = f.guest.call("fd_allocate", f.fd, INT64_MAX, 2);
  CHECK((sum == Errno::Fbig || sum == Errno::Inval || sum == Errno::Notsup));
  CHECK(f.size() == 5);
}

TEST_CASE("fd_allocate leaves the position", "[wasi][fd_allocate]") {
  FiveBytes f;
  if (!can_allocate(f)) return;
  REQUIRE(f.guest.call("fd_seek", f.fd, 2, 0, kResult) == Errno::Success);
  REQUIRE(f.guest.call("fd_allocate", f.fd, 0, 50) == Errno::Success);
  REQUIRE(f.guest.call("fd_tell", f.fd, kResult) == Errno::Success);
  CHECK(f.guest.get<uint64_t>(kResult) == 2);
}

TEST_CASE("pipes and devices cannot be allocated", "[wasi][fd_allocate]") {
  FiveBytes f;
  Pipe pipe;
  CHECK(f.guest.call("fd_allocate", f.guest.adopt(pipe.give(1), FileType::Unknown), 0, 1) == Errno::Spipe);
  const uint32_t null = f.guest.adopt(::open("/dev/null", O_RDWR | O_CLOEXEC), FileType::CharacterDevice);
  CHECK(f.guest.call("fd_allocate", null, 0, 1) == Errno::Nodev);
}

TEST_CASE("fd_advise takes a length of nothing and ranges past the end", "[wasi][fd_advise]") {
  FiveBytes f;
  CHECK(f.guest.call("fd_advise", f.fd, 0, 0, 3) == Errno::Success);
  CHECK(f.guest.call("fd_advise", f.fd, 1000, 1000, 3) == Errno::Success);
  CHECK(f.guest.call("fd_advise", f.fd, INT64_MAX, INT64_MAX, 4) == Errno::Success);
}

TEST_CASE("fd_advise over 63 bits is invalid", "[wasi][fd_advise]") {
  FiveBytes f;
  CHECK(f.guest.call("fd_advise", f.fd, UINT64_MAX, 1, 0) == Errno::Inval);
  CHECK(f.guest.call("fd_advise", f.fd, 0, UINT64_MAX, 0) == Errno::Inval);
}

TEST_CASE("fd_advise changes neither contents nor position", "[wasi][fd_advise]") {
  FiveBytes f;
  REQUIRE(f.guest.call("fd_seek", f.fd, 2, 0, kResult) == Errno::Success);
  CHECK(f.guest.call("fd_advise", f.fd, 0, 0, 4) == Errno::Success);
  CHECK(f.guest.read_all(f.fd) == "345");
}

TEST_CASE("fd_advise works whatever the access mode", "[wasi][fd_advise]") {
  FiveBytes f;
  CHECK(f.guest.call("fd_advise", f.guest.open("f"), 0, 0, 1) == Errno::Success);
  CHECK(f.guest.call("fd_advise", f.guest.open("f", {.rights = rights::kFdWrite}), 0, 0, 1) == Errno::Success);
}

TEST_CASE("an opened directory takes no advice", "[wasi][fd_advise]") {
  FiveBytes f;
  f.tree.mkdir("root/d");
  CHECK(f.guest.call("fd_advise", f.guest.open("d"), 0, 0, 0) == Errno::Badf);
}

}  // namespace wasmrun::wasi
