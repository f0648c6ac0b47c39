// The functions of preview 1, each a plain function of a Call and the raw arguments, and the list of them.
// Visible: Call, the functions of functions.def, FunctionEntry, functions().
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/engine.h"
#include "wasi/abi.h"
#include "wasi/errno.h"
#include "wasi/guest_memory.h"

namespace wasmrun::wasi {

using I32 = uint32_t;
using I64 = uint64_t;

struct CallingThread;
struct State;

/// One call from the guest. A handler that finds a pointer out of bounds, or ends the program, says so here; what it
/// returns is then ignored.
struct Call {
  State& state;
  CallingThread& thread;
  Caller& caller;
  GuestMemory memory;
  Snapshot snapshot;
  const char* bad_argument = nullptr;  ///< set: the call traps
  bool is_cut = false;  ///< writes less than the guest asked for, by --max-output
  bool exits = false;
  uint32_t exit_code = 0;
  uint32_t directory = 0;                 ///< the descriptor where the last path begins
  uint32_t path = 0, path_size = 0;       ///< the last path, in bounds

  /// Checks `size` bytes at a guest pointer; when they are out of bounds the call will trap naming `argument`.
  /// Handlers check their result pointers before they have any effect.
  bool in_bounds(uint32_t pointer, uint64_t size, const char* argument) {
    if (__builtin_expect(memory.contains(pointer, size), 1)) return true;
    bad_argument = argument;
    return false;
  }
  /// After EINTR: whether to give up because the guest is to be stopped.
  bool interrupted() { return caller.interrupt_requested(); }
};

#define WASI_FUNCTION(name, ...) Errno name(Call& call __VA_OPT__(, ) __VA_ARGS__);
#define WASI_PREVIEW1_ONLY WASI_FUNCTION
#include "wasi/functions.def"
#undef WASI_PREVIEW1_ONLY
#undef WASI_FUNCTION
#define WASI_SOCKET_FUNCTION(name, import_name, ...) Errno name(Call& call, __VA_ARGS__);
#include "wasi/sock_functions.def"
#undef WASI_SOCKET_FUNCTION

/// What a host function finds behind its user data.
struct FunctionEntry;
struct ImportBinding {
  State* state;
  const FunctionEntry* function;
  Snapshot snapshot;
  CallingThread* thread;
};

/// One row of functions.def.
struct FunctionEntry {
  std::string_view name;
  std::string_view parameters;  ///< as in functions.def: "I32 fd, I64 offset"
  HostCallback callback;        ///< takes an ImportBinding
  bool returns_errno;
  bool in_unstable;

  FuncType type() const;
};

/// All 46, in the order of functions.def.
std::span<const FunctionEntry> functions();
/// Those of sock_functions.def, and the names under which modules import them.
std::span<const FunctionEntry> socket_functions();
std::span<const std::string_view> socket_import_names();
/// By the function's own name, of either list.
const FunctionEntry* find_function(std::string_view name);

}  // namespace wasmrun::wasi
