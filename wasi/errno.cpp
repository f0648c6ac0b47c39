// Derived from errno.def.
#include "wasi/errno.h"

#include <cerrno>

namespace wasmrun::wasi {

namespace {
struct Row {
  Errno guest;
  int host;
  const char* name;
};
constexpr Row kRows[] = {
#define WASI_ERRNO(name, number, host) {Errno::name, host, #name},
#include "wasi/errno.def"
#undef WASI_ERRNO
};
}  // namespace

Errno from_host(int host_errno) {
  if (host_errno == 0) return Errno::Success;
  for (const Row& row : kRows) {
    if (row.host == host_errno) return row.guest;
  }
  return Errno::Io;
}

const char* to_string(Errno error) {
  return kRows[static_cast<uint16_t>(error)].name;
}

}  // namespace wasmrun::wasi
