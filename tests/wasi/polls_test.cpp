// poll_oneoff, case by case: what is waited for, what is reported, what is an error.
#include <uv.h>

#include <memory>
#include <thread>

#include "tests/wasi/behaviour.h"
#include "tests/wasi/poll_guest.h"

namespace wasmrun::wasi {

namespace {

constexpr uint64_t kLong = 60'000 * kMillisecond;
constexpr uint16_t kAbsolute = 1;

uint64_t realtime() {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

/// A guest with a pipe: `reader` and `writer` are its numbers.
struct PipeGuest {
  PipeGuest() : reader(guest.adopt(pipe.give(0), FileType::Unknown)), writer(guest.adopt(pipe.give(1), FileType::Unknown)) {}
  void fill() {
    REQUIRE(guest.call("fd_fdstat_set_flags", writer, fdflags::kNonblock) == Errno::Success);
    guest.iovec_at(0x200, 0, 0x40000);
    while (guest.call("fd_write", writer, 0x200, 1, kResult) == Errno::Success) {
    }
  }
  TempTree tree;
  PollGuest guest{tree};
  Pipe pipe;
  uint32_t reader, writer;
};

}  // namespace

TEST_CASE("a clock fires while a silent pipe does not", "[wasi][polls][poll_oneoff]") {
  PipeGuest p;
  const uint64_t before = uv_hrtime();
  p.guest.read(p.reader, 1);
  p.guest.clock(kClockMonotonic, 4 * kMillisecond, 0, 2);
  REQUIRE(p.guest.poll() == Errno::Success);
  CHECK(uv_hrtime() - before >= 4 * kMillisecond);
  REQUIRE(p.guest.events.size() == 1);
  CHECK(p.guest.events[0].userdata == 2);
}

TEST_CASE("what is ready does not wait for a clock", "[wasi][polls][poll_oneoff]") {
  PipeGuest p;
  REQUIRE(p.guest.Guest::write(p.writer, "x") == Errno::Success);
  const uint64_t before = uv_hrtime();
  p.guest.clock(kClockMonotonic, kLong, 0, 1);
  p.guest.clock(kClockRealtime, kLong, 0, 2);
  p.guest.clock(kClockRealtime, realtime() + kLong, kAbsolute, 3);
  p.guest.clock(kClockMonotonic, UINT64_MAX, 0, 4);
  p.guest.read(p.reader, 5);
  REQUIRE(p.guest.poll() == Errno::Success);
  CHECK(uv_hrtime() - before < kLong / 10);
  REQUIRE(p.guest.events.size() == 1);
  CHECK(p.guest.events[0].userdata == 5);
}

TEST_CASE("of several times the nearest is waited for, whatever the clock", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  const uint64_t begin = uv_hrtime();
  guest.clock(kClockMonotonic, kLong, 0, 1);
  guest.clock(kClockRealtime, realtime() + kLong, kAbsolute, 2);
  guest.clock(kClockRealtime, 4 * kMillisecond, 0, 3);
  guest.clock(kClockMonotonic, begin + kLong, kAbsolute, 4);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 1);
  CHECK(guest.events[0].userdata == 3);
  CHECK(uv_hrtime() - begin >= 4 * kMillisecond);
  CHECK(uv_hrtime() - begin < kLong / 10);
}

TEST_CASE("of several dates the nearest is waited for", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  const uint64_t date = realtime() + 4 * kMillisecond;
  guest.clock(kClockRealtime, date + kLong, kAbsolute, 1);
  guest.clock(kClockRealtime, date, kAbsolute, 2);
  guest.clock(kClockMonotonic, kLong, 0, 3);
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(realtime() >= date);
  REQUIRE(guest.events.size() == 1);
  CHECK(guest.events[0].userdata == 2);
}

TEST_CASE("equal times fire together", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  const uint64_t time = uv_hrtime() + 3 * kMillisecond;
  for (uint64_t i = 0; i < 3; ++i) guest.clock(kClockMonotonic, time, kAbsolute, i);
  REQUIRE(guest.poll() == Errno::Success);
  CHECK(guest.events.size() == 3);
}

TEST_CASE("times long ago fire at once", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  for (const uint64_t time : {uint64_t{0}, uint64_t{1}}) {
    guest.clock(kClockMonotonic, time, kAbsolute);
    guest.clock(kClockRealtime, time, kAbsolute);
    REQUIRE(guest.poll() == Errno::Success);
    CHECK(guest.events.size() == 2);
  }
}

TEST_CASE("a thousand short sleeps are never too short", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  for (uint64_t i = 0; i < 1000; ++i) {
    const uint64_t timeout = 1'000 + 37 * i;
    const uint64_t before = uv_hrtime();
    guest.clock(i % 2 ? kClockMonotonic : kClockRealtime, timeout);
    REQUIRE(guest.poll() == Errno::Success);
    REQUIRE(uv_hrtime() - before >= timeout);
  }
}

TEST_CASE("the precision asked for changes nothing", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  for (const uint64_t precision : {uint64_t{0}, uint64_t{1}, kLong, UINT64_MAX}) {
    const uint64_t before = uv_hrtime();
    guest.clock(kClockMonotonic, kMillisecond);
    guest.set(kIn + 32, precision);
    REQUIRE(guest.poll() == Errno::Success);
    CHECK(uv_hrtime() - before >= kMillisecond);
    CHECK(uv_hrtime() - before < kLong / 10);
  }
}

TEST_CASE("events come in the order of their subscriptions", "[wasi][polls][poll_oneoff]") {
  PipeGuest p;
  REQUIRE(p.guest.Guest::write(p.writer, "x") == Errno::Success);
  p.guest.write(p.writer, 10);
  p.guest.clock(kClockMonotonic, 0, 0, 11);
  p.guest.read(99, 12);
  p.guest.read(p.reader, 13);
  p.guest.read(kRoot, 14);
  REQUIRE(p.guest.poll() == Errno::Success);
  REQUIRE(p.guest.events.size() == 5);
  for (uint64_t i = 0; i < 5; ++i) CHECK(p.guest.events[i].userdata == 10 + i);
}

TEST_CASE("all 64 bits of the user's data come back", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  for (const uint64_t data : {uint64_t{0}, UINT64_MAX, uint64_t{0x8000000000000001}}) {
    guest.clock(kClockMonotonic, 0, 0, data);
    REQUIRE(guest.poll() == Errno::Success);
    CHECK(guest.events[0].userdata == data);
  }
}

TEST_CASE("an event writes all of its 32 bytes and none after them", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  guest.put(kOut, std::string(48, '#'));
  guest.clock(kClockMonotonic, 0, 0, 7);
  guest.clock(kClockMonotonic, kLong, 0, 8);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 1);
  CHECK(guest.text(kOut + 8, 24) == std::string(24, '\0'));
  CHECK(guest.text(kOut + 32, 16) == std::string(16, '#'));
}

