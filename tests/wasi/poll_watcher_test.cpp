// poll_oneoff on many descriptors, again and again, while they come, go and change.
#include <sys/socket.h>

#include <random>
#include <set>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {

constexpr uint32_t kIn = 0x10000, kOut = 0x20000;
constexpr uint32_t kMany = 200;  // well above Watcher::kMinDescriptors

/// Socket pairs: one end of each is the guest's, the other ours.
class ManyGuest : public Guest {
 public:
  ManyGuest() : Guest(WasiOptions{}) {
    for (uint32_t i = 0; i < kMany; ++i) open();
  }
  void open(bool inherited = false) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    fds.push_back(adopt(ends[0], FileType::SocketStream, inherited));
    peers.emplace_back(ends[1]);
  }
  /// The descriptors that are readable (as they are) or writable (as 10000 and their number).
  std::set<uint32_t> poll(const std::vector<uint32_t>& readers, const std::vector<uint32_t>& writers = {}) {
    uint32_t count = 0;
    const auto add = [&](uint8_t tag, uint32_t fd, uint64_t userdata) {
      const uint32_t at = kIn + 48 * count++;
      GuestMemory(memory()).clear(at, 48);
      set(at, userdata);
      set(at + 8, tag);
      set(at + 16, fd);
    };
    for (const uint32_t fd : readers) add(1, fd, fd);
    for (const uint32_t fd : writers) add(2, fd, 10000 + fd);
    add(0, 0, 77777);  // a clock that has expired
    set(kIn + 48 * (count - 1) + 16, kClockMonotonic);
    REQUIRE(call("poll_oneoff", kIn, kOut, count, kResult) == Errno::Success);
    std::set<uint32_t> ready;
    for (uint32_t i = 0; i < get<uint32_t>(kResult); ++i) {
      const auto userdata = static_cast<uint32_t>(get<uint64_t>(kOut + 32 * i));
      if (userdata != 77777) ready.insert(userdata);
    }
    return ready;
  }
  void send(size_t index) { REQUIRE(::send(peers[index].get(), "x", 1, MSG_NOSIGNAL) == 1); }
  std::vector<uint32_t> fds;
  std::vector<OwnedFd> peers;
};

using Set = std::set<uint32_t>;

}  // namespace

TEST_CASE("of many descriptors those that are ready are reported, call after call", "[wasi][poll_oneoff][watcher]") {
  ManyGuest guest;
  CHECK(guest.poll(guest.fds).empty());
  guest.send(0);
  guest.send(150);
  for (int i = 0; i < 2; ++i) CHECK(guest.poll(guest.fds) == Set{guest.fds[0], guest.fds[150]});
  CHECK(guest.read_all(guest.fds[150]) == "x");
  CHECK(guest.poll(guest.fds) == Set{guest.fds[0]});
  CHECK(guest.poll(guest.fds, {guest.fds[5]}) == Set{guest.fds[0], 10000 + guest.fds[5]});
  CHECK(guest.poll(guest.fds) == Set{guest.fds[0]});
}

TEST_CASE("a closed descriptor whose number comes back is another one", "[wasi][poll_oneoff][watcher]") {
  ManyGuest guest;
  CHECK(guest.poll(guest.fds).empty());
  const uint32_t old = guest.fds[10];
  REQUIRE(guest.call("fd_close", old) == Errno::Success);
  guest.fds.erase(guest.fds.begin() + 10);
  guest.peers.erase(guest.peers.begin() + 10);
  guest.open();
  REQUIRE(guest.fds.back() == old);
  guest.send(kMany - 1);
  CHECK(guest.poll(guest.fds) == Set{old});
}

TEST_CASE("a descriptor that was moved to another number is found there", "[wasi][poll_oneoff][watcher]") {
  ManyGuest guest;
  CHECK(guest.poll(guest.fds).empty());
  REQUIRE(guest.call("fd_renumber", guest.fds[1], guest.fds[2]) == Errno::Success);
  guest.send(1);
  guest.fds.erase(guest.fds.begin() + 1);
  CHECK(guest.poll(guest.fds) == Set{guest.fds[1]});
  CHECK(guest.read_all(guest.fds[1]) == "x");
}

TEST_CASE("what is polled no more is not reported, and is again when asked for", "[wasi][poll_oneoff][watcher]") {
  ManyGuest guest;
  CHECK(guest.poll(guest.fds).empty());
  std::vector<uint32_t> others(guest.fds.begin() + 100, guest.fds.end());
  for (size_t i = 0; i < 100; ++i) guest.send(i);
  CHECK(guest.poll(others).empty());
  guest.send(100);
  CHECK(guest.poll(others) == Set{guest.fds[100]});
  CHECK(guest.poll(guest.fds).size() == 101);
}

TEST_CASE("streams shared with other processes and always-ready files are polled among many", "[wasi][poll_oneoff][watcher]") {
  ManyGuest guest;
  guest.open(true);
  const uint32_t null = guest.adopt(::open("/dev/null", O_RDWR | O_CLOEXEC), FileType::CharacterDevice);
  guest.send(kMany);
  guest.send(3);
  std::vector<uint32_t> all = guest.fds;
  all.push_back(null);
  for (int i = 0; i < 2; ++i) CHECK(guest.poll(all) == Set{guest.fds[3], guest.fds[kMany], null});
}

TEST_CASE("many descriptors polled at random agree with what was sent", "[wasi][poll_oneoff][watcher]") {
  ManyGuest guest;
  std::mt19937 random(4);
  Set full;
  for (int round = 0; round < 2000; ++round) {
    const size_t index = random() % guest.fds.size();
    switch (random() % 4) {
      case 0:
        guest.send(index);
        full.insert(guest.fds[index]);
        break;
      case 1:
        if (full.erase(guest.fds[index])) guest.read_all(guest.fds[index]);
        break;
      case 2: {
        REQUIRE(guest.call("fd_close", guest.fds[index]) == Errno::Success);
        full.erase(guest.fds[index]);
        guest.fds.erase(guest.fds.begin() + static_cast<ptrdiff_t>(index));
        guest.peers.erase(guest.peers.begin() + static_cast<ptrdiff_t>(index));
        guest.open();
        break;
      }
      case 3: {
        std::vector<uint32_t> some;
        Set expected;
        for (const uint32_t fd : guest.fds) {
          if (random() % 4 == 0) continue;
          some.push_back(fd);
          if (full.contains(fd)) expected.insert(fd);
        }
        CHECK(guest.poll(some) == expected);
        break;
      }
    }
    if (round % 20 == 0) CHECK(guest.poll(guest.fds) == full);
  }
}

}  // namespace wasmrun::wasi
