// Standard input as a file, a pipe, a null device, a socket, a directory and closed.
#include <sys/socket.h>

#include <thread>

#include "tests/wasi/poll_guest.h"
#include "tests/wasi/standard_input.h"

namespace wasmrun::wasi {

namespace {
int open_file(const TempTree& tree, int flags) {
  tree.write("outside", "0123456789");
  return ::open(tree.path("outside").c_str(), flags | O_CLOEXEC);
}
}  // namespace

TEST_CASE("a file as standard input is a file with a position", "[wasi][stdin][fd_fdstat_get]") {
  TempTree tree;
  StandardInput input(open_file(tree, O_RDONLY));
  Guest guest(tree);
  CHECK(type_of_fd(guest, 0) == FileType::RegularFile);
  CHECK((rights_of_fd(guest, 0) & kPositionRights) == kPositionRights);
  CHECK((rights_of_fd(guest, 0) & rights::kFdRead) != 0);
  CHECK((rights_of_fd(guest, 0) & kWriteRights) == 0);
}

TEST_CASE("a file as standard input is read from where the host stood", "[wasi][stdin][fd_read][fd_seek]") {
  TempTree tree;
  const int host = open_file(tree, O_RDONLY);
  REQUIRE(::lseek(host, 4, SEEK_SET) == 4);
  StandardInput input(host);
  Guest guest(tree);
  CHECK(read_input_text(guest, 3) == "456");
  REQUIRE(guest.call("fd_tell", 0, kResult) == Errno::Success);
  CHECK(guest.get<uint64_t>(kResult) == 7);
  REQUIRE(guest.call("fd_seek", 0, 1, 0, kResult) == Errno::Success);
  CHECK(read_input_text(guest) == "123456789");
  CHECK(read_input_text(guest).empty());
}

TEST_CASE("a file as standard input tells its size and times", "[wasi][stdin][fd_filestat_get]") {
  TempTree tree;
  StandardInput input(open_file(tree, O_RDONLY));
  Guest guest(tree);
  REQUIRE(guest.call("fd_filestat_get", 0, kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::RegularFile);
  CHECK(guest.get<uint64_t>(kResult + 32) == 10);
  CHECK(guest.get<uint64_t>(kResult + 48) == nanoseconds(host_status(tree, "outside").st_mtim));
}

TEST_CASE("a file as standard input is always ready, with the bytes left", "[wasi][stdin][poll_oneoff]") {
  TempTree tree;
  StandardInput input(open_file(tree, O_RDONLY));
  PollGuest guest(tree);
  REQUIRE(guest.call("fd_seek", 0, 4, 0, kResult) == Errno::Success);
  guest.read(0);
  guest.clock(kClockMonotonic, 60'000 * kMillisecond);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 1);
  CHECK(guest.events[0].nbytes == 6);
}

TEST_CASE("a file as standard input cannot be changed", "[wasi][stdin]") {
  TempTree tree;
  StandardInput input(open_file(tree, O_RDONLY));
  Guest guest(tree);
  CHECK(guest.write(0, "x") == Errno::Badf);
  CHECK(guest.call("fd_filestat_set_size", 0, 0) == Errno::Perm);
  CHECK(guest.call("fd_filestat_set_times", 0, 1, 1, 5) == Errno::Perm);
  CHECK(guest.call("fd_allocate", 0, 0, 100) == Errno::Perm);
  CHECK(tree.read("outside") == "0123456789");
}

TEST_CASE("a file that the host opened for writing can be written, cut and dated", "[wasi][stdin]") {
  TempTree tree;
  StandardInput input(open_file(tree, O_RDWR));
  Guest guest(tree);
  CHECK(guest.write(0, "AB") == Errno::Success);
  CHECK(guest.call("fd_filestat_set_size", 0, 4) == Errno::Success);
  CHECK(guest.call("fd_filestat_set_times", 0, 1, 1, 5) == Errno::Success);
  CHECK(tree.read("outside") == "AB23");
}

TEST_CASE("a file that the host opened for appending is told so and appended to", "[wasi][stdin][fd_write]") {
  TempTree tree;
  StandardInput input(open_file(tree, O_WRONLY | O_APPEND));
  Guest guest(tree);
  CHECK(flags_of_fd(guest, 0) == fdflags::kAppend);
  CHECK(guest.write(0, "x") == Errno::Success);
  CHECK(tree.read("outside") == "0123456789x");
}

TEST_CASE("APPEND set by the guest appends without changing the host's description", "[wasi][stdin][fd_write]") {
  TempTree tree;
  StandardInput input(open_file(tree, O_RDWR));
  Guest guest(tree);
  REQUIRE(guest.call("fd_fdstat_set_flags", 0, fdflags::kAppend) == Errno::Success);
  CHECK((::fcntl(0, F_GETFL) & O_APPEND) == 0);
  CHECK(guest.write(0, "x") == Errno::Success);
  CHECK(tree.read("outside") == "0123456789x");
  REQUIRE(guest.call("fd_fdstat_set_flags", 0, 0) == Errno::Success);
  REQUIRE(guest.call("fd_seek", 0, 0, 0, kResult) == Errno::Success);
  CHECK(guest.write(0, "y") == Errno::Success);
  CHECK(tree.read("outside") == "y123456789x");
}

TEST_CASE("a null device as standard input is an empty device with a position", "[wasi][stdin]") {
  TempTree tree;
  StandardInput input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Guest guest(tree);
  CHECK(type_of_fd(guest, 0) == FileType::CharacterDevice);
  CHECK((rights_of_fd(guest, 0) & kPositionRights) == kPositionRights);
  CHECK(read_input_text(guest).empty());
  CHECK(guest.call("fd_seek", 0, 0, 0, kResult) == Errno::Success);
  CHECK(guest.write(0, "x") == Errno::Badf);
}

TEST_CASE("a null device's status says nothing of the host", "[wasi][stdin][fd_filestat_get]") {
  TempTree tree;
  StandardInput input(::open("/dev/null", O_RDWR | O_CLOEXEC));
  Guest guest(tree);
  REQUIRE(guest.call("fd_filestat_get", 0, kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::CharacterDevice);
  for (const uint32_t at : {32u, 40u, 48u, 56u}) CHECK(guest.get<uint64_t>(kResult + at) == 0);
  CHECK(guest.call("fd_filestat_set_times", 0, 1, 1, 5) == Errno::Badf);
}

TEST_CASE("a null device as standard input is ready", "[wasi][stdin][poll_oneoff]") {
  TempTree tree;
  StandardInput input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  PollGuest guest(tree);
  guest.read(0, 1);
  guest.clock(kClockMonotonic, 60'000 * kMillisecond);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 1);
  CHECK(guest.events[0].error == Errno::Success);
}

TEST_CASE("a pipe as standard input is of unknown type and has no position", "[wasi][stdin]") {
  TempTree tree;
  Pipe pipe;
  StandardInput input(pipe.give(0));
  Guest guest(tree);
  CHECK(type_of_fd(guest, 0) == FileType::Unknown);
  CHECK((rights_of_fd(guest, 0) & kPositionRights) == 0);
  CHECK(guest.call("fd_seek", 0, 0, 1, kResult) == Errno::Spipe);
  CHECK(guest.call("fd_tell", 0, kResult) == Errno::Spipe);
  guest.iovec_at(0x200, kBuffer, 1);
  CHECK(guest.call("fd_pread", 0, 0x200, 1, 0, kResult) == Errno::Spipe);
}

TEST_CASE("a pipe as standard input gives what was written, then its end", "[wasi][stdin][fd_read]") {
  TempTree tree;
  Pipe pipe;
  StandardInput input(pipe.give(0));
  Guest guest(tree);
  REQUIRE(::write(pipe.ends[1], "hello", 5) == 5);
  CHECK(read_input_text(guest, 3) == "hel");
  CHECK(read_input_text(guest) == "lo");
  pipe.close_end(1);
  CHECK(read_input_text(guest).empty());
}

TEST_CASE("a pipe's status says nothing of the host, and its times cannot be set", "[wasi][stdin][fd_filestat_get]") {
  TempTree tree;
  Pipe pipe;
  StandardInput input(pipe.give(0));
  Guest guest(tree);
  REQUIRE(::write(pipe.ends[1], "hello", 5) == 5);
  REQUIRE(guest.call("fd_filestat_get", 0, kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::Unknown);
  for (const uint32_t at : {32u, 40u, 48u, 56u}) CHECK(guest.get<uint64_t>(kResult + at) == 0);
  CHECK_FALSE(guest.call("fd_filestat_set_times", 0, 1, 1, 5) == Errno::Success);
}

TEST_CASE("a pipe as standard input is waited for", "[wasi][stdin][poll_oneoff]") {
  TempTree tree;
  Pipe pipe;
  StandardInput input(pipe.give(0));
  PollGuest guest(tree);
  guest.read(0, 1);
  guest.clock(kClockMonotonic, 3 * kMillisecond, 0, 2);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 1);
  CHECK(guest.events[0].userdata == 2);
  std::jthread writer([&] {
    ::usleep(5'000);
    if (::write(pipe.ends[1], "hello", 5) != 5) ::abort();
  });
  guest.read(0, 1);
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(guest.events[0].userdata == 1);
  CHECK(guest.events[0].nbytes == 5);
}

TEST_CASE("a pipe that ended is ready with a hang-up and the bytes left", "[wasi][stdin][poll_oneoff]") {
  TempTree tree;
  Pipe pipe;
  StandardInput input(pipe.give(0));
  PollGuest guest(tree);
  REQUIRE(::write(pipe.ends[1], "abc", 3) == 3);
  pipe.close_end(1);
  guest.read(0);
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(guest.events[0].flags == 1);
  CHECK(guest.events[0].nbytes == 3);
  CHECK(guest.events[0].error == Errno::Success);
}

TEST_CASE("NONBLOCK on a pipe is again, and leaves the host's description alone", "[wasi][stdin][fd_fdstat_set_flags]") {
  TempTree tree;
  Pipe pipe;
  StandardInput input(pipe.give(0));
  Guest guest(tree);
  REQUIRE(guest.call("fd_fdstat_set_flags", 0, fdflags::kNonblock) == Errno::Success);
  CHECK(flags_of_fd(guest, 0) == fdflags::kNonblock);
  CHECK(read_input(guest) == Errno::Again);
  CHECK((::fcntl(0, F_GETFL) & O_NONBLOCK) == 0);
  REQUIRE(guest.call("fd_fdstat_set_flags", 0, 0) == Errno::Success);
  REQUIRE(::write(pipe.ends[1], "x", 1) == 1);
  CHECK(read_input_text(guest) == "x");
}

TEST_CASE("O_NONBLOCK left by others is not told to the guest, who waits", "[wasi][stdin][fd_read]") {
  TempTree tree;
  Pipe pipe;
  REQUIRE(::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK) == 0);
  StandardInput input(pipe.give(0));
  Guest guest(tree);
  CHECK(flags_of_fd(guest, 0) == 0);
  std::jthread writer([&] {
    ::usleep(5'000);
    if (::write(pipe.ends[1], "late", 4) != 4) ::abort();
  });
  CHECK(read_input_text(guest) == "late");
  CHECK((::fcntl(0, F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE("a socket as standard input is a socket, read and written", "[wasi][stdin]") {
  TempTree tree;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  StandardInput input(ends[0]);
  Guest guest(tree);
  CHECK(type_of_fd(guest, 0) == FileType::SocketStream);
  REQUIRE(::write(ends[1], "abc", 3) == 3);
  CHECK(read_input_text(guest) == "abc");
  CHECK(guest.write(0, "x") == Errno::Success);
  char byte;
  CHECK(::read(ends[1], &byte, 1) == 1);
  CHECK(guest.call("fd_seek", 0, 0, 1, kResult) == Errno::Spipe);
  ::close(ends[1]);
  CHECK(read_input_text(guest).empty());
}

TEST_CASE("a datagram socket as standard input is told apart", "[wasi][stdin]") {
  TempTree tree;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
  StandardInput input(ends[0]);
  Guest guest(tree);
  CHECK(type_of_fd(guest, 0) == FileType::SocketDatagram);
  REQUIRE(guest.call("fd_filestat_get", 0, kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::SocketDatagram);
  ::close(ends[1]);
}

TEST_CASE("a directory as standard input grants nothing that is in it", "[wasi][stdin][sandbox]") {
  TempTree tree;
  tree.write("root/f", "secret");
  StandardInput input(::open(tree.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Guest guest(WasiOptions{}, on_both_resolvers());
  CHECK(type_of_fd(guest, 0) == FileType::Directory);
  CHECK(guest.call("fd_prestat_get", 0, kResult) == Errno::Badf);
  CHECK(guest.call("path_open", 0, 0, "f", 0, 0, 0, 0, kResult) == Errno::Notcapable);
  CHECK(guest.call("path_filestat_get", 0, 0, "f", kResult) == Errno::Notcapable);
  CHECK(guest.call("path_readlink", 0, "f", kBuffer, 9, kResult) == Errno::Notcapable);
  CHECK(guest.call("path_unlink_file", 0, "f") == Errno::Notcapable);
  CHECK(guest.call("path_create_directory", 0, "d") == Errno::Notcapable);
  CHECK(guest.call("fd_readdir", 0, kBuffer, 100, 0, kResult) == Errno::Notcapable);
  CHECK(read_input(guest) == Errno::Isdir);
  CHECK(tree.exists("root/f"));
}

TEST_CASE("a closed standard input is Badf in every call", "[wasi][stdin]") {
  TempTree tree;
  StandardInput input(-1);
  Guest guest(tree);
  CHECK(read_input(guest) == Errno::Badf);
  CHECK(guest.write(0, "x") == Errno::Badf);
  CHECK(guest.call("fd_fdstat_get", 0, kResult) == Errno::Badf);
  CHECK(guest.call("fd_filestat_get", 0, kResult) == Errno::Badf);
  CHECK(guest.call("fd_seek", 0, 0, 1, kResult) == Errno::Badf);
  CHECK(guest.call("fd_close", 0) == Errno::Badf);
  CHECK(guest.call("fd_renumber", 0, kRoot) == Errno::Badf);
}

TEST_CASE("a closed standard input is a bad descriptor to poll", "[wasi][stdin][poll_oneoff]") {
  TempTree tree;
  StandardInput input(-1);
  PollGuest guest(tree);
  guest.read(0, 1);
  CHECK(guest.poll() == Errno::Badf);
  guest.read(0, 1);
  guest.clock(kClockMonotonic, 60'000 * kMillisecond);
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(guest.events.at(0).error == Errno::Badf);
}

TEST_CASE("the number of a closed standard input is the guest's to use, not the host's", "[wasi][stdin][path_open]") {
  TempTree tree;
  tree.write("root/f", "text");
  StandardInput input(-1);
  Guest guest(tree, on_both_resolvers());
  CHECK(guest.open("f") == 0);
  CHECK(guest.read_all(0) == "text");
  // A null device has the host's number 0.
  CHECK(guest.state().fds.find(0)->host > 2);
  CHECK(::fcntl(0, F_GETFL) >= 0);
}

}  // namespace wasmrun::wasi
