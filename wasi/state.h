// All that the functions share for one program. Visible: State, CallingThread.
#pragma once

#include <sys/uio.h>

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "wasi/deterministic.h"
#include "wasi/fd_table.h"
#include "wasi/functions.h"
#include "wasi/net_access.h"
#include "wasi/path_hint.h"
#include "wasi/poll.h"
#include "wasi/resolver.h"
#include "wasi/trace.h"

namespace wasmrun::wasi {

/// NUL-terminated strings one after the other, and where each begins: argv and environ as guests read them.
struct StringBlock {
  std::string bytes;
  std::vector<uint32_t> offsets;
  void append(std::string_view text) {
    offsets.push_back(static_cast<uint32_t>(bytes.size()));
    bytes.append(text).push_back('\0');
  }
};

/// What belongs to the calls of one thread, and keeps its memory between them. Calls do not nest.
struct CallingThread {
  /// Host vectors. Linux takes 1024 at most, and short counts are legal.
  static constexpr uint32_t kMaxIovecs = 1024;
  iovec iovecs[kMaxIovecs];
  PollArrays poll;
  TracedCall traced;

  std::deque<ImportBinding> bindings;  ///< user data of the host functions
};

struct State {
  explicit State(std::unique_ptr<Resolver> resolver_used) : resolver(std::move(resolver_used)) {}

  StringBlock args;
  StringBlock environ;
  FdTable fds;
  std::unique_ptr<Resolver> resolver;
  std::vector<std::string> listener_addresses;
  NetAccess net;
  /// Bytes that the program may still write, and whether it wanted to write more.
  uint64_t output_left = UINT64_MAX;
  bool output_exceeded = false;
  std::unique_ptr<Deterministic> deterministic;  ///< null: the world as it is
  PathHint path_hint;
  std::unique_ptr<Trace> trace;  ///< null: nobody asked

  /// Whether several threads may call; then `mutex` is held by the one whose call works (sharing.h).
  bool is_threaded = false;
  std::mutex mutex;
  CallingThread first_thread;
};

}  // namespace wasmrun::wasi
