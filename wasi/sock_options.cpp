// WasmEdge's sock_getsockopt and sock_setsockopt: options of level SOL_SOCKET that concern the socket alone.
#include <sys/time.h>

#include <cerrno>
#include <cstring>

#include "wasi/sock_address.h"

namespace wasmrun::wasi {

namespace {

/// How a value looks to the guest.
enum class Shape : uint8_t { Int, Linger, Time };

struct Option {
  int host;
  Shape shape;
  bool is_settable;
};

constexpr uint32_t kType = 1, kError = 2, kBindToDevice = 14;

/// By the guest's number. `host` -1: not for guests. BINDTODEVICE would choose an interface that no rule speaks of.
constexpr Option kOptions[] = {
    {SO_REUSEADDR, Shape::Int, true}, {SO_TYPE, Shape::Int, false},     {SO_ERROR, Shape::Int, false},
    {SO_DONTROUTE, Shape::Int, true}, {SO_BROADCAST, Shape::Int, true}, {SO_SNDBUF, Shape::Int, true},
    {SO_RCVBUF, Shape::Int, true},    {SO_KEEPALIVE, Shape::Int, true}, {SO_OOBINLINE, Shape::Int, true},
    {SO_LINGER, Shape::Linger, true}, {SO_RCVLOWAT, Shape::Int, true},  {SO_RCVTIMEO, Shape::Time, true},
    {SO_SNDTIMEO, Shape::Time, true}, {SO_ACCEPTCONN, Shape::Int, false}, {-1, Shape::Int, false},
};
static_assert(sizeof(kOptions) / sizeof(kOptions[0]) == kBindToDevice + 1);

static_assert(sizeof(linger) == 8, "two 32-bit numbers, as guests have them");
static_assert(sizeof(timeval) == 16, "two 64-bit numbers, as guests have them");

uint32_t size_of(Shape shape) {
  switch (shape) {
    case Shape::Int: return sizeof(int);
    case Shape::Linger: return sizeof(linger);
    case Shape::Time: return sizeof(timeval);
  }
  return 0;
}

Errno find_option(I32 level, I32 name, Option* option) {
  if (level != 0 || name > kBindToDevice) return Errno::Noprotoopt;
  *option = kOptions[name];
  return option->host < 0 ? Errno::Notsup : Errno::Success;
}

}  // namespace

Errno sock_getsockopt(Call& call, I32 fd, I32 level, I32 name, I32 value, I32 value_len) {
  if (!call.in_bounds(value_len, 4, "value_len")) return Errno::Fault;
  const auto room = call.memory.read<uint32_t>(value_len);
  if (!call.in_bounds(value, room, "value")) return Errno::Fault;
  Descriptor* socket;
  if (const Errno error = find_socket(call, fd, 0, &socket); error != Errno::Success) return error;
  Option option;
  if (const Errno error = find_option(level, name, &option); error != Errno::Success) return error;
  if (room < size_of(option.shape)) return Errno::Inval;
  uint8_t host[sizeof(timeval)] = {};
  socklen_t size = size_of(option.shape);
  if (::getsockopt(socket->host, SOL_SOCKET, option.host, host, &size) != 0) return from_host(errno);
  int number;
  std::memcpy(&number, host, sizeof(number));
  if (name == kError) {
    const Errno pending = take_pending_error(*socket);
    number = static_cast<int>(number != 0 ? from_host(number) : pending);
    std::memcpy(host, &number, sizeof(number));
  } else if (name == kType) {
    number = number == SOCK_STREAM ? 2 : 1;
    std::memcpy(host, &number, sizeof(number));
  }
  std::memcpy(call.memory.at(value), host, size);
  call.memory.write<uint32_t>(value_len, size);
  return Errno::Success;
}

Errno sock_setsockopt(Call& call, I32 fd, I32 level, I32 name, I32 value, I32 value_len) {
  if (!call.in_bounds(value, value_len, "value")) return Errno::Fault;
  Descriptor* socket;
  if (const Errno error = find_socket(call, fd, 0, &socket); error != Errno::Success) return error;
  Option option;
  if (const Errno error = find_option(level, name, &option); error != Errno::Success) return error;
  if (!option.is_settable) return Errno::Noprotoopt;
  if (value_len < size_of(option.shape)) return Errno::Inval;
  // Copied: the kernel reads it aligned, and a shared memory may change meanwhile.
  uint8_t host[sizeof(timeval)];
  std::memcpy(host, call.memory.at(value), size_of(option.shape));
  return ::setsockopt(socket->host, SOL_SOCKET, option.host, host, size_of(option.shape)) == 0 ? Errno::Success : from_host(errno);
}

}  // namespace wasmrun::wasi
