// Reading, writing and positions.
#include <sys/socket.h>

#include <csignal>
#include <thread>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {
struct Pipe {
  Pipe() { REQUIRE(::pipe(ends) == 0); }
  ~Pipe() {
    for (int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  int ends[2];
};
}  // namespace

TEST_CASE("vectors are filled one after the other", "[wasi][fd_read]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "abcdefgh");
  const uint32_t fd = guest.open("f");
  guest.iovec_at(0x200, kBuffer, 3);
  guest.iovec_at(0x208, 0xffffffff, 0);
  guest.iovec_at(0x210, kBuffer + 100, 4);
  REQUIRE(guest.call("fd_read", fd, 0x200, 3, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 7);
  CHECK(guest.text(kBuffer, 3) == "abc");
  CHECK(guest.text(kBuffer + 100, 4) == "defg");
  REQUIRE(guest.call("fd_read", fd, 0x200, 3, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 1);
  REQUIRE(guest.call("fd_read", fd, 0x200, 3, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
}

TEST_CASE("vectors are written one after the other", "[wasi][fd_write]") {
  TempTree tree;
  Guest guest(tree);
  const uint32_t fd = guest.open("f", {.oflags = oflags::kCreat, .rights = kReadWrite});
  guest.put(kBuffer, "hello world");
  guest.iovec_at(0x201, kBuffer + 6, 5);  // misaligned on purpose
  guest.iovec_at(0x209, kBuffer, 5);
  REQUIRE(guest.call("fd_write", fd, 0x201, 2, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 10);
  CHECK(tree.read("root/f") == "worldhello");
}

TEST_CASE("no vectors transfer nothing but still look at the descriptor", "[wasi][fd_read][fd_write][attack][attack35]") {
  TempTree tree;
  Guest guest(tree);
  const uint32_t fd = guest.open("f", {.oflags = oflags::kCreat, .rights = kReadWrite});
  CHECK(guest.call("fd_read", fd, 0, 0, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
  CHECK(guest.call("fd_write", fd, 0, 0, kResult) == Errno::Success);
  CHECK(guest.call("fd_read", 99, 0, 0, kResult) == Errno::Badf);
  CHECK(guest.call("fd_write", guest.open("f"), 0, 0, kResult) == Errno::Badf);
}

TEST_CASE("more vectors than the host takes give a short count", "[wasi][fd_write][attack][attack35]") {
  TempTree tree;
  Guest guest(tree);
  const uint32_t fd = guest.open("f", {.oflags = oflags::kCreat, .rights = kReadWrite});
  for (uint32_t i = 0; i < 3000; ++i) guest.iovec_at(0x10000 + 8 * i, kBuffer, i % 2);
  REQUIRE(guest.call("fd_write", fd, 0x10000, 3000, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 1024);
  CHECK(tree.read("root/f").size() == 1024);
}

TEST_CASE("directories are neither read nor written", "[wasi][fd_read][fd_write]") {
  TempTree tree;
  Guest guest(tree);
  guest.iovec_at(0x200, kBuffer, 10);
  CHECK(guest.call("fd_read", kRoot, 0x200, 1, kResult) == Errno::Isdir);
  CHECK(guest.call("fd_pread", kRoot, 0x200, 1, 0, kResult) == Errno::Isdir);
  CHECK(guest.call("fd_write", kRoot, 0x200, 1, kResult) == Errno::Badf);
  CHECK(guest.call("fd_pwrite", kRoot, 0x200, 1, 0, kResult) == Errno::Badf);
}

TEST_CASE("fd_pread and fd_pwrite leave the position alone", "[wasi][fd_pread][fd_pwrite]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "0123456789");
  const uint32_t fd = guest.open("f", {.rights = kReadWrite});
  guest.iovec_at(0x200, kBuffer, 3);
  REQUIRE(guest.call("fd_pread", fd, 0x200, 1, 4, kResult) == Errno::Success);
  CHECK(guest.text(kBuffer, 3) == "456");
  guest.put(kBuffer, "XYZ");
  REQUIRE(guest.call("fd_pwrite", fd, 0x200, 1, 8, kResult) == Errno::Success);
  CHECK(tree.read("root/f") == "01234567XYZ");
  REQUIRE(guest.call("fd_tell", fd, kResult) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult) == 0);
  REQUIRE(guest.call("fd_pread", fd, 0x200, 1, 100, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
  CHECK(guest.call("fd_pread", fd, 0x200, 1, uint64_t{1} << 63, kResult) == Errno::Inval);
  CHECK(guest.call("fd_pwrite", fd, 0x200, 1, UINT64_MAX, kResult) == Errno::Inval);
}

TEST_CASE("fd_seek moves from start, position and end", "[wasi][fd_seek]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "0123456789");
  const uint32_t fd = guest.open("f");
  const auto seek = [&](int64_t offset, int whence) {
    const Reply reply = guest.call("fd_seek", fd, offset, whence, kResult);
    return reply == Errno::Success ? guest.get<int64_t>(kResult) : -static_cast<int64_t>(reply.error);
  };
  constexpr int64_t kInval = -static_cast<int64_t>(Errno::Inval);
  CHECK(seek(4, 0) == 4);
  CHECK(seek(-1, 1) == 3);
  CHECK(seek(0, 1) == 3);
  CHECK(seek(-2, 2) == 8);
  CHECK(seek(20, 0) == 20);
  CHECK(seek(-1, 0) == kInval);
  CHECK(seek(-100, 1) == kInval);
  CHECK(seek(0, 3) == kInval);
  CHECK(seek(0, 256) == kInval);
  CHECK(seek(0, 1) == 20);
  CHECK(guest.call("fd_seek", kRoot, 0, 0, kResult) == Errno::Badf);
  CHECK(guest.call("fd_tell", kRoot, kResult) == Errno::Badf);
}

TEST_CASE("snapshot 0 numbers whence differently", "[wasi][fd_seek][unstable][attack][attack45]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "0123456789");
  const uint32_t fd = guest.open("f");
  guest.snapshot = Snapshot::Unstable;
  REQUIRE(guest.call("fd_seek", fd, 3, 2, kResult) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult) == 3);
  REQUIRE(guest.call("fd_seek", fd, 2, 0, kResult) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult) == 5);
  REQUIRE(guest.call("fd_seek", fd, 0, 1, kResult) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult) == 10);
}

TEST_CASE("pipes have no position", "[wasi][fd_seek]") {
  TempTree tree;
  Guest guest(tree);
  Pipe pipe;
  const uint32_t fd = guest.adopt(pipe.ends[0], FileType::Unknown, true);
  CHECK(guest.call("fd_seek", fd, 0, 0, kResult) == Errno::Spipe);
  CHECK(guest.call("fd_seek", fd, 0, 1, kResult) == Errno::Spipe);
  CHECK(guest.call("fd_tell", fd, kResult) == Errno::Spipe);
  guest.iovec_at(0x200, kBuffer, 3);
  CHECK(guest.call("fd_pread", fd, 0x200, 1, 0, kResult) == Errno::Spipe);
  CHECK(guest.call("fd_advise", fd, 0, 0, 0) == Errno::Spipe);
}

TEST_CASE("writing to a pipe that nobody reads is an error, not a signal", "[wasi][fd_write][attack][attack39]") {
  std::signal(SIGPIPE, SIG_IGN);
  TempTree tree;
  Guest guest(tree);
  Pipe pipe;
  ::close(pipe.ends[0]);
  pipe.ends[0] = -1;
  const uint32_t fd = guest.adopt(pipe.ends[1], FileType::Unknown, true);
  CHECK(guest.write(fd, "x") == Errno::Pipe);
}

TEST_CASE("NONBLOCK on a standard stream is ours alone", "[wasi][fd_read][fd_fdstat_set_flags]") {
  TempTree tree;
  Guest guest(tree);
  Pipe pipe;
  const uint32_t fd = guest.adopt(pipe.ends[0], FileType::Unknown, true);
  REQUIRE(guest.call("fd_fdstat_set_flags", fd, fdflags::kNonblock) == Errno::Success);
  CHECK((::fcntl(pipe.ends[0], F_GETFL) & O_NONBLOCK) == 0);
  guest.iovec_at(0x200, kBuffer, 3);
  CHECK(guest.call("fd_read", fd, 0x200, 1, kResult) == Errno::Again);
  REQUIRE(::write(pipe.ends[1], "ab", 2) == 2);
  CHECK(guest.call("fd_read", fd, 0x200, 1, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 2);
}

TEST_CASE("a full standard stream that may not wait says again", "[wasi][fd_write][attack][attack39]") {
  TempTree tree;
  Guest guest(tree);
  Pipe pipe;
  const uint32_t fd = guest.adopt(pipe.ends[1], FileType::Unknown, true);
  REQUIRE(guest.call("fd_fdstat_set_flags", fd, fdflags::kNonblock) == Errno::Success);
  guest.iovec_at(0x200, 0, 0x40000);
  uint64_t written = 0;
  Reply reply;
  while ((reply = guest.call("fd_write", fd, 0x200, 1, kResult)) == Errno::Success) {
    written += guest.get<uint32_t>(kResult);
    REQUIRE(written <= 0x100000);
  }
  CHECK(reply == Errno::Again);
  CHECK(written > 0);
}

TEST_CASE("a standard stream left non-blocking by someone else still waits", "[wasi][fd_read][attack][attack39]") {
  TempTree tree;
  Guest guest(tree);
  Pipe pipe;
  REQUIRE(::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK) == 0);
  const uint32_t fd = guest.adopt(pipe.ends[0], FileType::Unknown, true);
  std::jthread writer([&] {
    ::usleep(20'000);
    CHECK(::write(pipe.ends[1], "late", 4) == 4);
  });
  guest.iovec_at(0x200, kBuffer, 10);
  CHECK(guest.call("fd_read", fd, 0x200, 1, kResult) == Errno::Success);
  CHECK(guest.text(kBuffer, guest.get<uint32_t>(kResult)) == "late");
}

TEST_CASE("NONBLOCK on an opened pipe is the kernel's", "[wasi][fd_read]") {
  TempTree tree;
  Guest guest(tree, on_both_resolvers());
  REQUIRE(::mkfifo(tree.path("root/pipe").c_str(), 0666) == 0);
  const uint32_t fd = guest.open("pipe", {.fdflags = fdflags::kNonblock});
  const uint32_t writer = guest.open("pipe", {.rights = rights::kFdWrite, .fdflags = fdflags::kNonblock});
  guest.iovec_at(0x200, kBuffer, 3);
  CHECK(guest.call("fd_read", fd, 0x200, 1, kResult) == Errno::Again);
  CHECK(guest.write(writer, "abc") == Errno::Success);
  CHECK(guest.read_all(fd) == "abc");
  CHECK(guest.call("fd_seek", fd, 0, 1, kResult) == Errno::Spipe);
}

TEST_CASE("an interrupted read returns when the guest is to be stopped, and goes on otherwise", "[wasi][fd_read]") {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  REQUIRE(::sigaction(SIGUSR1, &action, nullptr) == 0);
  TempTree tree;
  Guest guest(tree);
  Pipe pipe;
  const uint32_t fd = guest.adopt(pipe.ends[0], FileType::Unknown, true);
  guest.interrupted = GENERATE(false, true);
  const pthread_t reader = ::pthread_self();
  std::jthread other([&] {
    ::usleep(20'000);
    ::pthread_kill(reader, SIGUSR1);
    ::usleep(20'000);
    CHECK(::write(pipe.ends[1], "x", 1) == 1);
  });
  guest.iovec_at(0x200, kBuffer, 10);
  CHECK(guest.call("fd_read", fd, 0x200, 1, kResult) == (guest.interrupted ? Errno::Intr : Errno::Success));
}

TEST_CASE("a file that is full is an error", "[wasi][fd_write][attack][attack39]") {
  TempTree tree;
  Guest guest(tree);
  const uint32_t fd = guest.adopt(::open("/dev/full", O_WRONLY | O_CLOEXEC), FileType::CharacterDevice);
  CHECK(guest.write(fd, "x") == Errno::Nospc);
}

}  // namespace wasmrun::wasi
