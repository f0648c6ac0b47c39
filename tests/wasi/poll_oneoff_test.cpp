// poll_oneoff: clocks, descriptors, errors of single subscriptions, and both layouts.
#include <netinet/in.h>
#include <sys/socket.h>
#include <uv.h>

#include <csignal>
#include <thread>

#include "tests/wasi/poll_guest.h"

namespace wasmrun::wasi {

namespace {

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
  int ends[2];
};

uint64_t realtime() {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

TEST_CASE("a relative clock waits at least as long as asked", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  for (const uint32_t id : {kClockRealtime, kClockMonotonic}) {
    for (const uint64_t timeout : {uint64_t{1}, uint64_t{50'000}, 3 * kMillisecond}) {
      const uint64_t before = uv_hrtime();
      guest.clock(id, timeout, 0, 42);
      REQUIRE(guest.poll() == Errno::Success);
      CHECK(uv_hrtime() - before >= timeout);
      REQUIRE(guest.events.size() == 1);
      CHECK(guest.events[0].userdata == 42);
      CHECK(guest.events[0].error == Errno::Success);
      CHECK(guest.events[0].type == 0);
    }
  }
}

TEST_CASE("an absolute clock waits for its time", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  const uint64_t monotonic = uv_hrtime() + 3 * kMillisecond;
  guest.clock(kClockMonotonic, monotonic, 1);
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(uv_hrtime() >= monotonic);
  CHECK(uv_hrtime() < monotonic + 2000 * kMillisecond);
  const uint64_t real = realtime() + 3 * kMillisecond;
  guest.clock(kClockRealtime, real, 1);
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(realtime() >= real);
  CHECK(realtime() < real + 2000 * kMillisecond);
}

TEST_CASE("a time that has passed does not wait", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  const uint64_t before = uv_hrtime();
  for (const uint32_t id : {kClockRealtime, kClockMonotonic}) {
    guest.clock(id, 0);
    REQUIRE(guest.poll() == Errno::Success);
    guest.clock(id, 1, 1);
    REQUIRE(guest.poll() == Errno::Success);
    CHECK(guest.events.size() == 1);
  }
  CHECK(uv_hrtime() - before < 1000 * kMillisecond);
}

TEST_CASE("all clocks that have expired are reported, no others", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  guest.clock(kClockMonotonic, 0, 0, 1);
  guest.clock(kClockMonotonic, 3'600'000 * kMillisecond, 0, 2);
  guest.clock(kClockRealtime, 0, 0, 3);
  guest.clock(kClockMonotonic, UINT64_MAX, 0, 4);
  guest.clock(kClockMonotonic, UINT64_MAX, 1, 5);
  guest.clock(kClockRealtime, UINT64_MAX, 1, 6);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 2);
  CHECK(guest.events[0].userdata == 1);
  CHECK(guest.events[1].userdata == 3);
}

TEST_CASE("clocks that cannot be waited for are errors of their event", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  guest.clock(kClockProcessCpu, 0, 0, 1);
  guest.clock(kClockThreadCpu, 0, 0, 2);
  guest.clock(9, 0, 0, 3);
  guest.clock(kClockMonotonic, 0, 2, 4);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 4);
  CHECK(guest.events[0].error == Errno::Notsup);
  CHECK(guest.events[1].error == Errno::Notsup);
  CHECK(guest.events[2].error == Errno::Inval);
  CHECK(guest.events[3].error == Errno::Inval);
}

TEST_CASE("no subscriptions are invalid, too many are refused", "[wasi][poll_oneoff][attack][attack36]") {
  TempTree tree;
  PollGuest guest(tree);
  CHECK(guest.poll() == Errno::Inval);
  guest.fd(3, 0);
  CHECK(guest.poll() == Errno::Inval);
  // 0x05555556 * 48 wraps around 32 bits to a small number.
  CHECK_FALSE(guest.call("poll_oneoff", kIn, kOut, 0x05555556, kResult).trap.empty());
}

TEST_CASE("a pipe is ready when it has bytes", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  Pipe pipe;
  const uint32_t reader = guest.adopt(pipe.ends[0], FileType::Unknown);
  const uint32_t writer = guest.adopt(pipe.ends[1], FileType::Unknown);
  guest.read(reader, 7);
  guest.clock(kClockMonotonic, 2 * kMillisecond, 0, 8);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 1);
  CHECK(guest.events[0].userdata == 8);
  REQUIRE(::write(pipe.ends[1], "hello", 5) == 5);
  guest.read(reader, 7);
  guest.write(writer, 9);
  guest.clock(kClockMonotonic, 60'000 * kMillisecond, 0, 8);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 2);
  CHECK(guest.events[0].userdata == 7);
  CHECK(guest.events[0].type == 1);
  CHECK(guest.events[0].nbytes == 5);
  CHECK(guest.events[0].flags == 0);
  CHECK(guest.events[1].type == 2);
  CHECK((::fcntl(pipe.ends[0], F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("waiting ends when another thread writes", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  Pipe pipe;
  const uint32_t reader = guest.adopt(pipe.ends[0], FileType::Unknown);
  std::jthread other([&] {
    ::usleep(10'000);
    CHECK(::write(pipe.ends[1], "x", 1) == 1);
  });
  guest.read(reader, 7);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 1);
  CHECK(guest.events[0].nbytes == 1);
  other.join();
  ::close(pipe.ends[1]);
}

TEST_CASE("the end of a pipe is a hang-up", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  Pipe pipe, broken;
  const uint32_t reader = guest.adopt(pipe.ends[0], FileType::Unknown);
  const uint32_t writer = guest.adopt(broken.ends[1], FileType::Unknown);
  ::close(pipe.ends[1]);
  ::close(broken.ends[0]);
  guest.read(reader);
  guest.write(writer);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 2);
  CHECK(guest.events[0].error == Errno::Success);
  CHECK(guest.events[0].flags == 1);
  CHECK(guest.events[0].nbytes == 0);
  CHECK(guest.events[1].error == Errno::Pipe);
}

TEST_CASE("files, directories and the null device are always ready, both ways", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  tree.write("root/f", "12345");
  const uint32_t file = guest.open("f", {.rights = kReadWrite});
  REQUIRE(guest.call("fd_seek", file, 2, 0, kResult) == Errno::Success);
  const uint32_t null = guest.adopt(::open("/dev/null", O_RDWR | O_CLOEXEC), FileType::CharacterDevice, false);
  guest.read(file, 1);
  guest.write(file, 2);
  guest.read(kRoot, 3);
  guest.read(null, 4);
  guest.write(null, 5);
  guest.clock(kClockMonotonic, 60'000 * kMillisecond, 0, 6);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 5);
  for (uint32_t i = 0; i < 5; ++i) {
    CHECK(guest.events[i].userdata == i + 1);
    CHECK(guest.events[i].error == Errno::Success);
  }
  CHECK(guest.events[0].nbytes == 3);
}

TEST_CASE("one bad descriptor is an error of its event and ends the wait", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  guest.read(99, 1);
  guest.clock(kClockMonotonic, 60'000 * kMillisecond, 0, 2);
  const uint64_t before = uv_hrtime();
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(uv_hrtime() - before < 5000 * kMillisecond);
  REQUIRE(guest.events.size() == 1);
  CHECK(guest.events[0].userdata == 1);
  CHECK(guest.events[0].error == Errno::Badf);
  CHECK(guest.events[0].type == 1);
}

TEST_CASE("only bad descriptors fail the call", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  guest.read(99);
  guest.write(100);
  CHECK(guest.poll() == Errno::Badf);
}

TEST_CASE("both directions of one descriptor are reported", "[wasi][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const uint32_t fd = guest.adopt(ends[0], FileType::SocketStream);
  REQUIRE(::write(ends[1], "abc", 3) == 3);
  guest.read(fd, 1);
  guest.read(fd, 2);
  guest.write(fd, 3);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 3);
  CHECK(guest.events[0].nbytes == 3);
  CHECK(guest.events[1].nbytes == 3);
  ::close(ends[1]);
  guest.read(fd, 1);
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(guest.events[0].flags == 1);
  CHECK(guest.events[0].nbytes == 3);
}

TEST_CASE("events may be written over the subscriptions", "[wasi][poll_oneoff][attack][attack36]") {
  TempTree tree;
  PollGuest guest(tree);
  for (uint64_t i = 0; i < 10; ++i) guest.clock(kClockMonotonic, 0, 0, 100 + i);
  REQUIRE(guest.call("poll_oneoff", kIn, kIn, 10, kResult) == Errno::Success);
  REQUIRE(guest.get<uint32_t>(kResult) == 10);
  for (uint32_t i = 0; i < 10; ++i) CHECK(guest.get<uint64_t>(kIn + 32 * i) == 100 + i);
}

TEST_CASE("thousands of subscriptions work", "[wasi][poll_oneoff][attack][attack36]") {
  TempTree tree;
  PollGuest guest(tree);
  tree.write("root/f", "x");
  const uint32_t fd = guest.open("f");
  for (uint32_t i = 0; i < 1200; ++i) guest.read(fd, i);
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(guest.events.size() == 1200);
}

TEST_CASE("a signal does not end a wait unless the guest is to be stopped", "[wasi][poll_oneoff]") {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  REQUIRE(::sigaction(SIGUSR1, &action, nullptr) == 0);
  TempTree tree;
  PollGuest guest(tree);
  guest.interrupted = GENERATE(false, true);
  const pthread_t poller = ::pthread_self();
  std::jthread other([&] {
    ::usleep(5'000);
    ::pthread_kill(poller, SIGUSR1);
  });
  const uint64_t before = uv_hrtime();
  guest.clock(kClockMonotonic, 40 * kMillisecond);
  const Reply reply = guest.poll();
  if (guest.interrupted) {
    CHECK(reply == Errno::Intr);
  } else {
    CHECK(reply == Errno::Success);
    CHECK(uv_hrtime() - before >= 40 * kMillisecond);
  }
}

TEST_CASE("snapshot 0 has longer subscriptions", "[wasi][poll_oneoff][unstable][attack][attack45]") {
  TempTree tree;
  PollGuest guest(tree);
  tree.write("root/f", "123");
  const uint32_t fd = guest.open("f");
  guest.snapshot = Snapshot::Unstable;
  const uint64_t before = uv_hrtime();
  guest.clock(kClockMonotonic, 2 * kMillisecond, 0, 5);
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(uv_hrtime() - before >= 2 * kMillisecond);
  CHECK(guest.events.at(0).userdata == 5);
  guest.clock(kClockMonotonic, 60'000 * kMillisecond, 0, 6);
  guest.read(fd, 7);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 1);
  CHECK(guest.events[0].userdata == 7);
  CHECK(guest.events[0].nbytes == 3);
}

}  // namespace wasmrun::wasi
