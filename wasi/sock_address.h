// Socket addresses as WasmEdge's functions pass them: {buffer, length}, where the length says what the buffer holds.
// And what all socket calls begin with. Visible: AddressBuffer, port_of, find_socket, receive, send.
#pragma once

#include <sys/socket.h>

#include "wasi/fd_access.h"

namespace wasmrun::wasi {

/// Errors: Badf, Notsock, Notcapable.
Errno find_socket(Call& call, I32 fd, uint64_t right, Descriptor** found);
/// recvmsg and sendmsg with the host vectors that were gathered; flags as sock_recv and sock_send have them.
Errno receive(Call& call, Descriptor& socket, int vectors, I32 ri_flags, msghdr* message, uint32_t* count);
Errno send(Call& call, Descriptor& socket, int vectors, I32 si_flags, msghdr* message, uint32_t* count);

/// 4 bytes hold an IPv4 address, 16 an IPv6 address, 128 a family (u16) and an address. Ports travel apart.
struct AddressBuffer {
  uint32_t pointer = 0;
  uint32_t size = 0;

  /// Reads the pair at `address`. False: the call traps.
  bool read(Call& call, I32 address);
  /// The address in the buffer with `port`. Errors: Inval, Afnosupport (local sockets and unknown families).
  Errno get(Call& call, I32 port, sockaddr_storage* host, socklen_t* host_size) const;
  /// Fills the buffer. An IPv4 address may stand in 16 bytes. Errors: Inval when it does not fit.
  Errno put(Call& call, const sockaddr_storage& host) const;
};

/// The port of an address; 0 where it has none.
uint16_t port_of(const sockaddr_storage& host);

}  // namespace wasmrun::wasi
