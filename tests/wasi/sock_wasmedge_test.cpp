// WasmEdge's socket functions, in both signatures, and what the rules let through.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <thread>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {

constexpr uint32_t kAddress = 0x300, kAddressBytes = 0x320, kIovecs = 0x200, kOption = 0x500;

WasiOptions allowing(std::vector<std::string> connect, std::vector<std::string> bind = {}, std::vector<std::string> resolve = {}) {
  WasiOptions options;
  options.allow_connect = std::move(connect);
  options.allow_bind = std::move(bind);
  options.allow_resolve = std::move(resolve);
  return options;
}

/// A server of the host's on a port of its own.
struct Server {
  explicit Server(int type = SOCK_STREAM) : fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    if (type == SOCK_STREAM) REQUIRE(::listen(fd.get(), 10) == 0);
    REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  std::string rule() const { return "127.0.0.1:" + std::to_string(port); }
  OwnedFd fd;
  uint16_t port = 0;
};

class SocketGuest : public Guest {
 public:
  using Guest::Guest;
  uint32_t socket(uint32_t family = 1, uint32_t type = 2) {
    REQUIRE(call("sock_open", family, type, kResult) == Errno::Success);
    return get<uint32_t>(kResult);
  }
  /// An address for the next call: `text` in a buffer of 4, 16 or 128 bytes.
  uint32_t address(const std::string& text, uint32_t size = 4) {
    set(kAddress, kAddressBytes);
    set(kAddress + 4, size);
    GuestMemory(memory()).clear(kAddressBytes, size);
    uint8_t bytes[16] = {};
    const bool is_v4 = ::inet_pton(AF_INET, text.c_str(), bytes) == 1;
    if (!is_v4) REQUIRE(::inet_pton(AF_INET6, text.c_str(), bytes) == 1);
    uint32_t at = kAddressBytes;
    if (size == 128) {
      set<uint16_t>(at, is_v4 ? 1 : 2);
      at += 2;
    }
    put(at, {reinterpret_cast<const char*>(bytes), is_v4 ? 4u : 16u});
    return kAddress;
  }
  uint32_t iovec(std::string_view what) {
    put(kBuffer, what);
    iovec_at(kIovecs, kBuffer, static_cast<uint32_t>(what.size()));
    return kIovecs;
  }
};

}  // namespace

TEST_CASE("without an option no socket can be opened and no name looked up", "[wasi][net]") {
  SocketGuest guest(WasiOptions{});
  CHECK(guest.call("sock_open", 1, 2, kResult) == Errno::Acces);
  CHECK(guest.wasi().network_refusal() == "opening a socket was refused: --allow-connect HOST:PORT or --allow-bind HOST:PORT would allow it");
  guest.set(kResult, 0u);
  CHECK(guest.call("sock_getaddrinfo", "localhost", "80", 0, kResult, 1, kResult2) == Errno::Acces);
}

TEST_CASE("a granted connection is made, any other refused", "[wasi][net][sock_connect]") {
  Server server, other;
  SocketGuest guest(allowing({server.rule()}));
  const uint32_t fd = guest.socket();
  CHECK(guest.call("sock_connect", fd, guest.address("127.0.0.1"), other.port) == Errno::Acces);
  CHECK(guest.wasi().network_refusal() == "connecting to " + other.rule() + " was refused: --allow-connect " + other.rule() + " would allow it");
  CHECK(guest.call("sock_connect", fd, guest.address("127.0.0.2"), server.port) == Errno::Acces);
  // 0.0.0.0 would be this machine too.
  CHECK(guest.call("sock_connect", fd, guest.address("0.0.0.0"), server.port) == Errno::Acces);
  REQUIRE(guest.call("sock_connect", fd, guest.address("127.0.0.1"), server.port) == Errno::Success);
  const OwnedFd accepted(::accept(server.fd.get(), nullptr, nullptr));
  REQUIRE(guest.call("sock_send", fd, guest.iovec("hi"), 1, 0, kResult) == Errno::Success);
  char text[4];
  CHECK(::recv(accepted.get(), text, sizeof(text), 0) == 2);
  CHECK(guest.call("sock_connect", fd, guest.address("127.0.0.1"), server.port) == Errno::Isconn);
}

