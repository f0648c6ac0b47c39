// sock_* and descriptors of sockets.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {

/// A guest with one listener at 3, and a client's view of it.
struct Listening {
  Listening() : guest(options()) {
    const std::string address = guest.wasi().listener_addresses().at(0);
    REQUIRE(address.starts_with("127.0.0.1:"));
    port = static_cast<uint16_t>(std::stoi(address.substr(10)));
    REQUIRE(port != 0);
  }
  static WasiOptions options() {
    WasiOptions result;
    result.tcp_listeners = {"127.0.0.1:0"};
    return result;
  }
  OwnedFd connect() const {
    OwnedFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(connect(client) == 0);
    return client;
  }
  /// From any thread.
  int connect(const OwnedFd& client) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }
  uint32_t accept() {
    REQUIRE(guest.call("sock_accept", 3, 0, kResult) == Errno::Success);
    return guest.get<uint32_t>(kResult);
  }
  Guest guest;
  uint16_t port = 0;
};

}  // namespace

TEST_CASE("a listener is a stream socket and no preopen", "[wasi][sock_accept]") {
  Listening listening;
  Guest& guest = listening.guest;
  REQUIRE(guest.call("fd_fdstat_get", 3, kResult) == Errno::Success);
  CHECK(guest.get<uint8_t>(kResult) == static_cast<uint8_t>(FileType::SocketStream));
  CHECK((guest.get<uint64_t>(kResult + 8) & rights::kSockAccept) != 0);
  CHECK(guest.call("fd_prestat_get", 3, kResult) == Errno::Badf);
}

