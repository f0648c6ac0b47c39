// Listening sockets that the program is given. Plain calls: libuv's listening handles accept connections themselves,
// and its name look-up wants a loop where one synchronous answer at the start is enough.
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "wasi/preopens.h"

namespace wasmrun::wasi {

namespace {

Error listen_error(const std::string& address, const std::string& what) {
  return {ErrorKind::Io, "--tcplisten: cannot listen on '" + address + "': " + what};
}

std::string print_address(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return {};
  char host[INET6_ADDRSTRLEN] = "";
  if (bound.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(bound);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
    return "[" + std::string(host) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(bound);
  ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
  return std::string(host) + ":" + std::to_string(ntohs(v4.sin_port));
}

Result<OwnedFd> listen_on(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == address.npos) return listen_error(address, "expected HOST:PORT");
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (failure != 0) return listen_error(address, ::gai_strerror(failure));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);

  OwnedFd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!fd.valid() || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) {
    return listen_error(address, std::strerror(errno));
  }
  return fd;
}

}  // namespace

Result<void> add_listeners(State& state, std::span<const std::string> addresses) {
  for (const std::string& address : addresses) {
    OwnedFd fd = TRY(listen_on(address));
    state.listener_addresses.push_back(print_address(fd.get()));
    Descriptor listener;
    listener.host = fd.release();
    listener.type = FileType::SocketStream;
    listener.is_listener = true;
    listener.readable = listener.writable = true;
    listener.rights_base = rights_of(listener);
    state.fds.insert_at(static_cast<uint32_t>(std::max(state.fds.size(), size_t{3})), std::move(listener));
  }
  return {};
}

}  // namespace wasmrun::wasi
