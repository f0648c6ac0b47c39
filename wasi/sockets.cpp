// sock_accept, sock_recv, sock_send, sock_shutdown, on the kernel's sockets: uv_listen would accept connections on its
// own.
#include <poll.h>
#include <sys/socket.h>

#include "wasi/sharing.h"
#include "wasi/sock_address.h"

namespace wasmrun::wasi {

namespace {

/// Repeats `transfer` until it ends in a count or an error for the guest. As fd_io.cpp does for streams.
template <class Transfer>
Errno complete(Call& call, Descriptor& socket, short events, ssize_t* count, Transfer transfer) {
  const bool has_error = socket.pending_error != Errno::Success;
  if (has_error && events == POLLOUT) return take_pending_error(socket);
  // Others set O_NONBLOCK on the socket, not the guest. On its own sockets EAGAIN is a time limit that it set.
  const bool waits_itself = socket.is_inherited && !(socket.flags & fdflags::kNonblock);
  {
    const Waiting waiting(call.state, socket);
    while ((*count = transfer(waiting.host())) < 0) {
      if (errno == EINTR) {
        if (call.interrupted()) return Errno::Intr;
      } else if (errno == EAGAIN && waits_itself) {
        if (const Errno error = wait_until_ready(call, waiting.host(), events); error != Errno::Success) return error;
      } else {
        return from_host(errno);
      }
    }
  }
  return *count == 0 && has_error ? take_pending_error(socket) : Errno::Success;
}

/// Linux tells an accepting program what happened to the network of the connection that was first in the queue. The next one
/// may be well. spec: accept(2), "Error handling"
bool is_of_lost_peer(Errno error) {
  switch (error) {
    case Errno::Connaborted:
    case Errno::Connreset:
    case Errno::Netdown:
    case Errno::Proto:
    case Errno::Noprotoopt:
    case Errno::Hostunreach:
    case Errno::Netunreach: return true;
    default: return false;
  }
}

}  // namespace

Errno find_socket(Call& call, I32 fd, uint64_t right, Descriptor** found) {
  *found = call.state.fds.find(fd);
  if (!*found) return Errno::Badf;
  if (!(*found)->is_socket()) return Errno::Notsock;
  return has_dropped(**found, right) ? Errno::Notcapable : Errno::Success;
}

Errno receive(Call& call, Descriptor& socket, int vectors, I32 ri_flags, msghdr* message, uint32_t* count) {
  if (ri_flags & ~(riflags::kPeek | riflags::kWaitall)) return Errno::Notsup;
  int host_flags = socket.flags & fdflags::kNonblock ? MSG_DONTWAIT : 0;
  if (ri_flags & riflags::kPeek) host_flags |= MSG_PEEK;
  if (ri_flags & riflags::kWaitall) host_flags |= MSG_WAITALL;
  message->msg_iov = call.thread.iovecs;
  message->msg_iovlen = static_cast<size_t>(vectors);
  ssize_t received = 0;
  const Errno error =
      complete(call, socket, POLLIN, &received, [&](int host) { return ::recvmsg(host, message, host_flags); });
  *count = static_cast<uint32_t>(received);
  return error;
}

Errno send(Call& call, Descriptor& socket, int vectors, I32 si_flags, msghdr* message, uint32_t* count) {
  if (si_flags != 0) return Errno::Inval;
  const int host_flags = MSG_NOSIGNAL | (socket.flags & fdflags::kNonblock ? MSG_DONTWAIT : 0);
  limit_output(call, &vectors);
  message->msg_iov = call.thread.iovecs;
  message->msg_iovlen = static_cast<size_t>(vectors);
  ssize_t sent = 0;
  const Errno error = complete(call, socket, POLLOUT, &sent, [&](int host) { return ::sendmsg(host, message, host_flags); });
  if (error == Errno::Success) spend_output(call, static_cast<uint64_t>(sent));
  *count = static_cast<uint32_t>(sent);
  return error;
}

Errno sock_accept(Call& call, I32 fd, I32 flags, I32 accepted_fd) {
  if (!call.in_bounds(accepted_fd, 4, "accepted_fd")) return Errno::Fault;
  if (flags & ~uint32_t{fdflags::kNonblock}) return Errno::Inval;
  ssize_t host;
  do {
    Descriptor* listener;
    if (const Errno error = find_socket(call, fd, rights::kSockAccept, &listener); error != Errno::Success) return error;
    if (call.state.fds.is_full()) return Errno::Mfile;  // the connection stays in the queue
    // A listener handed over as standard input has the flags that its giver chose.
    if (listener->is_standard_stream() && (listener->flags & fdflags::kNonblock) && !is_ready(listener->host, POLLIN)) {
      return Errno::Again;
    }
    const int host_flags = SOCK_CLOEXEC | (flags & fdflags::kNonblock ? SOCK_NONBLOCK : 0);
    const Errno error = complete(call, *listener, POLLIN, &host,
                                 [&](int number) { return ssize_t{::accept4(number, nullptr, nullptr, host_flags)}; });
    // A peer that has gone again is not the guest's concern.
    if (is_of_lost_peer(error)) continue;
    if (error != Errno::Success) return error;
  } while (host < 0);

  Descriptor accepted;
  accepted.host = static_cast<int>(host);
  accepted.type = FileType::SocketStream;
  accepted.readable = accepted.writable = true;
  accepted.flags = static_cast<uint16_t>(flags);
  accepted.rights_base = rights_of(accepted);
  uint32_t number;
  if (const Errno error = call.state.fds.insert(std::move(accepted), &number); error != Errno::Success) return error;
  call.memory.write(accepted_fd, number);
  return Errno::Success;
}

Errno sock_recv(Call& call, I32 fd, I32 ri_data, I32 ri_data_len, I32 ri_flags, I32 ro_datalen, I32 ro_flags) {
  int vectors;
  if (!call.in_bounds(ro_datalen, 4, "ro_datalen") || !call.in_bounds(ro_flags, 2, "ro_flags") ||
      !gather_iovecs(call, ri_data, ri_data_len, &vectors)) {
    return Errno::Fault;
  }
  Descriptor* socket;
  if (const Errno error = find_socket(call, fd, rights::kFdRead, &socket); error != Errno::Success) return error;
  msghdr message{};
  uint32_t count;
  if (const Errno error = receive(call, *socket, vectors, ri_flags, &message, &count); error != Errno::Success) return error;
  call.memory.write(ro_datalen, count);
  call.memory.write(ro_flags, message.msg_flags & MSG_TRUNC ? riflags::kDataTruncated : uint16_t{0});
  return Errno::Success;
}

Errno sock_send(Call& call, I32 fd, I32 si_data, I32 si_data_len, I32 si_flags, I32 so_datalen) {
  int vectors;
  if (!call.in_bounds(so_datalen, 4, "so_datalen") || !gather_iovecs(call, si_data, si_data_len, &vectors)) {
    return Errno::Fault;
  }
  Descriptor* socket;
  if (const Errno error = find_socket(call, fd, rights::kFdWrite, &socket); error != Errno::Success) return error;
  msghdr message{};
  uint32_t count;
  if (const Errno error = send(call, *socket, vectors, si_flags, &message, &count); error != Errno::Success) return error;
  call.memory.write(so_datalen, count);
  return Errno::Success;
}

Errno sock_shutdown(Call& call, I32 fd, I32 how) {
  Descriptor* socket;
  if (const Errno error = find_socket(call, fd, rights::kSockShutdown, &socket); error != Errno::Success) return error;
  int host_how;
  switch (how) {
    case sdflags::kRead: host_how = SHUT_RD; break;
    case sdflags::kWrite: host_how = SHUT_WR; break;
    case sdflags::kRead | sdflags::kWrite: host_how = SHUT_RDWR; break;
    default: return Errno::Inval;
  }
  return ::shutdown(socket->host, host_how) == 0 ? Errno::Success : from_host(errno);
}

}  // namespace wasmrun::wasi
