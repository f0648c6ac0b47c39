// WasmEdge's sock_getaddrinfo. The guest has prepared a list of results; it is filled as far as it goes.
//
//     *res ─► addrinfo 28 { flags u16@0, family u8@2, socktype u8@3, protocol u8@4, addrlen@8, addr@12, canonname@16,
//             canonname_len@20, next@24 }, addr ─► sockaddr 12 { family u8@0, data_len@4, data@8 }, data ─► port (big
//             endian) and address, as behind the family of a host's sockaddr
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "wasi/net_access.h"
#include "wasi/state.h"

namespace wasmrun::wasi {

namespace {

constexpr uint32_t kAddrinfoSize = 28, kSockaddrSize = 12;
/// Of one answer; more are left out.
constexpr uint32_t kMaxResults = 1024;
constexpr uint32_t kMaxNameSize = 1024;

struct FlagPair {
  uint16_t guest;
  int host;
};
constexpr FlagPair kFlags[] = {{1, AI_PASSIVE},      {2, AI_CANONNAME}, {4, AI_NUMERICHOST}, {8, AI_NUMERICSERV},
                               {16, AI_V4MAPPED}, {32, AI_ALL},    {64, AI_ADDRCONFIG}};

/// C programs count the final NUL, others do not.
std::string read_text(Call& call, I32 pointer, I32 size) {
  std::string text(size == 0 ? "" : reinterpret_cast<const char*>(call.memory.at(pointer)), size);
  return text.substr(0, text.find('\0'));
}

Errno read_hints(Call& call, I32 pointer, addrinfo* hints) {
  const auto flags = call.memory.read<uint16_t>(pointer);
  for (const FlagPair& flag : kFlags) {
    if (flags & flag.guest) hints->ai_flags |= flag.host;
  }
  switch (call.memory.read<uint8_t>(pointer + 2)) {
    case 0: hints->ai_family = AF_UNSPEC; break;
    case 1: hints->ai_family = AF_INET; break;
    case 2: hints->ai_family = AF_INET6; break;
    default: return Errno::Afnosupport;
  }
  switch (call.memory.read<uint8_t>(pointer + 3)) {
    case 0: break;
    case 1: hints->ai_socktype = SOCK_DGRAM; break;
    case 2: hints->ai_socktype = SOCK_STREAM; break;
    default: return Errno::Inval;
  }
  switch (call.memory.read<uint8_t>(pointer + 4)) {
    case 0: break;
    case 1: hints->ai_protocol = IPPROTO_TCP; break;
    case 2: hints->ai_protocol = IPPROTO_UDP; break;
    default: return Errno::Inval;
  }
  return Errno::Success;
}

/// One prepared result.
struct Slot {
  uint32_t info, sockaddr, data, data_size, name, name_size;
};

/// Follows the guest's list. False: the call traps.
bool read_slots(Call& call, uint32_t info, uint32_t count, std::vector<Slot>* slots) {
  while (slots->size() < count && info != 0) {
    if (!call.in_bounds(info, kAddrinfoSize, "res addrinfo")) return false;
    Slot slot{};
    slot.info = info;
    slot.sockaddr = call.memory.read<uint32_t>(info + 12);
    if (!call.in_bounds(slot.sockaddr, kSockaddrSize, "res sockaddr")) return false;
    slot.data_size = call.memory.read<uint32_t>(slot.sockaddr + 4);
    slot.data = call.memory.read<uint32_t>(slot.sockaddr + 8);
    slot.name = call.memory.read<uint32_t>(info + 16);
    slot.name_size = call.memory.read<uint32_t>(info + 20);
    if (!call.in_bounds(slot.data, slot.data_size, "res address data") ||
        !call.in_bounds(slot.name, slot.name_size, "res canonname")) {
      return false;
    }
    info = call.memory.read<uint32_t>(info + 24);
    slots->push_back(slot);
  }
  return true;
}

void write_slot(Call& call, const Slot& slot, const FoundAddress& found) {
  GuestMemory& memory = call.memory;
  const bool is_v4 = found.address.ss_family == AF_INET;
  const uint8_t family = is_v4 ? 1 : 2;
  memory.write<uint16_t>(slot.info, 0);
  memory.write<uint8_t>(slot.info + 2, family);
  memory.write<uint8_t>(slot.info + 3, found.type == SOCK_DGRAM ? 1 : 2);
  memory.write<uint8_t>(slot.info + 4, found.protocol == IPPROTO_UDP ? 2 : 1);
  memory.write<uint32_t>(slot.info + 8, found.size);
  memory.write<uint8_t>(slot.sockaddr, family);
  const auto* bytes = reinterpret_cast<const uint8_t*>(&found.address) + sizeof(sa_family_t);
  const auto size = std::min<uint32_t>(slot.data_size, found.size - static_cast<uint32_t>(sizeof(sa_family_t)));
  if (size != 0) std::memcpy(memory.at(slot.data), bytes, size);
  memory.write<uint32_t>(slot.sockaddr + 4, size);
  if (slot.name_size != 0) {
    const auto length = std::min<uint32_t>(slot.name_size - 1, static_cast<uint32_t>(found.canonical_name.size()));
    memory.clear(slot.name, slot.name_size);
    std::memcpy(memory.at(slot.name), found.canonical_name.data(), length);
  }
}

}  // namespace

Errno sock_getaddrinfo(Call& call, I32 node, I32 node_len, I32 service, I32 service_len, I32 hints, I32 res, I32 max_res_len,
                       I32 res_len) {
  if (!call.in_bounds(node, node_len, "node") || !call.in_bounds(service, service_len, "service") ||
      (hints != 0 && !call.in_bounds(hints, kAddrinfoSize, "hints")) || !call.in_bounds(res, 4, "res") ||
      !call.in_bounds(res_len, 4, "res_len")) {
    return Errno::Fault;
  }
  if (node_len > kMaxNameSize || service_len > kMaxNameSize) return Errno::Nametoolong;
  if (max_res_len == 0) return Errno::Inval;
  std::vector<Slot> slots;
  if (!read_slots(call, call.memory.read<uint32_t>(res), std::min(max_res_len, kMaxResults), &slots)) return Errno::Fault;
  addrinfo wanted{};
  if (hints != 0) {
    if (const Errno error = read_hints(call, hints, &wanted); error != Errno::Success) return error;
  }
  const std::string name = read_text(call, node, node_len);
  const std::string port = read_text(call, service, service_len);
  if (name.empty() && port.empty()) return Errno::Inval;
  std::vector<FoundAddress> found;
  if (const Errno error = call.state.net.look_up(call, name, port, wanted, &found); error != Errno::Success) return error;
  // The wait does not run the guest, so its memory is where it was.
  const size_t count = std::min(slots.size(), found.size());
  for (size_t i = 0; i < count; ++i) write_slot(call, slots[i], found[i]);
  call.memory.write(res_len, static_cast<uint32_t>(count));
  return Errno::Success;
}

}  // namespace wasmrun::wasi