TEST_CASE("a call that fails writes no number of events", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  guest.set(kResult, uint32_t{77});
  guest.read(99);
  CHECK(guest.poll() == Errno::Badf);
  CHECK(guest.get<uint32_t>(kResult) == 77);
  CHECK(guest.poll() == Errno::Inval);
  CHECK(guest.get<uint32_t>(kResult) == 77);
}

TEST_CASE("an unknown tag among good ones is invalid, and nothing is waited for", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  for (const int tag : {3, 4, 255}) {
    guest.clock(kClockMonotonic, kLong);
    guest.fd(tag, kRoot);
    CHECK(guest.poll() == Errno::Inval);
  }
}

TEST_CASE("unknown clocks and flags are errors of their event, also when others wait", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  guest.clock(kClockMonotonic, kLong, 0, 1);
  guest.clock(4, kLong, 0, 2);
  guest.clock(0xffffffff, kLong, 0, 3);
  guest.clock(kClockRealtime, kLong, 2, 4);
  guest.clock(kClockRealtime, kLong, 0x8001, 5);
  REQUIRE(guest.poll() == Errno::Success);
  REQUIRE(guest.events.size() == 4);
  for (const Event& event : guest.events) CHECK(event.error == Errno::Inval);
}

TEST_CASE("a full pipe is not ready for writing until it is read", "[wasi][polls][poll_oneoff]") {
  PipeGuest p;
  p.fill();
  p.guest.write(p.writer, 1);
  p.guest.clock(kClockMonotonic, 2 * kMillisecond, 0, 2);
  REQUIRE(p.guest.poll() == Errno::Success);
  REQUIRE(p.guest.events.size() == 1);
  CHECK(p.guest.events[0].userdata == 2);
  p.guest.iovec_at(0x200, 0, 0x40000);
  REQUIRE(p.guest.call("fd_read", p.reader, 0x200, 1, kResult) == Errno::Success);
  p.guest.write(p.writer, 1);
  REQUIRE(p.guest.poll() == Errno::Success);
  CHECK(p.guest.events[0].userdata == 1);
  CHECK(p.guest.events[0].nbytes > 0);
}

