// See sock_address.h.
#include "wasi/sock_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace wasmrun::wasi {

namespace {
constexpr uint32_t kV4Size = 4, kV6Size = 16, kStorageSize = 128;
constexpr uint16_t kFamilyV4 = 1, kFamilyV6 = 2;
}  // namespace

bool AddressBuffer::read(Call& call, I32 address) {
  if (!call.in_bounds(address, 8, "address")) return false;
  pointer = call.memory.read<uint32_t>(address);
  size = call.memory.read<uint32_t>(address + 4);
  return call.in_bounds(pointer, size, "address buffer");
}

Errno AddressBuffer::get(Call& call, I32 port, sockaddr_storage* host, socklen_t* host_size) const {
  uint32_t at = pointer;
  uint16_t family;
  switch (size) {
    case kV4Size: family = kFamilyV4; break;
    case kV6Size: family = kFamilyV6; break;
    case kStorageSize:
      family = call.memory.read<uint16_t>(at);
      at += 2;
      break;
    default: return Errno::Inval;
  }
  if (port > UINT16_MAX) return Errno::Inval;
  *host = {};
  if (family == kFamilyV4) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(*host);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<uint16_t>(port));
    std::memcpy(&v4.sin_addr, call.memory.at(at), 4);
    *host_size = sizeof(v4);
    return Errno::Success;
  }
  if (family != kFamilyV6) return Errno::Afnosupport;
  auto& v6 = reinterpret_cast<sockaddr_in6&>(*host);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(static_cast<uint16_t>(port));
  std::memcpy(&v6.sin6_addr, call.memory.at(at), 16);
  *host_size = sizeof(v6);
  return Errno::Success;
}

Errno AddressBuffer::put(Call& call, const sockaddr_storage& host) const {
  const bool is_v4 = host.ss_family == AF_INET;
  if (!is_v4 && host.ss_family != AF_INET6) return Errno::Afnosupport;
  if (size != kV4Size && size != kV6Size && size != kStorageSize) return Errno::Inval;
  if (size == kV4Size && !is_v4) return Errno::Inval;
  call.memory.clear(pointer, size);
  uint32_t at = pointer;
  if (size == kStorageSize) {
    call.memory.write(at, is_v4 ? kFamilyV4 : kFamilyV6);
    at += 2;
  }
  if (is_v4) {
    std::memcpy(call.memory.at(at), &reinterpret_cast<const sockaddr_in&>(host).sin_addr, 4);
  } else {
    std::memcpy(call.memory.at(at), &reinterpret_cast<const sockaddr_in6&>(host).sin6_addr, 16);
  }
  return Errno::Success;
}

uint16_t port_of(const sockaddr_storage& host) {
  switch (host.ss_family) {
    case AF_INET: return ntohs(reinterpret_cast<const sockaddr_in&>(host).sin_port);
    case AF_INET6: return ntohs(reinterpret_cast<const sockaddr_in6&>(host).sin6_port);
    default: return 0;
  }
}

}  // namespace wasmrun::wasi
