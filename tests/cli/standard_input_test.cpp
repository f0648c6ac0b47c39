// What standard input is to a program when a user starts it: pipe, file, terminal, null device, directory, closed.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/cli/command.h"

using namespace cli;

namespace {

/// Runs the command under a shell that redirects as a user would.
Ended with_redirection(const std::string& redirection, const std::string& guest_name = "stdin") {
  return run({.words = {"-c", "exec '" WASMRUN_COMMAND "' '" + guest(guest_name) + "' " + redirection}, .program = "/bin/sh"});
}

}  // namespace

TEST_CASE("a pipe as standard input has its bytes and then its end", "[cli][stdin]") {
  SKIP_WITHOUT_GUEST("stdin");
  const Ended ended = run({.words = {guest("stdin")}, .input = "hello\n", .keep_input_open = true});
  CHECK(ended.out == "kind=unknown tty=no size=0 position=none poll=6 read='hello'\n");
  CHECK(ended.status == 0);
}

TEST_CASE("an ended pipe as standard input is ready with no bytes", "[cli][stdin]") {
  SKIP_WITHOUT_GUEST("stdin");
  CHECK(with_redirection("< /dev/null | cat > /dev/null; true | '" WASMRUN_COMMAND "' '" + guest("stdin") + "'").out ==
        "kind=unknown tty=no size=0 position=none poll=0,end read=''\n");
}

TEST_CASE("a silent pipe as standard input is waited for in vain", "[cli][stdin]") {
  SKIP_WITHOUT_GUEST("stdin");
  const Ended ended = run({.words = {guest("stdin")}, .keep_input_open = true});
  CHECK(ended.out == "kind=unknown tty=no size=0 position=none poll=silent\n");
}

TEST_CASE("a file as standard input has a size and a position", "[cli][stdin]") {
  SKIP_WITHOUT_GUEST("stdin");
  TemporaryFolder folder;
  write_file(folder.file("f"), "hello\n");
  CHECK(with_redirection("< '" + folder.file("f") + "'").out ==
        "kind=file tty=no size=6 position=0 poll=6 read='hello'\n");
}

TEST_CASE("the rest of a file that another program read before is standard input", "[cli][stdin]") {
  SKIP_WITHOUT_GUEST("stdin");
  TemporaryFolder folder;
  write_file(folder.file("f"), "first\nsecond\n");
  const Ended ended =
      run({.words = {"-c", "{ dd bs=6 count=1 of=/dev/null 2>/dev/null; exec '" WASMRUN_COMMAND "' '" + guest("stdin") +
                               "'; } < '" + folder.file("f") + "'"},
           .program = "/bin/sh"});
  CHECK(ended.out == "kind=file tty=no size=13 position=6 poll=7 read='second'\n");
}

TEST_CASE("a null device as standard input is ready and empty", "[cli][stdin]") {
  SKIP_WITHOUT_GUEST("stdin");
  CHECK(with_redirection("< /dev/null").out == "kind=character tty=no size=0 position=0 poll=1 read=''\n");
}

TEST_CASE("a closed standard input is no descriptor", "[cli][stdin]") {
  SKIP_WITHOUT_GUEST("stdin");
  const Ended ended = with_redirection("<&-");
  CHECK(ended.out == "kind=- tty=no position=- poll=- read=-\n");
  CHECK(ended.status == 0);
}

TEST_CASE("a directory as standard input cannot be read", "[cli][stdin]") {
  SKIP_WITHOUT_GUEST("stdin");
  TemporaryFolder folder;
  const Ended ended = with_redirection("< '" + folder.path() + "'");
  CHECK(contains(ended.out, "kind=directory tty=no"));
  CHECK(contains(ended.out, "read=Is a directory"));
}

TEST_CASE("a terminal as standard input is one to the program", "[cli][stdin][terminal]") {
  SKIP_WITHOUT_GUEST("stdin");
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  const bool is_open = master >= 0 && ::grantpt(master) == 0 && ::unlockpt(master) == 0;
  SKIP_WITHOUT(is_open ? ::ptsname(master) : "/nonexistent", "this machine gives no pseudo-terminals");
  // Keeps what is typed from going with the first opener of the other end.
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(::write(master, "typed\n", 6) == 6);
  CHECK(with_redirection(std::string("< ") + ::ptsname(master)).out ==
        "kind=character tty=yes size=0 position=none poll=6 read='typed'\n");
  CHECK(with_redirection(std::string("< ") + ::ptsname(master)).out ==
        "kind=character tty=yes size=0 position=none poll=silent\n");
  ::close(slave);
  ::close(master);
}

TEST_CASE("a file larger than ulimit allows is an error to the guest, and no signal", "[cli][streams]") {
  SKIP_WITHOUT_GUEST("yes");
  TemporaryFolder folder;
  const Ended ended = run({.words = {"-c", "ulimit -f 8; exec '" WASMRUN_COMMAND "' '" + guest("yes") + "' > '" +
                                               folder.file("f") + "'"},
                           .program = "/bin/sh"});
  CHECK(ended.status == 9);
  CHECK(ended.err == "write: File too large\n");
  CHECK(read_file(folder.file("f")).size() <= 8 * 1024);
}
