// WasmEdge's sock_open, sock_bind, sock_listen, sock_connect, sock_send_to, sock_recv_from, sock_getlocaladdr, sock_getpeeraddr:
// TCP and UDP over IPv4 and IPv6, each address asked of NetAccess before the kernel sees it.
#include <poll.h>

#include <cerrno>

#include "wasi/net_access.h"
#include "wasi/sharing.h"
#include "wasi/sock_address.h"

namespace wasmrun::wasi {

namespace {

enum SocketType : uint32_t { kAny, kDatagram, kStream };

/// After EINTR the kernel goes on connecting.
Errno finish_connecting(Call& call, int socket) {
  if (const Errno error = wait_until_ready(call, socket, POLLOUT); error != Errno::Success) return error;
  int problem = 0;
  socklen_t size = sizeof(problem);
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) return from_host(errno);
  return from_host(problem);
}

using GetName = int (*)(int, sockaddr*, socklen_t*);

Errno name_of(Call& call, I32 fd, GetName get_name, sockaddr_storage* host) {
  Descriptor* socket;
  if (const Errno error = find_socket(call, fd, 0, &socket); error != Errno::Success) return error;
  socklen_t size = sizeof(*host);
  *host = {};
  return get_name(socket->host, reinterpret_cast<sockaddr*>(host), &size) == 0 ? Errno::Success : from_host(errno);
}

/// `address_type` 0: the second signature, which has a buffer with room for a family.
Errno write_name(Call& call, I32 fd, GetName get_name, I32 address, const I32* address_type, I32 port) {
  AddressBuffer buffer;
  if (!call.in_bounds(port, 4, "port") || (address_type && !call.in_bounds(*address_type, 4, "address_type")) ||
      !buffer.read(call, address)) {
    return Errno::Fault;
  }
  sockaddr_storage host;
  if (const Errno error = name_of(call, fd, get_name, &host); error != Errno::Success) return error;
  if (const Errno error = buffer.put(call, host); error != Errno::Success) return error;
  // Not the numbers of families: programs of the first signature were built against these.
  if (address_type) call.memory.write<uint32_t>(*address_type, host.ss_family == AF_INET ? 4 : 6);
  call.memory.write<uint32_t>(port, port_of(host));
  return Errno::Success;
}

Errno receive_from(Call& call, I32 fd, I32 ri_data, I32 ri_data_len, I32 address, I32 ri_flags, const I32* port,
                   I32 ro_datalen, I32 ro_flags) {
  int vectors;
  AddressBuffer buffer;
  if (!call.in_bounds(ro_datalen, 4, "ro_datalen") || !call.in_bounds(ro_flags, 2, "ro_flags") ||
      (port && !call.in_bounds(*port, 2, "port")) || !buffer.read(call, address) ||
      !gather_iovecs(call, ri_data, ri_data_len, &vectors)) {
    return Errno::Fault;
  }
  Descriptor* socket;
  if (const Errno error = find_socket(call, fd, rights::kFdRead, &socket); error != Errno::Success) return error;
  sockaddr_storage host{};
  msghdr message{};
  message.msg_name = &host;
  message.msg_namelen = sizeof(host);
  uint32_t count;
  if (const Errno error = receive(call, *socket, vectors, ri_flags, &message, &count); error != Errno::Success) return error;
  // Streams have no sender; that of a datagram is told where it fits.
  if (message.msg_namelen != 0) buffer.put(call, host);
  if (port) call.memory.write<uint16_t>(*port, message.msg_namelen == 0 ? uint16_t{0} : port_of(host));
  call.memory.write(ro_datalen, count);
  call.memory.write(ro_flags, message.msg_flags & MSG_TRUNC ? riflags::kDataTruncated : uint16_t{0});
  return Errno::Success;
}

}  // namespace

