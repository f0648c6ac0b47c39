// Sharp edges of sockets: resets, half-closed connections, full tables, listeners of others, and polling all of these.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstring>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {

constexpr uint32_t kIn = 0x1000, kOut = 0x2000;

/// A guest with a listener at 3 that polls one descriptor at a time.
struct Serving {
  explicit Serving(WasiOptions options = listening()) : guest(std::move(options)) {
    const std::string address = guest.wasi().listener_addresses().at(0);
    port = static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
  static WasiOptions listening() {
    WasiOptions options;
    options.tcp_listeners = {"127.0.0.1:0"};
    return options;
  }
  OwnedFd connect() const {
    OwnedFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    return client;
  }
  uint32_t accept(uint32_t flags = 0) {
    REQUIRE(guest.call("sock_accept", 3, flags, kResult) == Errno::Success);
    return guest.get<uint32_t>(kResult);
  }
  struct Event {
    Errno error;
    uint64_t nbytes;
    bool hangs_up;
  };
  Event poll(uint32_t fd, uint8_t tag = 1) {
    GuestMemory(guest.memory()).clear(kIn, 48);
    guest.set(kIn + 8, tag);
    guest.set(kIn + 16, fd);
    REQUIRE(guest.call("poll_oneoff", kIn, kOut, 1, kResult) == Errno::Success);
    return {static_cast<Errno>(guest.get<uint16_t>(kOut + 8)), guest.get<uint64_t>(kOut + 16), guest.get<uint16_t>(kOut + 24) == 1};
  }
  Reply receive(uint32_t fd) {
    guest.iovec_at(0x200, kBuffer, 100);
    return guest.call("sock_recv", fd, 0x200, 1, 0, kResult, kResult2);
  }
  Guest guest;
  uint16_t port = 0;
};

/// Closes so that the other side sees a reset.
void reset(OwnedFd& fd) {
  const linger at_once{1, 0};
  REQUIRE(::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) == 0);
  fd.reset();
}

}  // namespace

TEST_CASE("a reset is an error of the next call", "[wasi][sockets][sock_recv][attack][attack44]") {
  Serving serving;
  OwnedFd client = serving.connect();
  const uint32_t fd = serving.accept();
  reset(client);
  SECTION("sock_recv") { CHECK(serving.receive(fd) == Errno::Connreset); }
  SECTION("fd_read") {
    serving.guest.iovec_at(0x200, kBuffer, 100);
    CHECK(serving.guest.call("fd_read", fd, 0x200, 1, kResult) == Errno::Connreset);
  }
  CHECK(serving.receive(fd) == Errno::Success);
  CHECK(serving.guest.get<uint32_t>(kResult) == 0);
}

TEST_CASE("a poll that tells of a reset does not take it from the call that follows", "[wasi][sockets][poll_oneoff]") {
  Serving serving;
  OwnedFd client = serving.connect();
  const uint32_t fd = serving.accept();
  REQUIRE(::send(client.get(), "abc", 3, 0) == 3);
  REQUIRE(serving.poll(fd).nbytes == 3);
  CHECK(serving.guest.read_all(fd) == "abc");
  reset(client);
  for (int i = 0; i < 2; ++i) {
    const Serving::Event event = serving.poll(fd);
    CHECK(event.error == Errno::Connreset);
    CHECK(event.hangs_up);
  }
  SECTION("sock_recv") { CHECK(serving.receive(fd) == Errno::Connreset); }
  SECTION("fd_read") {
    serving.guest.iovec_at(0x200, kBuffer, 100);
    CHECK(serving.guest.call("fd_read", fd, 0x200, 1, kResult) == Errno::Connreset);
  }
  SECTION("sock_send") {
    serving.guest.iovec_at(0x200, kBuffer, 1);
    CHECK(serving.guest.call("sock_send", fd, 0x200, 1, 0, kResult) == Errno::Connreset);
    CHECK(serving.guest.call("sock_send", fd, 0x200, 1, 0, kResult) == Errno::Pipe);
  }
  SECTION("fd_write") { CHECK(serving.guest.write(fd, "x") == Errno::Connreset); }
  // Told once.
  CHECK(serving.receive(fd) == Errno::Success);
  CHECK(serving.guest.get<uint32_t>(kResult) == 0);
}

