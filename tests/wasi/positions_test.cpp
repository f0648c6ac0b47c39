// Where reads and writes happen: positions, offsets, ends, append.
#include <sys/socket.h>

#include "tests/wasi/behaviour.h"

namespace wasmrun::wasi {

namespace {

/// A file of ten bytes.
struct TenBytes {
  TenBytes() { tree.write("root/f", "0123456789"); }
  uint32_t open(uint32_t fdflags = 0) { return guest.open("f", {.rights = kReadWrite, .fdflags = fdflags}); }
  Reply read(uint32_t fd, uint32_t size) {
    guest.iovec_at(0x200, kBuffer, size);
    return guest.call("fd_read", fd, 0x200, 1, kResult);
  }
  std::string read_text(uint32_t fd, uint32_t size) {
    REQUIRE(read(fd, size) == Errno::Success);
    return guest.text(kBuffer, guest.get<uint32_t>(kResult));
  }
  std::string pread_text(uint32_t fd, uint32_t size, uint64_t offset) {
    guest.iovec_at(0x200, kBuffer, size);
    REQUIRE(guest.call("fd_pread", fd, 0x200, 1, offset, kResult) == Errno::Success);
    return guest.text(kBuffer, guest.get<uint32_t>(kResult));
  }
  Reply pwrite(uint32_t fd, std::string_view text, uint64_t offset) {
    guest.put(kBuffer, text);
    guest.iovec_at(0x200, kBuffer, static_cast<uint32_t>(text.size()));
    return guest.call("fd_pwrite", fd, 0x200, 1, offset, kResult);
  }
  uint64_t tell(uint32_t fd) {
    REQUIRE(guest.call("fd_tell", fd, kResult) == Errno::Success);
    return guest.get<uint64_t>(kResult);
  }
  Reply seek(uint32_t fd, int64_t offset, int whence) { return guest.call("fd_seek", fd, offset, whence, kResult); }
  std::string text() { return tree.read("root/f"); }
  TempTree tree;
  Guest guest{tree};
};

}  // namespace

TEST_CASE("a file is read from its beginning to its end in pieces", "[wasi][fd_read]") {
  TenBytes f;
  const uint32_t fd = f.open();
  CHECK(f.read_text(fd, 4) == "0123");
  CHECK(f.read_text(fd, 4) == "4567");
  CHECK(f.read_text(fd, 4) == "89");
  CHECK(f.read_text(fd, 4).empty());
  CHECK(f.tell(fd) == 10);
}

TEST_CASE("reading past the end gives nothing and moves nothing", "[wasi][fd_read]") {
  TenBytes f;
  const uint32_t fd = f.open();
  REQUIRE(f.seek(fd, 50, 0) == Errno::Success);
  CHECK(f.read_text(fd, 4).empty());
  CHECK(f.tell(fd) == 50);
}

TEST_CASE("writing past the end leaves zeros between", "[wasi][fd_write]") {
  TenBytes f;
  const uint32_t fd = f.open();
  REQUIRE(f.seek(fd, 12, 0) == Errno::Success);
  CHECK(f.guest.write(fd, "x") == Errno::Success);
  CHECK(f.text() == std::string("0123456789\0\0x", 13));
}

TEST_CASE("reads and writes share one position", "[wasi][fd_read][fd_write]") {
  TenBytes f;
  const uint32_t fd = f.open();
  CHECK(f.read_text(fd, 3) == "012");
  CHECK(f.guest.write(fd, "XY") == Errno::Success);
  CHECK(f.read_text(fd, 3) == "567");
  CHECK(f.text() == "012XY56789");
}

TEST_CASE("two descriptors of one file have positions of their own", "[wasi][fd_read]") {
  TenBytes f;
  const uint32_t a = f.open(), b = f.open();
  CHECK(f.read_text(a, 5) == "01234");
  CHECK(f.read_text(b, 2) == "01");
  CHECK(f.tell(a) == 5);
}

TEST_CASE("what one descriptor writes the other reads at once", "[wasi][fd_write]") {
  TenBytes f;
  const uint32_t a = f.open(), b = f.open();
  CHECK(f.guest.write(a, "abc") == Errno::Success);
  CHECK(f.read_text(b, 4) == "abc3");
}

TEST_CASE("seeking past the end does not extend a file", "[wasi][fd_seek]") {
  TenBytes f;
  const uint32_t fd = f.open();
  REQUIRE(f.seek(fd, 1000, 2) == Errno::Success);
  CHECK(f.guest.get<uint64_t>(kResult) == 1010);
  CHECK(f.text().size() == 10);
}

TEST_CASE("a refused seek leaves position and result alone", "[wasi][fd_seek]") {
  TenBytes f;
  const uint32_t fd = f.open();
  REQUIRE(f.seek(fd, 5, 0) == Errno::Success);
  f.guest.set(kResult, uint64_t{77});
  CHECK(f.seek(fd, -6, 1) == Errno::Inval);
  CHECK(f.seek(fd, -11, 2) == Errno::Inval);
  CHECK(f.guest.get<uint64_t>(kResult) == 77);
  CHECK(f.tell(fd) == 5);
}

TEST_CASE("a seek whose sum leaves 63 bits is refused", "[wasi][fd_seek][attack][attack41]") {
  TenBytes f;
  const uint32_t fd = f.open();
  REQUIRE(f.seek(fd, 5, 0) == Errno::Success);
  for (const int whence : {1, 2}) {
    const Reply reply = f.seek(fd, INT64_MAX, whence);
    CHECK((reply == Errno::Inval || reply == Errno::Overflow));
    CHECK(f.seek(fd, INT64_MIN, whence) == Errno::Inval);
  }
  CHECK(f.seek(fd, INT64_MIN, 0) == Errno::Inval);
  CHECK(f.tell(fd) == 5);
}

TEST_CASE("unknown kinds of seeking are invalid on every descriptor", "[wasi][fd_seek]") {
  TenBytes f;
  for (const int whence : {3, 4, 255, 256, -1}) CHECK(f.seek(f.open(), 0, whence) == Errno::Inval);
}

TEST_CASE("fd_pread reads at any offset and up to the end", "[wasi][fd_pread]") {
  TenBytes f;
  const uint32_t fd = f.open();
  CHECK(f.pread_text(fd, 3, 0) == "012");
  CHECK(f.pread_text(fd, 3, 8) == "89");
  CHECK(f.pread_text(fd, 3, 10).empty());
  CHECK(f.pread_text(fd, 3, INT64_MAX - 100).empty());
  CHECK(f.tell(fd) == 0);
}

TEST_CASE("fd_pread fills several vectors", "[wasi][fd_pread]") {
  TenBytes f;
  f.guest.iovec_at(0x200, kBuffer, 2);
  f.guest.iovec_at(0x208, kBuffer + 100, 3);
  REQUIRE(f.guest.call("fd_pread", f.open(), 0x200, 2, 4, kResult) == Errno::Success);
  CHECK(f.guest.get<uint32_t>(kResult) == 5);
  CHECK(f.guest.text(kBuffer, 2) == "45");
  CHECK(f.guest.text(kBuffer + 100, 3) == "678");
}

TEST_CASE("fd_pwrite writes at any offset and extends with zeros", "[wasi][fd_pwrite]") {
  TenBytes f;
  const uint32_t fd = f.open();
  CHECK(f.pwrite(fd, "AB", 4) == Errno::Success);
  CHECK(f.text() == "0123AB6789");
  CHECK(f.pwrite(fd, "C", 12) == Errno::Success);
  CHECK(f.text() == std::string("0123AB6789\0\0C", 13));
  CHECK(f.tell(fd) == 0);
}

TEST_CASE("fd_pwrite writes several vectors", "[wasi][fd_pwrite]") {
  TenBytes f;
  f.guest.put(kBuffer, "abcdef");
  f.guest.iovec_at(0x200, kBuffer + 3, 3);
  f.guest.iovec_at(0x208, kBuffer, 3);
  REQUIRE(f.guest.call("fd_pwrite", f.open(), 0x200, 2, 2, kResult) == Errno::Success);
  CHECK(f.guest.get<uint32_t>(kResult) == 6);
  CHECK(f.text() == "01defabc89");
}

TEST_CASE("offsets over 63 bits are invalid", "[wasi][fd_pread][fd_pwrite][attack][attack41]") {
  TenBytes f;
  const uint32_t fd = f.open();
  f.guest.iovec_at(0x200, kBuffer, 1);
  for (const uint64_t offset : {uint64_t{1} << 63, UINT64_MAX - 1, UINT64_MAX}) {
    CHECK(f.guest.call("fd_pread", fd, 0x200, 1, offset, kResult) == Errno::Inval);
    CHECK(f.guest.call("fd_pwrite", fd, 0x200, 1, offset, kResult) == Errno::Inval);
  }
}

TEST_CASE("a write at the greatest offset is too big or invalid, and writes nothing", "[wasi][fd_pwrite]") {
  TenBytes f;
  const Reply reply = f.pwrite(f.open(), "x", INT64_MAX);
  CHECK((reply == Errno::Fbig || reply == Errno::Inval));
  CHECK(f.text() == "0123456789");
}

TEST_CASE("fd_pread and fd_pwrite of no bytes look at the descriptor only", "[wasi][fd_pread][fd_pwrite]") {
  TenBytes f;
  CHECK(f.guest.call("fd_pread", f.open(), 0, 0, 5, kResult) == Errno::Success);
  CHECK(f.guest.get<uint32_t>(kResult) == 0);
  CHECK(f.guest.call("fd_pwrite", f.open(), 0, 0, 5, kResult) == Errno::Success);
  CHECK(f.guest.call("fd_pwrite", f.guest.open("f"), 0, 0, 5, kResult) == Errno::Badf);
  CHECK(f.guest.call("fd_pread", 99, 0, 0, 5, kResult) == Errno::Badf);
}

TEST_CASE("the wrong access mode is Badf at an offset too", "[wasi][fd_pread][fd_pwrite]") {
  TenBytes f;
  f.guest.iovec_at(0x200, kBuffer, 1);
  CHECK(f.guest.call("fd_pwrite", f.guest.open("f"), 0x200, 1, 0, kResult) == Errno::Badf);
  const uint32_t writer = f.guest.open("f", {.rights = rights::kFdWrite});
  CHECK(f.guest.call("fd_pread", writer, 0x200, 1, 0, kResult) == Errno::Badf);
}

TEST_CASE("every append goes to the end, wherever the position is", "[wasi][fd_write]") {
  TenBytes f;
  const uint32_t fd = f.open(fdflags::kAppend);
  REQUIRE(f.seek(fd, 2, 0) == Errno::Success);
  CHECK(f.guest.write(fd, "A") == Errno::Success);
  CHECK(f.tell(fd) == 11);
  REQUIRE(f.seek(fd, 0, 0) == Errno::Success);
  CHECK(f.guest.write(fd, "B") == Errno::Success);
  CHECK(f.text() == "0123456789AB");
}

TEST_CASE("two appending descriptors do not overwrite each other", "[wasi][fd_write]") {
  TenBytes f;
  const uint32_t a = f.open(fdflags::kAppend), b = f.open(fdflags::kAppend);
  for (int i = 0; i < 3; ++i) {
    CHECK(f.guest.write(a, "a") == Errno::Success);
    CHECK(f.guest.write(b, "b") == Errno::Success);
  }
  CHECK(f.text() == "0123456789ababab");
}

TEST_CASE("appending does not keep from reading anywhere", "[wasi][fd_read]") {
  TenBytes f;
  const uint32_t fd = f.open(fdflags::kAppend);
  CHECK(f.read_text(fd, 3) == "012");
  CHECK(f.pread_text(fd, 3, 7) == "789");
  REQUIRE(f.seek(fd, 4, 0) == Errno::Success);
  CHECK(f.read_text(fd, 1) == "4");
}

TEST_CASE("fd_pwrite on an appending file appends, as on Linux, and leaves the position", "[wasi][fd_pwrite]") {
  TenBytes f;
  const uint32_t fd = f.open(fdflags::kAppend);
  REQUIRE(f.seek(fd, 3, 0) == Errno::Success);
  CHECK(f.pwrite(fd, "X", 0) == Errno::Success);
  CHECK(f.text() == "0123456789X");
  CHECK(f.tell(fd) == 3);
}

TEST_CASE("APPEND switched on goes to the end from then on, switched off it stays there", "[wasi][fd_fdstat_set_flags]") {
  TenBytes f;
  const uint32_t fd = f.open();
  CHECK(f.guest.write(fd, "A") == Errno::Success);
  REQUIRE(f.guest.call("fd_fdstat_set_flags", fd, fdflags::kAppend) == Errno::Success);
  CHECK(flags_of_fd(f.guest, fd) == fdflags::kAppend);
  CHECK(f.guest.write(fd, "B") == Errno::Success);
  REQUIRE(f.guest.call("fd_fdstat_set_flags", fd, 0) == Errno::Success);
  CHECK(f.guest.write(fd, "C") == Errno::Success);
  CHECK(f.text() == "A123456789BC");
}

TEST_CASE("sockets have no position", "[wasi][fd_seek][fd_tell]") {
  TenBytes f;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const uint32_t fd = f.guest.adopt(ends[0], FileType::SocketStream);
  CHECK(f.seek(fd, 0, 1) == Errno::Spipe);
  CHECK(f.guest.call("fd_tell", fd, kResult) == Errno::Spipe);
  CHECK(f.pwrite(fd, "x", 0) == Errno::Spipe);
  ::close(ends[1]);
}

TEST_CASE("a vector that leaves the memory traps and reads nothing", "[wasi][fd_read]") {
  TenBytes f;
  const uint32_t fd = f.open();
  f.guest.iovec_at(0x200, kBuffer, 4);
  f.guest.iovec_at(0x208, 0x3fffe, 8);
  CHECK_FALSE(f.guest.call("fd_read", fd, 0x200, 2, kResult).trap.empty());
  CHECK(f.tell(fd) == 0);
}

TEST_CASE("a trap of fd_write writes nothing", "[wasi][fd_write]") {
  TenBytes f;
  const uint32_t fd = f.open();
  f.guest.iovec_at(0x200, kBuffer, 4);
  f.guest.iovec_at(0x208, 0x3fffe, 8);
  CHECK_FALSE(f.guest.call("fd_write", fd, 0x200, 2, kResult).trap.empty());
  CHECK_FALSE(f.guest.call("fd_write", fd, 0x200, 1, 0x3ffff).trap.empty());
  CHECK(f.text() == "0123456789");
}

TEST_CASE("one vector may be read into twice", "[wasi][fd_read]") {
  TenBytes f;
  f.guest.iovec_at(0x200, kBuffer, 4);
  f.guest.iovec_at(0x208, kBuffer, 4);
  REQUIRE(f.guest.call("fd_read", f.open(), 0x200, 2, kResult) == Errno::Success);
  CHECK(f.guest.get<uint32_t>(kResult) == 8);
  CHECK(f.guest.text(kBuffer, 4) == "4567");
}

TEST_CASE("a short read stops in the vector where the file ends", "[wasi][fd_read]") {
  TenBytes f;
  f.guest.put(kBuffer, std::string(40, '#'));
  f.guest.iovec_at(0x200, kBuffer, 8);
  f.guest.iovec_at(0x208, kBuffer + 16, 8);
  REQUIRE(f.guest.call("fd_read", f.open(), 0x200, 2, kResult) == Errno::Success);
  CHECK(f.guest.get<uint32_t>(kResult) == 10);
  CHECK(f.guest.text(kBuffer + 8, 8) == "########");
  CHECK(f.guest.text(kBuffer + 16, 4) == "89##");
}

}  // namespace wasmrun::wasi