Errno sock_open(Call& call, I32 family, I32 type, I32 opened_fd) {
  if (!call.in_bounds(opened_fd, 4, "opened_fd")) return Errno::Fault;
  if (const Errno error = call.state.net.require_enabled(); error != Errno::Success) return error;
  // No local sockets: their names are paths of the host.
  if (family != 1 && family != 2) return Errno::Afnosupport;
  if (type != kDatagram && type != kStream) return Errno::Inval;
  Descriptor socket;
  socket.host = ::socket(family == 1 ? AF_INET : AF_INET6, (type == kStream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  if (socket.host < 0) return from_host(errno);
  socket.type = type == kStream ? FileType::SocketStream : FileType::SocketDatagram;
  socket.readable = socket.writable = true;
  socket.rights_base = rights_of(socket);
  uint32_t number;
  if (const Errno error = call.state.fds.insert(std::move(socket), &number); error != Errno::Success) return error;
  call.memory.write(opened_fd, number);
  return Errno::Success;
}

Errno sock_bind(Call& call, I32 fd, I32 address, I32 port) {
  AddressBuffer buffer;
  if (!buffer.read(call, address)) return Errno::Fault;
  sockaddr_storage host;
  socklen_t size;
  if (const Errno error = buffer.get(call, port, &host, &size); error != Errno::Success) return error;
  Descriptor* socket;
  if (const Errno error = find_socket(call, fd, 0, &socket); error != Errno::Success) return error;
  if (const Errno error = call.state.net.may_bind(call, host); error != Errno::Success) return error;
  if (::bind(socket->host, reinterpret_cast<const sockaddr*>(&host), size) != 0) return from_host(errno);
  socket->may_listen = true;
  return Errno::Success;
}

Errno sock_listen(Call& call, I32 fd, I32 backlog) {
  Descriptor* socket;
  if (const Errno error = find_socket(call, fd, 0, &socket); error != Errno::Success) return error;
  if (!socket->may_listen && !socket->is_listener) {
    // The kernel would choose a port on every address of the machine.
    sockaddr_storage any{};
    socklen_t size = sizeof(any);
    if (::getsockname(socket->host, reinterpret_cast<sockaddr*>(&any), &size) != 0) return from_host(errno);
    if (const Errno error = call.state.net.may_bind(call, any); error != Errno::Success) return error;
  }
  if (::listen(socket->host, backlog > SOMAXCONN ? SOMAXCONN : static_cast<int>(backlog)) != 0) return from_host(errno);
  socket->is_listener = true;
  socket->rights_base |= rights::kSockAccept;
  return Errno::Success;
}

Errno sock_connect(Call& call, I32 fd, I32 address, I32 port) {
  AddressBuffer buffer;
  if (!buffer.read(call, address)) return Errno::Fault;
  sockaddr_storage host;
  socklen_t size;
  if (const Errno error = buffer.get(call, port, &host, &size); error != Errno::Success) return error;
  Descriptor* socket;
  if (const Errno error = find_socket(call, fd, 0, &socket); error != Errno::Success) return error;
  if (const Errno error = call.state.net.may_connect(call, host); error != Errno::Success) return error;
  socket->pending_error = Errno::Success;
  const Waiting waiting(call.state, *socket);
  if (::connect(waiting.host(), reinterpret_cast<const sockaddr*>(&host), size) == 0) return Errno::Success;
  if (errno != EINTR) return from_host(errno);
  return call.interrupted() ? Errno::Intr : finish_connecting(call, waiting.host());
}

Errno sock_accept_v1(Call& call, I32 fd, I32 accepted_fd) {
  return sock_accept(call, fd, 0, accepted_fd);
}

Errno sock_recv_from_v1(Call& call, I32 fd, I32 ri_data, I32 ri_data_len, I32 address, I32 ri_flags, I32 ro_datalen,
                        I32 ro_flags) {
  return receive_from(call, fd, ri_data, ri_data_len, address, ri_flags, nullptr, ro_datalen, ro_flags);
}

Errno sock_recv_from_v2(Call& call, I32 fd, I32 ri_data, I32 ri_data_len, I32 address, I32 ri_flags, I32 port,
                        I32 ro_datalen, I32 ro_flags) {
  return receive_from(call, fd, ri_data, ri_data_len, address, ri_flags, &port, ro_datalen, ro_flags);
}

Errno sock_send_to(Call& call, I32 fd, I32 si_data, I32 si_data_len, I32 address, I32 port, I32 si_flags, I32 so_datalen) {
  int vectors;
  AddressBuffer buffer;
  if (!call.in_bounds(so_datalen, 4, "so_datalen") || !buffer.read(call, address)) return Errno::Fault;
  sockaddr_storage host;
  socklen_t size;
  if (const Errno error = buffer.get(call, port, &host, &size); error != Errno::Success) return error;
  Descriptor* socket;
  if (const Errno error = find_socket(call, fd, rights::kFdWrite, &socket); error != Errno::Success) return error;
  if (const Errno error = call.state.net.may_connect(call, host); error != Errno::Success) return error;
  if (!gather_iovecs(call, si_data, si_data_len, &vectors)) return Errno::Fault;
  msghdr message{};
  message.msg_name = &host;
  message.msg_namelen = size;
  uint32_t count;
  if (const Errno error = send(call, *socket, vectors, si_flags, &message, &count); error != Errno::Success) return error;
  call.memory.write(so_datalen, count);
  return Errno::Success;
}

Errno sock_getlocaladdr_v1(Call& call, I32 fd, I32 address, I32 address_type, I32 port) {
  return write_name(call, fd, ::getsockname, address, &address_type, port);
}

Errno sock_getlocaladdr_v2(Call& call, I32 fd, I32 address, I32 port) {
  return write_name(call, fd, ::getsockname, address, nullptr, port);
}

Errno sock_getpeeraddr_v1(Call& call, I32 fd, I32 address, I32 address_type, I32 port) {
  return write_name(call, fd, ::getpeername, address, &address_type, port);
}

Errno sock_getpeeraddr_v2(Call& call, I32 fd, I32 address, I32 port) {
  return write_name(call, fd, ::getpeername, address, nullptr, port);
}

}  // namespace wasmrun::wasi