TEST_CASE("the three sizes of addresses mean the same", "[wasi][net][sock_connect]") {
  Server server;
  const auto [text, size, family] = GENERATE(std::tuple<std::string, uint32_t, uint32_t>{"127.0.0.1", 4, 1},
                                             std::tuple<std::string, uint32_t, uint32_t>{"127.0.0.1", 128, 1},
                                             std::tuple<std::string, uint32_t, uint32_t>{"::ffff:127.0.0.1", 16, 2},
                                             std::tuple<std::string, uint32_t, uint32_t>{"::ffff:127.0.0.1", 128, 2});
  SocketGuest guest(allowing({server.rule()}));
  const uint32_t fd = guest.socket(family);
  CHECK(guest.call("sock_connect", fd, guest.address(text, size), server.port) == Errno::Success);
  CHECK(guest.call("sock_connect", fd, guest.address(text, 5), server.port) == Errno::Inval);
  CHECK(guest.call("sock_connect", fd, guest.address(text, size), 65536 + server.port) == Errno::Inval);
}

TEST_CASE("IPv6 does not smuggle IPv4 past a rule", "[wasi][net][sock_connect]") {
  Server server;
  SocketGuest guest(allowing({"[::]/0:*"}));
  const uint32_t fd = guest.socket(2);
  CHECK(guest.call("sock_connect", fd, guest.address("::ffff:127.0.0.1", 16), server.port) == Errno::Acces);
}

TEST_CASE("no local sockets, no raw sockets", "[wasi][net][sock_open]") {
  SocketGuest guest(allowing({"*:*"}, {"*:*"}));
  CHECK(guest.call("sock_open", 3, 2, kResult) == Errno::Afnosupport);
  CHECK(guest.call("sock_open", 0, 2, kResult) == Errno::Afnosupport);
  CHECK(guest.call("sock_open", 17, 2, kResult) == Errno::Afnosupport);
  CHECK(guest.call("sock_open", 1, 0, kResult) == Errno::Inval);
  CHECK(guest.call("sock_open", 1, 3, kResult) == Errno::Inval);
  const uint32_t fd = guest.socket();
  guest.set(kAddress, kAddressBytes);
  guest.set(kAddress + 4, 128u);
  for (const uint16_t family : {0, 3, 9}) {
    guest.set(kAddressBytes, family);
    CHECK(guest.call("sock_connect", fd, kAddress, 80) == Errno::Afnosupport);
    CHECK(guest.call("sock_bind", fd, kAddress, 80) == Errno::Afnosupport);
  }
}

TEST_CASE("a name in a rule stands for its addresses", "[wasi][net][sock_connect]") {
  Server server;
  SocketGuest guest(allowing({"localhost:" + std::to_string(server.port)}));
  const uint32_t fd = guest.socket();
  CHECK(guest.call("sock_connect", fd, guest.address("127.0.0.2"), server.port) == Errno::Acces);
  CHECK(guest.call("sock_connect", fd, guest.address("127.0.0.1"), server.port) == Errno::Success);
}

