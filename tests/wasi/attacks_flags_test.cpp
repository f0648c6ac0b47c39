// Attacks 40 and 41: values that no flag, enumeration, time or offset has, in every parameter.
#include "tests/wasi/guest.h"

#include <sys/socket.h>

namespace wasmrun::wasi {

namespace {

/// A parameter that holds flags or one of a few numbers, and valid arguments for the rest.
struct FlagParameter {
  const char* function;
  std::vector<uint64_t> arguments;
  size_t position;
  uint64_t allowed;          ///< a bit for each flag, or the numbers below `count`
  uint64_t count = 0;        ///< not 0: an enumeration
  Errno error = Errno::Inval;
};

constexpr uint64_t kFile = 4, kSocket = 5;

std::vector<FlagParameter> flag_parameters() {
  return {
      {"path_open", {3, 0, kBuffer, 1, 0, 0, 0, 0, kResult}, 1, 1},
      {"path_open", {3, 0, kBuffer, 1, 0, 0, 0, 0, kResult}, 4, oflags::kAll},
      {"path_open", {3, 0, kBuffer, 1, 0, 0, 0, 0, kResult}, 7, fdflags::kAll},
      {"path_filestat_get", {3, 0, kBuffer, 1, kResult}, 1, 1},
      {"path_filestat_set_times", {3, 0, kBuffer, 1, 0, 0, 0}, 1, 1},
      {"path_filestat_set_times", {3, 0, kBuffer, 1, 0, 0, 0}, 6, fstflags::kAll},
      {"path_link", {3, 0, kBuffer, 1, 3, kBuffer + 8, 1}, 1, 0},
      {"fd_filestat_set_times", {kFile, 0, 0, 0}, 3, fstflags::kAll},
      {"fd_fdstat_set_flags", {kFile, 0}, 1, fdflags::kAll},
      {"fd_advise", {kFile, 0, 0, 0}, 3, 0, 6},
      {"fd_seek", {kFile, 0, 0, kResult}, 2, 0, 3},
      {"clock_res_get", {0, kResult}, 0, 0, 4},
      {"clock_time_get", {0, 0, kResult}, 0, 0, 4},
      {"sock_recv", {kSocket, 0x200, 0, 0, kResult, kResult2}, 3, 3, 0, Errno::Notsup},
      {"sock_send", {kSocket, 0x200, 0, 0, kResult}, 3, 0},
      {"sock_shutdown", {kSocket, 0}, 1, 3},
      {"sock_accept", {kSocket, 0, kResult}, 1, fdflags::kNonblock},
  };
}

}  // namespace

TEST_CASE("bits and numbers that mean nothing are refused in every parameter, whatever else is set", "[wasi][sandbox][attack][attack40]") {
  TempTree tree;
  tree.write("root/f", "text");
  Guest guest(tree, on_both_resolvers());
  REQUIRE(guest.open("f", {.rights = kReadWrite}) == kFile);
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const OwnedFd other(ends[1]);
  REQUIRE(guest.adopt(ends[0], FileType::SocketStream) == kSocket);
  guest.put(kBuffer, "f");
  guest.put(kBuffer + 8, "l");
  for (FlagParameter parameter : flag_parameters()) {
    std::vector<uint64_t> values{0xffffffff, 0x80000000, 0x10000, 0x100};
    for (int bit = 0; bit < 32; ++bit) {
      for (const uint64_t valid : {uint64_t{0}, parameter.allowed}) values.push_back((uint64_t{1} << bit) | valid);
    }
    for (uint64_t number = 0; number < 300; ++number) values.push_back(number);
    for (const uint64_t value : values) {
      if (parameter.count != 0 ? value < parameter.count : (value & ~parameter.allowed) == 0) continue;
      parameter.arguments[parameter.position] = value;
      const Reply reply = guest.call_raw(parameter.function, parameter.arguments);
      if (!(reply == parameter.error)) {
        INFO(parameter.function << " parameter " << parameter.position << " value " << value);
        CHECK(reply == parameter.error);
      }
    }
  }
  CHECK_FALSE(tree.exists("root/l"));
  CHECK(tree.read("root/f") == "text");
  CHECK(guest.state().fds.size() == 6);
}

TEST_CASE("subscriptions of unknown kinds, clocks and flags are refused", "[wasi][sandbox][poll_oneoff][attack][attack40]") {
  TempTree tree;
  Guest guest(tree);
  for (const Snapshot snapshot : {Snapshot::Preview1, Snapshot::Unstable}) {
    guest.snapshot = snapshot;
    const SubscriptionLayout layout = subscription_layout(snapshot);
    for (const uint8_t tag : {uint8_t{3}, uint8_t{4}, uint8_t{127}, uint8_t{128}, uint8_t{255}}) {
      guest.put(0x1000, std::string(64, '\0'));
      guest.set<uint8_t>(0x1008, tag);
      CHECK(guest.call("poll_oneoff", 0x1000, 0x2000, 1, kResult) == Errno::Inval);
    }
    for (const auto& [clock, flags] : {std::pair<uint32_t, uint16_t>{4, 0}, {0xffffffff, 0}, {1, 2}, {1, 0x8000}, {0, 0xfffe}}) {
      guest.put(0x1000, std::string(64, '\0'));
      guest.set<uint32_t>(0x1000 + layout.clock_id, clock);
      guest.set<uint16_t>(0x1000 + layout.flags, flags);
      REQUIRE(guest.call("poll_oneoff", 0x1000, 0x2000, 1, kResult) == Errno::Success);
      CHECK(static_cast<Errno>(guest.get<uint16_t>(0x2008)) == Errno::Inval);
    }
  }
}

TEST_CASE("rights of all 64 bits cannot be gained", "[wasi][sandbox][fd_fdstat_set_rights][attack][attack40]") {
  TempTree tree;
  tree.write("root/f", "text");
  Guest guest(tree, on_both_resolvers());
  for (const uint64_t rights : {~uint64_t{0}, uint64_t{1} << 63, uint64_t{1} << 30, uint64_t{rights::kSockAccept}}) {
    CHECK(guest.call("fd_fdstat_set_rights", kRoot, rights, 0) == Errno::Notcapable);
    CHECK(guest.call("fd_fdstat_set_rights", kRoot, 0, rights) == Errno::Notcapable);
  }
  // Asked for at open, unknown bits mean nothing.
  REQUIRE(guest.call("path_open", kRoot, 0, "f", 0, ~uint64_t{0}, ~uint64_t{0}, 0, kResult) == Errno::Success);
  const auto fd = guest.get<uint32_t>(kResult);
  REQUIRE(guest.call("fd_fdstat_get", fd, kResult) == Errno::Success);
  CHECK((guest.get<uint64_t>(kResult + 8) & ~rights::kAll) == 0);
}

TEST_CASE("times, offsets and sizes at the limits are taken, refused or saturated", "[wasi][sandbox][attack][attack41]") {
  TempTree tree;
  tree.write("root/f", "text");
  Guest guest(tree, on_both_resolvers());
  const uint32_t fd = guest.open("f", {.rights = kReadWrite});
  constexpr uint64_t kHalf = uint64_t{1} << 63;
  for (const uint64_t value : {uint64_t{0}, uint64_t{1}, kHalf - 1, kHalf, kHalf + 1, ~uint64_t{0} - 1, ~uint64_t{0}}) {
    INFO(value);
    for (const char* call : {"fd", "path"}) {
      const Reply reply = std::string_view(call) == "fd" ? guest.call("fd_filestat_set_times", fd, value, value, 5)
                                                         : guest.call("path_filestat_set_times", kRoot, 1, "f", value, value, 5);
      CHECK(reply.trap == "");
    }
    CHECK(guest.call("fd_filestat_get", fd, kResult) == Errno::Success);
    guest.put(kBuffer, "x");
    guest.iovec_at(0x200, kBuffer, 1);
    for (const char* name : {"fd_pread", "fd_pwrite"}) {
      const Reply reply = guest.call(name, fd, 0x200, 1, value, kResult);
      CHECK(reply.trap == "");
      if (value >= kHalf) CHECK(reply == Errno::Inval);
    }
    for (const uint32_t whence : {0u, 1u, 2u}) CHECK(guest.call("fd_seek", fd, value, whence, kResult).trap == "");
    CHECK(guest.call("fd_seek", fd, 0, 0, kResult) == Errno::Success);
    for (const uint64_t length : {uint64_t{0}, uint64_t{1}, kHalf - 1, kHalf, ~uint64_t{0}}) {
      CHECK(guest.call("fd_advise", fd, value, length, 0).trap == "");
      // No room of any size is really asked for: the sum or the size is past every limit.
      if (value >= kHalf - 1 || length >= kHalf - 1) CHECK_FALSE(guest.call("fd_allocate", fd, value, length) == Errno::Success);
    }
    if (value >= kHalf) {
      CHECK_FALSE(guest.call("fd_filestat_set_size", fd, value) == Errno::Success);
      CHECK_FALSE(guest.call("fd_seek", fd, value, 0, kResult) == Errno::Success);
    }
  }
}

}  // namespace wasmrun::wasi