TEST_CASE("both subscriptions of a reset socket have the error", "[wasi][sockets][poll_oneoff]") {
  Serving serving;
  OwnedFd client = serving.connect();
  const uint32_t fd = serving.accept();
  reset(client);
  GuestMemory(serving.guest.memory()).clear(kIn, 96);
  for (uint32_t i = 0; i < 2; ++i) {
    serving.guest.set<uint8_t>(kIn + 48 * i + 8, static_cast<uint8_t>(1 + i));
    serving.guest.set(kIn + 48 * i + 16, fd);
  }
  REQUIRE(serving.guest.call("poll_oneoff", kIn, kOut, 2, kResult) == Errno::Success);
  REQUIRE(serving.guest.get<uint32_t>(kResult) == 2);
  CHECK(static_cast<Errno>(serving.guest.get<uint16_t>(kOut + 8)) == Errno::Connreset);
  CHECK(static_cast<Errno>(serving.guest.get<uint16_t>(kOut + 40)) == Errno::Connreset);
}

TEST_CASE("a half-closed connection is read to its end and still written", "[wasi][sockets][sock_shutdown]") {
  Serving serving;
  const OwnedFd client = serving.connect();
  const uint32_t fd = serving.accept();
  REQUIRE(::send(client.get(), "last", 4, 0) == 4);
  REQUIRE(::shutdown(client.get(), SHUT_WR) == 0);
  const Serving::Event event = serving.poll(fd);
  CHECK(event.error == Errno::Success);
  CHECK(event.nbytes == 4);
  CHECK(event.hangs_up);
  CHECK(serving.guest.read_all(fd) == "last");
  CHECK(serving.guest.read_all(fd).empty());
  CHECK(serving.poll(fd).nbytes == 0);
  CHECK(serving.guest.write(fd, "answer") == Errno::Success);
  char text[10];
  CHECK(::recv(client.get(), text, sizeof(text), 0) == 6);
}

TEST_CASE("a connection that was reset in the queue does not stop the listener", "[wasi][sockets][sock_accept]") {
  Serving serving;
  OwnedFd gone = serving.connect();
  reset(gone);
  const OwnedFd client = serving.connect();
  REQUIRE(::send(client.get(), "x", 1, 0) == 1);
  // Linux gives out the dead connection; what counts is that the living one comes after it.
  const uint32_t first = serving.accept();
  const Reply reply = serving.receive(first);
  if (reply == Errno::Success) return;
  CHECK(reply == Errno::Connreset);
  CHECK(serving.guest.read_all(serving.accept()) == "x");
}