TEST_CASE("a server of the guest's own needs --allow-bind", "[wasi][net][sock_bind][sock_listen]") {
  SocketGuest guest(allowing({}, {"127.0.0.1:0"}));
  const uint32_t fd = guest.socket();
  CHECK(guest.call("sock_bind", fd, guest.address("0.0.0.0"), 0) == Errno::Acces);
  CHECK(guest.call("sock_bind", fd, guest.address("127.0.0.1"), 1) == Errno::Acces);
  // Listening on a socket that was not bound would mean any address.
  CHECK(guest.call("sock_listen", fd, 10) == Errno::Acces);
  REQUIRE(guest.call("sock_bind", fd, guest.address("127.0.0.1"), 0) == Errno::Success);
  REQUIRE(guest.call("sock_listen", fd, 10) == Errno::Success);
  REQUIRE(guest.call("sock_getlocaladdr_v1", fd, guest.address("::", 16), kResult, kResult2) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 4);
  CHECK(guest.get<uint32_t>(kAddressBytes) == htonl(INADDR_LOOPBACK));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(guest.get<uint32_t>(kResult2)));
  const OwnedFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  REQUIRE(guest.call("sock_accept_v1", fd, kResult) == Errno::Success);
  const auto accepted = guest.get<uint32_t>(kResult);
  REQUIRE(::send(client.get(), "abc", 3, 0) == 3);
  CHECK(guest.read_all(accepted) == "abc");
  REQUIRE(guest.call("sock_getpeeraddr_v2", accepted, guest.address("::", 128), kResult2) == Errno::Success);
  CHECK(guest.get<uint16_t>(kAddressBytes) == 1);
  CHECK(guest.get<uint32_t>(kAddressBytes + 2) == htonl(INADDR_LOOPBACK));
  CHECK(guest.get<uint32_t>(kResult2) != 0);
  CHECK(guest.call("sock_getpeeraddr_v2", fd, guest.address("::", 128), kResult2) == Errno::Notconn);
}

TEST_CASE("a socket that was never bound listens only where any address is granted", "[wasi][net][sock_listen]") {
  SocketGuest guest(allowing({}, {"0.0.0.0:0"}));
  const uint32_t fd = guest.socket();
  CHECK(guest.call("sock_listen", fd, 1) == Errno::Success);
}

TEST_CASE("datagrams go to and come from granted addresses", "[wasi][net][sock_send_to][sock_recv_from]") {
  Server server(SOCK_DGRAM), other(SOCK_DGRAM);
  SocketGuest guest(allowing({server.rule()}));
  const uint32_t fd = guest.socket(1, 1);
  CHECK(guest.call("sock_send_to", fd, guest.iovec("x"), 1, guest.address("127.0.0.1"), other.port, 0, kResult) == Errno::Acces);
  REQUIRE(guest.call("sock_send_to", fd, guest.iovec("ping"), 1, guest.address("127.0.0.1"), server.port, 0, kResult) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 4);
  char text[10];
  sockaddr_in from{};
  socklen_t size = sizeof(from);
  REQUIRE(::recvfrom(server.fd.get(), text, sizeof(text), 0, reinterpret_cast<sockaddr*>(&from), &size) == 4);
  REQUIRE(::sendto(server.fd.get(), "pong!", 5, 0, reinterpret_cast<sockaddr*>(&from), size) == 5);
  guest.iovec("........");
  guest.set<uint16_t>(kOption, 0);
  REQUIRE(guest.call("sock_recv_from_v2", fd, kIovecs, 1, guest.address("::", 128), 0, kOption, kResult, kResult2) == Errno::Success);
  CHECK(guest.text(kBuffer, guest.get<uint32_t>(kResult)) == "pong!");
  CHECK(guest.get<uint16_t>(kOption) == server.port);
  CHECK(guest.get<uint16_t>(kAddressBytes) == 1);
  CHECK(guest.get<uint32_t>(kAddressBytes + 2) == htonl(INADDR_LOOPBACK));
  REQUIRE(::sendto(server.fd.get(), "123456789", 9, 0, reinterpret_cast<sockaddr*>(&from), size) == 9);
  guest.iovec("....");
  REQUIRE(guest.call("sock_recv_from_v1", fd, kIovecs, 1, guest.address("0.0.0.0"), 0, kResult, kResult2) == Errno::Success);
  CHECK(guest.text(kBuffer, guest.get<uint32_t>(kResult)) == "1234");
  CHECK(guest.get<uint16_t>(kResult2) == 1);
  CHECK(guest.get<uint32_t>(kAddressBytes) == htonl(INADDR_LOOPBACK));
}

