// Listening sockets that the program is given: made by --tcplisten, or handed over by a service manager. Plain calls: libuv's
// listening handles accept connections themselves, and its name look-up wants a loop where one synchronous answer at the start
// is enough.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "wasi/net_lookup.h"
#include "wasi/preopens.h"

namespace wasmrun::wasi {

namespace {

constexpr std::string_view kUnix = "unix:";
/// The first descriptor that a service manager hands over. sd_listen_fds(3)
constexpr int kFirstInherited = 3;

Error listen_error(const std::string& address, const std::string& what) {
  return {ErrorKind::Io, "--tcplisten: cannot listen on '" + address + "': " + what};
}

std::string print_address(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return {};
  char host[INET6_ADDRSTRLEN] = "";
  switch (bound.ss_family) {
    case AF_INET6: {
      const auto& v6 = reinterpret_cast<const sockaddr_in6&>(bound);
      ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof(host));
      return "[" + std::string(host) + "]:" + std::to_string(ntohs(v6.sin6_port));
    }
    case AF_INET: {
      const auto& v4 = reinterpret_cast<const sockaddr_in&>(bound);
      ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof(host));
      return std::string(host) + ":" + std::to_string(ntohs(v4.sin_port));
    }
    case AF_UNIX: {
      const auto& local = reinterpret_cast<const sockaddr_un&>(bound);
      const size_t length = size - offsetof(sockaddr_un, sun_path);
      return std::string(kUnix) + std::string(local.sun_path, ::strnlen(local.sun_path, length));
    }
  }
  return {};
}

/// Whether a program still has the socket of the file. Asked with a datagram socket, which a listener refuses as of the wrong type:
/// a connection would disturb the program.
bool is_in_use(const sockaddr_un& address) {
  const OwnedFd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 || errno != ECONNREFUSED;
}

Result<OwnedFd> listen_on_unix(const std::string& address) {
  const std::string path = address.substr(kUnix.size());
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (path.empty()) return listen_error(address, "expected unix:PATH");
  if (path.size() >= sizeof(local.sun_path)) {
    return listen_error(address, "the path is longer than " + std::to_string(sizeof(local.sun_path) - 1) + " bytes");
  }
  std::memcpy(local.sun_path, path.data(), path.size());
  OwnedFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return listen_error(address, std::strerror(errno));
  const auto* name = reinterpret_cast<const sockaddr*>(&local);
  int problem = ::bind(fd.get(), name, sizeof(local)) == 0 ? 0 : errno;
  struct stat status;
  // Programs leave their socket files behind. One that nobody listens on any more is replaced; any other file stays.
  if (problem == EADDRINUSE && ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && !is_in_use(local)) {
    ::unlink(path.c_str());
    problem = ::bind(fd.get(), name, sizeof(local)) == 0 ? 0 : errno;
  }
  if (problem == 0 && ::listen(fd.get(), SOMAXCONN) != 0) problem = errno;
  if (problem != 0) return listen_error(address, std::strerror(problem));
  return fd;
}

Result<OwnedFd> listen_on(const std::string& address) {
  if (address.starts_with(kUnix)) return listen_on_unix(address);
  const size_t colon = address.rfind(':');
  if (colon == address.npos) return listen_error(address, "expected HOST:PORT or unix:PATH");
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return listen_error(address, "put an IPv6 address in brackets: [" + host + "]:" + port);
  }
  uint16_t number = 0;
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (port.empty() || problem != std::errc() || end != port.data() + port.size()) {
    return listen_error(address, "the port is no number from 0 to 65535");
  }

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  choose_name_services();
  const int failure = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (failure != 0) return listen_error(address, ::gai_strerror(failure));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);

  // Of a name that has several addresses, the first that this machine has.
  int problem_number = 0;
  for (const addrinfo* candidate = found; candidate; candidate = candidate->ai_next) {
    OwnedFd fd(::socket(candidate->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (fd.valid() && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        ::bind(fd.get(), candidate->ai_addr, candidate->ai_addrlen) == 0 && ::listen(fd.get(), SOMAXCONN) == 0) {
      return fd;
    }
    if (problem_number == 0) problem_number = errno;
  }
  return listen_error(address, std::strerror(problem_number));
}

/// A listener does not wait, and says so: Go's and .NET's servers ask for its flags instead of setting them, and a guest that waited in
/// an accept could do nothing else. One that wants to takes the flag off.
void add_listener(State& state, OwnedFd fd, bool is_inherited) {
  // Of an inherited one too: another process may accept the connection that a poll has seen.
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  Descriptor listener;
  listener.host = fd.release();
  listener.type = FileType::SocketStream;
  listener.is_listener = true;
  listener.is_inherited = is_inherited;
  listener.readable = listener.writable = true;
  listener.flags = fdflags::kNonblock;
  listener.rights_base = rights_of(listener);
  state.fds.insert_at(static_cast<uint32_t>(std::max(state.fds.size(), size_t{3})), std::move(listener));
}

/// A server of thousands of connections needs as many descriptors; the usual soft limit of 1024 is for programs that use select.
void raise_descriptor_limit() {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// A variable that holds nothing but digits.
bool read_number(const char* name, long* number) {
  const char* text = ::getenv(name);
  if (!text) return false;
  const char* end = text + std::strlen(text);
  const auto [stop, problem] = std::from_chars(text, end, *number);
  return text != end && problem == std::errc() && stop == end;
}

bool is_listening_stream(int fd) {
  const auto option = [&](int name) {
    int value = 0;
    socklen_t size = sizeof(value);
    return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
  };
  return option(SO_TYPE) == SOCK_STREAM && option(SO_ACCEPTCONN) == 1;
}

}  // namespace

std::vector<int> inherited_listeners() {
  long process = 0, count = 0;
  if (!read_number("LISTEN_PID", &process) || process != ::getpid() || !read_number("LISTEN_FDS", &count)) return {};
  std::vector<int> found;
  for (int fd = kFirstInherited; fd - kFirstInherited < count && ::fcntl(fd, F_GETFD) >= 0; ++fd) found.push_back(fd);
  return found;
}

Result<void> add_listeners(State& state, std::span<const std::string> addresses, std::span<const int> inherited) {
  if (!addresses.empty() || !inherited.empty()) raise_descriptor_limit();
  for (const std::string& address : addresses) {
    OwnedFd fd = TRY(listen_on(address));
    state.listener_addresses.push_back(print_address(fd.get()));
    add_listener(state, std::move(fd), false);
  }
  for (const int host : inherited) {
    if (!is_listening_stream(host)) {
      return Error{ErrorKind::Io, "LISTEN_FDS: descriptor " + std::to_string(host) + " is no listening stream socket"};
    }
    ::fcntl(host, F_SETFD, FD_CLOEXEC);
    state.listener_addresses.push_back(print_address(host));
    add_listener(state, OwnedFd(host), true);
  }
  return {};
}

}  // namespace wasmrun::wasi