TEST_CASE("without a host descriptor an accept fails and works again later", "[wasi][sockets][sock_accept][attack][attack37][attack44]") {
  Serving serving;
  const OwnedFd client = serving.connect();
  rlimit before, none;
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  none = {static_cast<rlim_t>(client.get()), before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const Reply reply = serving.guest.call("sock_accept", 3, 0, kResult);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(reply == Errno::Mfile);
  // The connection waited.
  serving.accept();
}

TEST_CASE("a listener has connections as its readable bytes", "[wasi][sockets][poll_oneoff]") {
  Serving serving;
  const OwnedFd client = serving.connect();
  const Serving::Event event = serving.poll(3);
  CHECK(event.error == Errno::Success);
  CHECK(event.nbytes >= 1);
}

TEST_CASE("listeners and connections refuse what the other kind does", "[wasi][sockets][attack][attack44]") {
  Serving serving;
  const OwnedFd client = serving.connect();
  const uint32_t fd = serving.accept();
  CHECK(serving.receive(3) == Errno::Notconn);
  serving.guest.iovec_at(0x200, kBuffer, 1);
  CHECK_FALSE(serving.guest.call("sock_send", 3, 0x200, 1, 0, kResult) == Errno::Success);
  CHECK(serving.guest.call("sock_accept", fd, 0, kResult) == Errno::Inval);
  CHECK(serving.guest.call("fd_seek", fd, 0, 0, kResult) == Errno::Spipe);
  CHECK(serving.guest.call("fd_close", fd) == Errno::Success);
  CHECK(serving.receive(fd) == Errno::Badf);
  CHECK(serving.guest.call("fd_close", 3) == Errno::Success);
  CHECK(serving.guest.call("sock_accept", 3, 0, kResult) == Errno::Badf);
}

TEST_CASE("a listener handed over by others waits or not as the guest says", "[wasi][sockets][sock_accept]") {
  const int host = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(host, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(::listen(host, 10) == 0);
  WasiOptions options;
  options.inherited_listeners = {host};
  Serving serving(std::move(options));
  REQUIRE(serving.guest.call("fd_fdstat_get", 3, kResult) == Errno::Success);
  CHECK(serving.guest.get<uint16_t>(kResult + 2) == fdflags::kNonblock);
  CHECK(serving.guest.call("sock_accept", 3, 0, kResult) == Errno::Again);
  REQUIRE(serving.guest.call("fd_fdstat_set_flags", 3, 0) == Errno::Success);
  const OwnedFd client = serving.connect();
  const uint32_t fd = serving.accept();
  // What it accepts is the guest's own, and waits.
  CHECK((::fcntl(serving.guest.state().fds.find(fd)->host, F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("a terminal is polled and has its bytes", "[wasi][sockets][poll_oneoff]") {
  Serving serving;
  int controller, terminal;
  REQUIRE(::openpty(&controller, &terminal, nullptr, nullptr, nullptr) == 0);
  const uint32_t fd = serving.guest.adopt(terminal, FileType::CharacterDevice);
  CHECK(serving.poll(fd, 2).error == Errno::Success);
  REQUIRE(::write(controller, "line\n", 5) == 5);
  const Serving::Event event = serving.poll(fd);
  CHECK(event.error == Errno::Success);
  CHECK(event.nbytes == 5);
  CHECK_FALSE(event.hangs_up);
  CHECK(serving.guest.read_all(fd) == "line\n");
  ::close(controller);
  CHECK(serving.poll(fd).hangs_up);
}

TEST_CASE("more subscriptions than the process may have descriptors", "[wasi][sockets][poll_oneoff]") {
  Serving serving;
  const OwnedFd client = serving.connect();
  const uint32_t fd = serving.accept();
  rlimit before;
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit few = {100, before.rlim_max};
  constexpr uint32_t kMany = 1000, kFrom = 0x10000, kTo = 0x20000;
  for (uint32_t i = 0; i < kMany; ++i) {
    GuestMemory(serving.guest.memory()).clear(kFrom + 48 * i, 48);
    serving.guest.set(kFrom + 48 * i, uint64_t{i});
    serving.guest.set<uint8_t>(kFrom + 48 * i + 8, i % 2 ? 2 : 1);
    serving.guest.set(kFrom + 48 * i + 16, fd);
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  const Reply reply = serving.guest.call("poll_oneoff", kFrom, kTo, kMany, kResult);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(reply == Errno::Success);
  CHECK(serving.guest.get<uint32_t>(kResult) == kMany / 2);  // nothing to read
  CHECK(serving.guest.get<uint64_t>(kTo) == 1);
}

TEST_CASE("a hundred thousand subscriptions, clocks among them", "[wasi][sockets][poll_oneoff][attack][attack36]") {
  constexpr uint32_t kMany = 100'000;
  struct LargeGuest : Guest {
    using Guest::Guest;
    std::span<uint8_t> memory() override { return large; }
    std::vector<uint8_t> large = std::vector<uint8_t>(size_t{16} << 20);
  } guest(Serving::listening());
  GuestMemory memory(guest.large);
  for (uint32_t i = 0; i < kMany; ++i) {
    memory.write<uint64_t>(48 * i, i);
    memory.write<uint8_t>(48 * i + 8, i % 2);
    if (i % 2 == 0) {
      memory.write<uint32_t>(48 * i + 16, i % 4 == 0 ? kClockMonotonic : kClockRealtime);
      // Absolute real times far away: one timer of the kernel serves them all.
      memory.write<uint64_t>(48 * i + 24, i == 5000 ? 1'000'000 : UINT64_MAX - i);
      memory.write<uint16_t>(48 * i + 40, i == 5000 ? 0 : 1);
    } else {
      memory.write<uint32_t>(48 * i + 16, 3);
    }
  }
  REQUIRE(guest.call("poll_oneoff", 0, 48 * kMany, kMany, 48 * kMany + 32 * kMany) == Errno::Success);
  CHECK(memory.read<uint32_t>(80 * kMany) == 1);
  CHECK(memory.read<uint64_t>(48 * kMany) == 5000);
  CHECK(guest.call("poll_oneoff", 0, 0, 300'000, 80 * kMany) == Errno::Nomem);
}

TEST_CASE("an address to listen on (--tcplisten) understands brackets, and refuses IPv6 without", "[wasi][sockets]") {
  for (const char* address : {"::1:80", "[::1", "127.0.0.1:", "unix:"}) {
    WasiOptions options;
    options.tcp_listeners = {address};
    CHECK_FALSE(Wasi::create(std::move(options)).ok());
  }
}

}  // namespace wasmrun::wasi