TEST_CASE("a connection is accepted, read and written", "[wasi][sock_accept][sock_recv][sock_send]") {
  Listening listening;
  Guest& guest = listening.guest;
  const OwnedFd client = listening.connect();
  const uint32_t fd = listening.accept();
  CHECK(fd == 4);
  REQUIRE(::write(client.get(), "hello world", 11) == 11);
  guest.iovec_at(0x200, kBuffer, 5);
  guest.iovec_at(0x208, kBuffer + 50, 20);
  REQUIRE(guest.call("sock_recv", fd, 0x200, 2, 1, kResult, kResult2) == Errno::Success);  // peek
  CHECK(guest.get<uint32_t>(kResult) == 11);
  REQUIRE(guest.call("sock_recv", fd, 0x200, 2, 0, kResult, kResult2) == Errno::Success);
  CHECK(guest.text(kBuffer, 5) == "hello");
  CHECK(guest.text(kBuffer + 50, 6) == " world");
  CHECK(guest.get<uint16_t>(kResult2) == 0);
  guest.put(kBuffer, "abcdef");
  guest.iovec_at(0x200, kBuffer, 3);
  guest.iovec_at(0x208, kBuffer + 3, 3);
  REQUIRE(guest.call("sock_send", fd, 0x200, 2, 0, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 6);
  char text[10];
  REQUIRE(::recv(client.get(), text, sizeof(text), 0) == 6);
  CHECK(std::string(text, 6) == "abcdef");
  CHECK(guest.write(fd, "xyz") == Errno::Success);
  REQUIRE(::recv(client.get(), text, sizeof(text), 0) == 3);
}

TEST_CASE("the end of a connection is no bytes, nothing yet is again", "[wasi][sock_recv]") {
  Listening listening;
  Guest& guest = listening.guest;
  OwnedFd client = listening.connect();
  REQUIRE(guest.call("sock_accept", 3, fdflags::kNonblock, kResult) == Errno::Success);
  const auto fd = guest.get<uint32_t>(kResult);
  guest.iovec_at(0x200, kBuffer, 5);
  CHECK(guest.call("sock_recv", fd, 0x200, 1, 0, kResult, kResult2) == Errno::Again);
  CHECK(guest.call("fd_read", fd, 0x200, 1, kResult) == Errno::Again);
  client.reset();
  CHECK(guest.call("sock_recv", fd, 0x200, 1, 2, kResult, kResult2) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 0);
}

TEST_CASE("a listener does not wait for connections and says so", "[wasi][sock_accept]") {
  Listening listening;
  Guest& guest = listening.guest;
  REQUIRE(guest.call("fd_fdstat_get", 3, kResult) == Errno::Success);
  CHECK(guest.get<uint16_t>(kResult + 2) == fdflags::kNonblock);
  CHECK(guest.call("sock_accept", 3, 0, kResult) == Errno::Again);
  const OwnedFd client = listening.connect();
  CHECK(guest.call("sock_accept", 3, 0, kResult) == Errno::Success);
  REQUIRE(guest.call("fd_fdstat_get", guest.get<uint32_t>(kResult), kResult) == Errno::Success);
  CHECK(guest.get<uint16_t>(kResult + 2) == 0);
}

TEST_CASE("a listener waits for connections when the guest takes its flag off", "[wasi][sock_accept]") {
  Listening listening;
  Guest& guest = listening.guest;
  REQUIRE(guest.call("fd_fdstat_set_flags", 3, 0) == Errno::Success);
  const OwnedFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::thread late([&] {
    ::usleep(50'000);
    (void)listening.connect(client);
  });
  const Reply accepted = guest.call("sock_accept", 3, 0, kResult);
  late.join();
  CHECK(accepted == Errno::Success);
}

TEST_CASE("sock_shutdown closes one direction", "[wasi][sock_shutdown][attack][attack44]") {
  Listening listening;
  Guest& guest = listening.guest;
  const OwnedFd client = listening.connect();
  const uint32_t fd = listening.accept();
  CHECK(guest.call("sock_shutdown", fd, 0) == Errno::Inval);
  CHECK(guest.call("sock_shutdown", fd, 4) == Errno::Inval);
  CHECK(guest.call("sock_shutdown", fd, sdflags::kWrite) == Errno::Success);
  char byte;
  CHECK(::recv(client.get(), &byte, 1, 0) == 0);
  guest.iovec_at(0x200, kBuffer, 1);
  CHECK(guest.call("sock_send", fd, 0x200, 1, 0, kResult) == Errno::Pipe);
  REQUIRE(::send(client.get(), "x", 1, MSG_NOSIGNAL) == 1);
  CHECK(guest.call("sock_recv", fd, 0x200, 1, 0, kResult, kResult2) == Errno::Success);
}

TEST_CASE("socket calls check number, kind and flags", "[wasi][sock_recv][sock_send][attack][attack44]") {
  TempTree tree;
  Guest guest(tree);
  tree.write("root/f", "x");
  const uint32_t file = guest.open("f");
  guest.iovec_at(0x200, kBuffer, 1);
  for (const auto& [fd, error] :
       {std::pair{file, Errno::Notsock}, std::pair{kRoot, Errno::Notsock}, std::pair{99u, Errno::Badf}}) {
    CHECK(guest.call("sock_accept", fd, 0, kResult) == error);
    CHECK(guest.call("sock_recv", fd, 0x200, 1, 0, kResult, kResult2) == error);
    CHECK(guest.call("sock_send", fd, 0x200, 1, 0, kResult) == error);
    CHECK(guest.call("sock_shutdown", fd, 3) == error);
  }
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const uint32_t fd = guest.adopt(ends[0], FileType::SocketStream);
  CHECK(guest.call("sock_recv", fd, 0x200, 1, 4, kResult, kResult2) == Errno::Notsup);
  CHECK(guest.call("sock_send", fd, 0x200, 1, 1, kResult) == Errno::Inval);
  CHECK(guest.call("sock_accept", fd, 1, kResult) == Errno::Inval);
  CHECK(guest.call("sock_accept", fd, 0, kResult) == Errno::Inval);
  ::close(ends[1]);
}

TEST_CASE("a datagram that does not fit is reported as cut off", "[wasi][sock_recv]") {
  TempTree tree;
  Guest guest(tree);
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
  const uint32_t fd = guest.adopt(ends[0], FileType::SocketDatagram);
  REQUIRE(::send(ends[1], "0123456789", 10, 0) == 10);
  guest.iovec_at(0x200, kBuffer, 4);
  REQUIRE(guest.call("sock_recv", fd, 0x200, 1, 0, kResult, kResult2) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 4);
  CHECK(guest.get<uint16_t>(kResult2) == 1);
  ::close(ends[1]);
}

TEST_CASE("an address that cannot be listened on is named", "[wasi][sock_accept]") {
  for (const char* address : {"nonsense", "127.0.0.1:99999x", "256.0.0.1:80"}) {
    WasiOptions options;
    options.tcp_listeners = {address};
    auto created = Wasi::create(std::move(options));
    REQUIRE_FALSE(created.ok());
    CHECK(created.error().message.starts_with("--tcplisten: cannot listen on '" + std::string(address) + "': "));
  }
}

}  // namespace wasmrun::wasi