TEST_CASE("a connection that fails later tells its error once, after a poll too", "[wasi][net][poll_oneoff]") {
  uint16_t closed_port;
  {
    Server gone;
    closed_port = gone.port;
  }
  SocketGuest guest(allowing({"127.0.0.1:*"}));
  const bool polls_first = GENERATE(false, true);
  const uint32_t fd = guest.socket();
  REQUIRE(guest.call("fd_fdstat_set_flags", fd, fdflags::kNonblock) == Errno::Success);
  const Reply reply = guest.call("sock_connect", fd, guest.address("127.0.0.1"), closed_port);
  REQUIRE((reply == Errno::Inprogress || reply == Errno::Connrefused));
  if (!(reply == Errno::Inprogress)) return;  // the kernel was faster
  if (polls_first) {
    guest.set<uint8_t>(0x1008, 2);
    guest.set(0x1010, fd);
    REQUIRE(guest.call("poll_oneoff", 0x1000, 0x2000, 1, kResult) == Errno::Success);
    CHECK(static_cast<Errno>(guest.get<uint16_t>(0x2008)) == Errno::Connrefused);
  }
  guest.set(kResult2, 4u);
  REQUIRE(guest.call("sock_getsockopt", fd, 0, 2, kOption, kResult2) == Errno::Success);
  CHECK(static_cast<Errno>(guest.get<uint32_t>(kOption)) == Errno::Connrefused);
  REQUIRE(guest.call("sock_getsockopt", fd, 0, 2, kOption, kResult2) == Errno::Success);
  CHECK(guest.get<uint32_t>(kOption) == 0);
}