TEST_CASE("the bytes in a pipe are told exactly", "[wasi][polls][poll_oneoff]") {
  PipeGuest p;
  for (uint32_t total = 100; total <= 300; total += 100) {
    REQUIRE(p.guest.Guest::write(p.writer, std::string(100, 'x')) == Errno::Success);
    p.guest.read(p.reader);
    REQUIRE(p.guest.poll() == Errno::Success);
    CHECK(p.guest.events[0].nbytes == total);
    CHECK(p.guest.events[0].flags == 0);
  }
}

TEST_CASE("asking twice gives two answers and takes nothing", "[wasi][polls][poll_oneoff]") {
  PipeGuest p;
  REQUIRE(p.guest.Guest::write(p.writer, "abc") == Errno::Success);
  p.guest.read(p.reader, 1);
  p.guest.read(p.reader, 2);
  REQUIRE(p.guest.poll() == Errno::Success);
  REQUIRE(p.guest.events.size() == 2);
  p.guest.read(p.reader, 3);
  REQUIRE(p.guest.poll() == Errno::Success);
  CHECK(p.guest.events[0].nbytes == 3);
}

TEST_CASE("the end of a pipe's reader is an error for its writer", "[wasi][polls][poll_oneoff]") {
  PipeGuest p;
  REQUIRE(p.guest.call("fd_close", p.reader) == Errno::Success);
  p.guest.write(p.writer, 1);
  p.guest.clock(kClockMonotonic, kLong, 0, 2);
  REQUIRE(p.guest.poll() == Errno::Success);
  REQUIRE(p.guest.events.size() == 1);
  CHECK(p.guest.events[0].error == Errno::Pipe);
}

TEST_CASE("a file is ready at its end too, with no bytes", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  tree.write("root/f", "12345");
  PollGuest guest(tree);
  const uint32_t fd = guest.open("f");
  for (const int64_t position : {5, 100}) {
    REQUIRE(guest.call("fd_seek", fd, position, 0, kResult) == Errno::Success);
    guest.read(fd);
    REQUIRE(guest.poll() == Errno::Success);
    CHECK(guest.events[0].error == Errno::Success);
    CHECK(guest.events[0].nbytes == 0);
  }
}

TEST_CASE("a file is ready whatever its access mode and the direction asked for", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  tree.write("root/f", "12345");
  PollGuest guest(tree);
  for (const uint64_t rights : {rights::kFdRead, rights::kFdWrite}) {
    const uint32_t fd = guest.open("f", {.rights = rights});
    guest.read(fd);
    guest.write(fd);
    REQUIRE(guest.poll() == Errno::Success);
    CHECK(guest.events.size() == 2);
  }
}

TEST_CASE("a bad descriptor does not hide what is ready", "[wasi][polls][poll_oneoff]") {
  PipeGuest p;
  REQUIRE(p.guest.Guest::write(p.writer, "x") == Errno::Success);
  p.guest.read(99, 1);
  p.guest.read(p.reader, 2);
  p.guest.write(98, 3);
  REQUIRE(p.guest.poll() == Errno::Success);
  REQUIRE(p.guest.events.size() == 3);
  CHECK(p.guest.events[0].error == Errno::Badf);
  CHECK(p.guest.events[0].type == 1);
  CHECK(p.guest.events[1].error == Errno::Success);
  CHECK(p.guest.events[2].error == Errno::Badf);
  CHECK(p.guest.events[2].type == 2);
}

