// A terminal as standard input.
#include <stdlib.h>
#include <termios.h>

#include <cstdio>

#include "tests/wasi/poll_guest.h"
#include "tests/wasi/standard_input.h"

namespace wasmrun::wasi {

namespace {

/// A terminal as standard input; `write` types on it.
struct Terminal {
  Terminal() : master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) return;
    slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  ~Terminal() { hang_up(); }
  bool valid() const { return slave >= 0; }
  void write(std::string_view text) const {
    REQUIRE(::write(master, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void hang_up() {
    if (master >= 0) ::close(master);
    master = -1;
  }
  int master;
  int slave = -1;
};

#define NEEDS_TERMINAL(terminal)                                                     \
  if (!(terminal).valid()) {                                                         \
    std::printf("SKIPPED: this machine gives no pseudo-terminals\n");                \
    SUCCEED("no pseudo-terminals");                                                  \
    return;                                                                          \
  }

}  // namespace

TEST_CASE("a terminal as standard input is a device without a position", "[wasi][stdin][terminal]") {
  TempTree tree;
  Terminal terminal;
  NEEDS_TERMINAL(terminal);
  StandardInput input(terminal.slave);
  Guest guest(tree);
  CHECK(type_of_fd(guest, 0) == FileType::CharacterDevice);
  CHECK((rights_of_fd(guest, 0) & kPositionRights) == 0);
  CHECK((rights_of_fd(guest, 0) & (rights::kFdRead | rights::kFdWrite)) == (rights::kFdRead | rights::kFdWrite));
  CHECK(guest.call("fd_seek", 0, 0, 1, kResult) == Errno::Spipe);
  CHECK(guest.call("fd_tell", 0, kResult) == Errno::Spipe);
}

TEST_CASE("a terminal gives a line at a time", "[wasi][stdin][terminal][fd_read]") {
  TempTree tree;
  Terminal terminal;
  NEEDS_TERMINAL(terminal);
  StandardInput input(terminal.slave);
  Guest guest(tree);
  terminal.write("one\ntwo\n");
  CHECK(read_input_text(guest) == "one\n");
  CHECK(read_input_text(guest) == "two\n");
}

TEST_CASE("an end typed on a terminal is no bytes, and more may come", "[wasi][stdin][terminal][fd_read]") {
  TempTree tree;
  Terminal terminal;
  NEEDS_TERMINAL(terminal);
  StandardInput input(terminal.slave);
  Guest guest(tree);
  terminal.write("\x04");
  CHECK(read_input_text(guest).empty());
  terminal.write("more\n");
  CHECK(read_input_text(guest) == "more\n");
}

TEST_CASE("a terminal that hangs up ends the input", "[wasi][stdin][terminal][fd_read]") {
  TempTree tree;
  Terminal terminal;
  NEEDS_TERMINAL(terminal);
  StandardInput input(terminal.slave);
  PollGuest guest(tree);
  terminal.hang_up();
  guest.read(0);
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(guest.events[0].flags == 1);
  const Reply reply = read_input(guest);
  CHECK((reply == Errno::Io || (reply == Errno::Success && guest.get<uint32_t>(kResult) == 0)));
  CHECK(guest.Guest::write(0, "x") == Errno::Io);
}

TEST_CASE("a terminal is waited for until a line is complete", "[wasi][stdin][terminal][poll_oneoff]") {
  TempTree tree;
  Terminal terminal;
  NEEDS_TERMINAL(terminal);
  StandardInput input(terminal.slave);
  PollGuest guest(tree);
  terminal.write("half");
  guest.read(0, 1);
  guest.clock(kClockMonotonic, 3 * kMillisecond, 0, 2);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 1);
  CHECK(guest.events[0].userdata == 2);
  terminal.write(" line\n");
  guest.read(0, 1);
  guest.write(0, 3);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 2);
  CHECK(guest.events[0].nbytes == 10);
  CHECK(guest.events[1].userdata == 3);
}

TEST_CASE("NONBLOCK on a terminal is again, and the terminal stays as it was", "[wasi][stdin][terminal]") {
  TempTree tree;
  Terminal terminal;
  NEEDS_TERMINAL(terminal);
  StandardInput input(terminal.slave);
  termios before, after;
  REQUIRE(::tcgetattr(0, &before) == 0);
  Guest guest(tree);
  REQUIRE(guest.call("fd_fdstat_set_flags", 0, fdflags::kNonblock) == Errno::Success);
  CHECK(read_input(guest) == Errno::Again);
  terminal.write("x\n");
  CHECK(read_input_text(guest) == "x\n");
  CHECK((::fcntl(0, F_GETFL) & O_NONBLOCK) == 0);
  REQUIRE(::tcgetattr(0, &after) == 0);
  CHECK(before.c_lflag == after.c_lflag);
}

TEST_CASE("a terminal's status says nothing of the host, and its times cannot be set", "[wasi][stdin][terminal]") {
  TempTree tree;
  Terminal terminal;
  NEEDS_TERMINAL(terminal);
  StandardInput input(terminal.slave);
  Guest guest(tree);
  REQUIRE(guest.call("fd_filestat_get", 0, kResult) == Errno::Success);
  CHECK(guest.stat_type(kResult) == FileType::CharacterDevice);
  for (const uint32_t at : {32u, 40u, 48u, 56u}) CHECK(guest.get<uint64_t>(kResult + at) == 0);
  CHECK(guest.call("fd_filestat_set_times", 0, 1, 1, 5) == Errno::Badf);
}

}  // namespace wasmrun::wasi