TEST_CASE("options of sockets are read and set", "[wasi][net][sock_getsockopt][sock_setsockopt]") {
  SocketGuest guest(allowing({"*:*"}));
  const uint32_t fd = guest.socket(1, 1);
  const auto get_option = [&](uint32_t name, uint32_t size) {
    guest.set(kResult2, size);
    return guest.call("sock_getsockopt", fd, 0, name, kOption, kResult2);
  };
  REQUIRE(get_option(1, 4) == Errno::Success);
  CHECK(guest.get<uint32_t>(kOption) == 1);
  for (const uint32_t name : {0, 3, 4, 7, 8}) {
    guest.set(kOption, 1u);
    REQUIRE(guest.call("sock_setsockopt", fd, 0, name, kOption, 4) == Errno::Success);
    REQUIRE(get_option(name, 4) == Errno::Success);
    CHECK(guest.get<uint32_t>(kOption) == 1);
  }
  guest.set<uint64_t>(kOption, 2);
  guest.set<uint64_t>(kOption + 8, 500'000);
  REQUIRE(guest.call("sock_setsockopt", fd, 0, 11, kOption, 16) == Errno::Success);
  guest.set<uint64_t>(kOption, 0);
  REQUIRE(get_option(11, 16) == Errno::Success);
  CHECK(guest.get<uint64_t>(kOption) == 2);
  CHECK(guest.get<uint32_t>(kResult2) == 16);
  CHECK(get_option(11, 8) == Errno::Inval);
  CHECK(guest.call("sock_setsockopt", fd, 0, 9, kOption, 4) == Errno::Inval);
  CHECK(guest.call("sock_setsockopt", fd, 0, 1, kOption, 4) == Errno::Noprotoopt);   // type
  CHECK(guest.call("sock_setsockopt", fd, 0, 13, kOption, 4) == Errno::Noprotoopt);  // listening
  CHECK(guest.call("sock_setsockopt", fd, 0, 14, kOption, 4) == Errno::Notsup);      // interface
  CHECK(guest.call("sock_setsockopt", fd, 0, 15, kOption, 4) == Errno::Noprotoopt);
  CHECK(guest.call("sock_setsockopt", fd, 1, 0, kOption, 4) == Errno::Noprotoopt);
  CHECK(get_option(14, 4) == Errno::Notsup);
}

TEST_CASE("a time limit on receiving is kept", "[wasi][net][sock_setsockopt]") {
  SocketGuest guest(allowing({}, {"127.0.0.1:0"}));
  const uint32_t fd = guest.socket(1, 1);
  REQUIRE(guest.call("sock_bind", fd, guest.address("127.0.0.1"), 0) == Errno::Success);
  guest.set<uint64_t>(kOption, 0);
  guest.set<uint64_t>(kOption + 8, 20'000);
  REQUIRE(guest.call("sock_setsockopt", fd, 0, 11, kOption, 16) == Errno::Success);
  guest.iovec("....");
  CHECK(guest.call("sock_recv", fd, kIovecs, 1, 0, kResult, kResult2) == Errno::Again);
}

TEST_CASE("names are looked up into the guest's list", "[wasi][net][sock_getaddrinfo]") {
  SocketGuest guest(allowing({}, {}, {"localhost"}));
  // Three results at 0x1000, 0x1100, 0x1200; the first has room for a name.
  const auto prepare = [&] {
    for (uint32_t i = 0; i < 3; ++i) {
      const uint32_t info = 0x1000 + 0x100 * i;
      GuestMemory(guest.memory()).clear(info, 0x100);
      guest.set(info + 12, info + 0x20);
      guest.set(info + 0x24, 26u);
      guest.set(info + 0x28, info + 0x40);
      guest.set(info + 16, info + 0x60);
      guest.set(info + 20, 30u);
      guest.set(info + 24, i < 2 ? info + 0x100 : 0u);
    }
    guest.set(kResult, 0x1000u);
    GuestMemory(guest.memory()).clear(kOption, 28);
    guest.set<uint8_t>(kOption + 2, 1);  // IPv4
    guest.set<uint8_t>(kOption + 3, 2);  // streams
  };
  prepare();
  REQUIRE(guest.call("sock_getaddrinfo", "localhost", std::string_view("8080\0", 5), kOption, kResult, 3, kResult2) == Errno::Success);
  REQUIRE(guest.get<uint32_t>(kResult2) == 1);
  CHECK(guest.get<uint8_t>(0x1002) == 1);
  CHECK(guest.get<uint8_t>(0x1003) == 2);
  CHECK(guest.get<uint8_t>(0x1004) == 1);
  CHECK(guest.get<uint32_t>(0x1008) == 16);
  CHECK(guest.get<uint8_t>(0x1020) == 1);
  CHECK(guest.get<uint32_t>(0x1024) == 14);
  CHECK(guest.get<uint16_t>(0x1040) == htons(8080));
  CHECK(guest.get<uint32_t>(0x1042) == htonl(INADDR_LOOPBACK));
  // A number needs no look-up and no permission.
  prepare();
  guest.set<uint8_t>(kOption + 2, 2);
  REQUIRE(guest.call("sock_getaddrinfo", "::1", "80", kOption, kResult, 3, kResult2) == Errno::Success);
  CHECK(guest.get<uint32_t>(0x1008) == 28);
  CHECK(guest.get<uint8_t>(0x1046 + 15) == 1);
  prepare();
  CHECK(guest.call("sock_getaddrinfo", "other.invalid", "80", kOption, kResult, 3, kResult2) == Errno::Acces);
  CHECK(guest.wasi().network_refusal() == "looking up 'other.invalid' was refused: --allow-resolve other.invalid would allow it");
  CHECK(guest.call("sock_getaddrinfo", "localhost", "80", kOption, kResult, 0, kResult2) == Errno::Inval);
  guest.set<uint8_t>(kOption + 2, 7);
  CHECK(guest.call("sock_getaddrinfo", "localhost", "80", kOption, kResult, 3, kResult2) == Errno::Afnosupport);
}

TEST_CASE("a list of results that leaves the memory traps, one that never ends does not", "[wasi][net][sock_getaddrinfo][attack][attack34][attack35]") {
  SocketGuest guest(allowing({}, {}, {"*"}));
  guest.set(kResult, 0xfffffff0u);
  CHECK_FALSE(guest.call("sock_getaddrinfo", "127.0.0.1", "80", 0, kResult, 1, kResult2).trap.empty());
  guest.set(kResult, 0x1000u);
  GuestMemory(guest.memory()).clear(0x1000, 0x100);
  guest.set(0x1000 + 12, 0x1020u);
  guest.set(0x1000 + 24, 0x1000u);  // itself
  CHECK(guest.call("sock_getaddrinfo", "127.0.0.1", "80", 0, kResult, 0xffffffff, kResult2) == Errno::Success);
  guest.set(0x1024, 0xffffffffu);
  guest.set(0x1028, 0x1040u);
  CHECK_FALSE(guest.call("sock_getaddrinfo", "127.0.0.1", "80", 0, kResult, 1, kResult2).trap.empty());
}

TEST_CASE("pointers of the socket functions are checked before anything happens", "[wasi][net][attack][attack34]") {
  SocketGuest guest(allowing({"*:*"}, {"*:*"}, {"*"}));
  const uint32_t end = static_cast<uint32_t>(guest.memory().size());
  const size_t open_before = guest.state().fds.size();
  CHECK_FALSE(guest.call("sock_open", 1, 2, end - 3).trap.empty());
  CHECK(guest.state().fds.size() == open_before);
  const uint32_t fd = guest.socket();
  for (const uint32_t bad : {end - 7, end, 0xfffffffcu}) {
    CHECK_FALSE(guest.call("sock_connect", fd, bad, 80).trap.empty());
    CHECK_FALSE(guest.call("sock_bind", fd, bad, 80).trap.empty());
    CHECK_FALSE(guest.call("sock_getlocaladdr_v2", fd, bad, kResult).trap.empty());
    CHECK_FALSE(guest.call("sock_getsockopt", fd, 0, 1, kOption, end - 3).trap.empty());
    CHECK_FALSE(guest.call("sock_send_to", fd, kIovecs, 1, bad, 80, 0, kResult).trap.empty());
  }
  guest.set(kAddress, end - 2);
  guest.set(kAddress + 4, 4u);
  CHECK_FALSE(guest.call("sock_connect", fd, kAddress, 80).trap.empty());
  guest.set(kAddress + 4, 0xffffffffu);
  CHECK_FALSE(guest.call("sock_recv_from_v1", fd, kIovecs, 1, kAddress, 0, kResult, kResult2).trap.empty());
}

TEST_CASE("socket functions check number and kind", "[wasi][net]") {
  TempTree tree;
  WasiOptions options = Guest::options_for(tree);
  options.allow_connect = {"*:*"};
  SocketGuest guest(std::move(options));
  for (const auto& [fd, error] : {std::pair{kRoot, Errno::Notsock}, std::pair{99u, Errno::Badf}}) {
    CHECK(guest.call("sock_connect", fd, guest.address("127.0.0.1"), 80) == error);
    CHECK(guest.call("sock_bind", fd, guest.address("127.0.0.1"), 80) == error);
    CHECK(guest.call("sock_listen", fd, 1) == error);
    CHECK(guest.call("sock_getpeeraddr_v2", fd, guest.address("::", 128), kResult2) == error);
    guest.set(kResult2, 4u);
    CHECK(guest.call("sock_getsockopt", fd, 0, 1, kOption, kResult2) == error);
    CHECK(guest.call("sock_setsockopt", fd, 0, 0, kOption, 4) == error);
  }
}

}  // namespace wasmrun::wasi