TEST_CASE("a number that was closed is bad from the next call on", "[wasi][polls][poll_oneoff]") {
  PipeGuest p;
  REQUIRE(p.guest.Guest::write(p.writer, "x") == Errno::Success);
  p.guest.read(p.reader);
  REQUIRE(p.guest.poll() == Errno::Success);
  REQUIRE(p.guest.call("fd_close", p.reader) == Errno::Success);
  p.guest.read(p.reader);
  CHECK(p.guest.poll() == Errno::Badf);
}

TEST_CASE("a given up right to poll is an error of its event", "[wasi][polls][poll_oneoff][rights]") {
  PipeGuest p;
  drop_rights(p.guest, p.reader, rights::kPollFdReadwrite);
  p.guest.read(p.reader, 1);
  p.guest.clock(kClockMonotonic, kLong, 0, 2);
  REQUIRE(p.guest.poll() == Errno::Success);
  REQUIRE(p.guest.events.size() == 1);
  CHECK(p.guest.events[0].error == Errno::Notcapable);
  p.guest.read(p.reader, 1);
  REQUIRE(p.guest.poll() == Errno::Success);
  CHECK(p.guest.events[0].error == Errno::Notcapable);
}

TEST_CASE("polling leaves flags as they are", "[wasi][polls][poll_oneoff]") {
  PipeGuest p;
  const int host = p.guest.state().fds.find(p.reader)->host;
  for (const uint32_t flags : {uint32_t{0}, uint32_t{fdflags::kNonblock}}) {
    REQUIRE(p.guest.call("fd_fdstat_set_flags", p.reader, flags) == Errno::Success);
    const int before = ::fcntl(host, F_GETFL);
    p.guest.read(p.reader);
    p.guest.clock(kClockMonotonic, 1);
    REQUIRE(p.guest.poll() == Errno::Success);
    CHECK(::fcntl(host, F_GETFL) == before);
  }
}

TEST_CASE("two hundred pipes are waited for five times each, and one of them wakes", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  std::vector<uint32_t> readers;
  std::vector<std::unique_ptr<Pipe>> pipes;
  for (int i = 0; i < 200; ++i) {
    pipes.push_back(std::make_unique<Pipe>());
    readers.push_back(guest.adopt(pipes.back()->give(0), FileType::Unknown));
  }
  for (int round = 0; round < 3; ++round) {
    const size_t chosen = static_cast<size_t>(17 + 61 * round);
    std::jthread writer([&] {
      ::usleep(2'000);
      if (::write(pipes[chosen]->ends[1], "x", 1) != 1) ::abort();
    });
    for (size_t i = 0; i < readers.size() * 5; ++i) guest.read(readers[i % readers.size()], i);
    REQUIRE(guest.poll() == Errno::Success);
    REQUIRE(guest.events.size() == 5);
    for (const Event& event : guest.events) CHECK(event.userdata % readers.size() == chosen);
    guest.read_all(readers[chosen]);
  }
}

TEST_CASE("more subscriptions than 256 Ki are Nomem", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  constexpr uint32_t kMost = 256 * 1024;
  guest.resize_memory(0x1000 + size_t{kMost + 1} * (48 + 32));
  CHECK(guest.call("poll_oneoff", 0x1000, 0x1000 + (kMost + 1) * 48, kMost + 1, kResult) == Errno::Nomem);
}

TEST_CASE("zeros are a clock of no time", "[wasi][polls][poll_oneoff]") {
  TempTree tree;
  PollGuest guest(tree);
  GuestMemory(guest.memory()).clear(kIn, 48);
  REQUIRE(guest.call("poll_oneoff", kIn, kOut, 1, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 1);
}

}  // namespace wasmrun::wasi
