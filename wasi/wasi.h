// WASI preview 1 for one program: what it is given, and the functions it imports. Visible: Preopen, WasiOptions, Wasi.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"

namespace wasmrun::wasi {

/// A host directory that the guest may use under a name of its own.
struct Preopen {
  std::string host_path;
  std::string guest_path;  ///< what fd_prestat_dir_name says; empty: `host_path` as typed
  bool read_only = false;
};

/// All that a guest is given. Nothing else of the host is reachable.
struct WasiOptions {
  std::vector<std::string> args;                         ///< args[0] is the program's name
  std::vector<std::pair<std::string, std::string>> env;  ///< of a repeated name the last value counts
  std::vector<Preopen> preopens;                         ///< descriptors 3, 4, ...
  std::vector<std::string> tcp_listeners;                ///< "HOST:PORT", "[v6]:PORT" or "unix:PATH"; descriptors after the preopens
  std::vector<int> inherited_listeners;                  ///< host descriptors that become the guest's, after those
  std::vector<std::string> allow_connect;                ///< "HOST:PORT,...": what net_rules.h says. Nothing is allowed by default
  std::vector<std::string> allow_bind;
  std::vector<std::string> allow_resolve;                ///< "NAME,..." or "*"
  std::optional<uint32_t> max_fds;                       ///< descriptors the program may have open, those it starts with included
  std::optional<uint64_t> max_output_bytes;              ///< that it may write, to all descriptors together
  std::optional<uint64_t> deterministic_seed;            ///< given: the program sees a world that is the same on every run
  int trace_fd = -1;           ///< a line for each call goes to this host descriptor, which must stay open
  bool trace_summary = false;  ///< instead: a table for `trace_summary()`
};

struct CallingThread;
struct State;

/// The sockets that a service manager handed to this process: as LISTEN_PID and LISTEN_FDS say, from descriptor 3. Nothing may
/// have been opened before that could have one of these numbers. spec: sd_listen_fds(3)
std::vector<int> inherited_listeners();

/// The system interface of one program: its descriptors, arguments and environment. Not thread-safe. SIGPIPE
/// and SIGXFSZ must be ignored by the process.
class Wasi {
 public:
  /// Opens the preopens and listeners; descriptors 0-2 are the process's. Errors: Io, with a message that names the
  /// option to fix ("--dir: cannot open 'x': No such file or directory").
  static Result<std::unique_ptr<Wasi>> create(WasiOptions options);
  ~Wasi();

  /// Makes importable what the module imports of `wasi_snapshot_preview1` (46 functions, and WasmEdge's sockets, which fail unless
  /// something is allowed) and `wasi_unstable` (45). To be called for each module that is to be instantiated. Must outlive the store.
  void define_in(Store& store, const LoadedModule& loaded);

  /// A second layer below the checks of these functions: the kernel holds the calling thread, and those that it starts later, to
  /// the preopens. To be called when all that wasmrun itself needs is open; cannot be undone. Returns why it was not
  /// done, empty when it was: landlock.h.
  std::string restrict_files();

  /// The address of each listener as bound ("127.0.0.1:34567", "unix:/run/x"): those of the options, then the inherited ones.
  std::vector<std::string> listener_addresses() const;

  /// The first thing that the network options refused, and the option that would allow it; empty when nothing was refused.
  std::string network_refusal() const;

  /// Why a program that failed may not have got at a file, and the option that would help; empty when nothing speaks for it.
  std::string path_hint() const;

  /// Whether the program wanted to write more than `max_output_bytes`, which ended it with a trap.
  bool output_exceeded() const;

  /// Counts, errors and time of each function that was called; empty unless asked for in the options.
  std::string trace_summary() const;

  /// As define_in, for the store of a further thread, which must be gone before `thread`.
  void define_for(Store& store, CallingThread& thread, const LoadedModule& loaded);

  /// For tests, which call the functions without an engine.
  State& state() { return *state_; }

 private:
  explicit Wasi(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace wasmrun::wasi
