// Error numbers of preview 1 and what host errors become. Visible: Errno, from_host, to_string.
#pragma once

#include <cstdint>

namespace wasmrun::wasi {

/// What every function but proc_exit returns. spec: witx errno
enum class Errno : uint16_t {
#define WASI_ERRNO(name, number, host) name = number,
#include "wasi/errno.def"
#undef WASI_ERRNO
};

/// The guest's number for a host's `errno` value; Io for one that preview 1 has no word for.
Errno from_host(int host_errno);
/// "Noent"
const char* to_string(Errno error);

}  // namespace wasmrun::wasi
