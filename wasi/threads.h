// The wasi-threads proposal: `wasi.thread-spawn` runs `wasi_thread_start` of a new instance on a thread of its own, with the
// shared memory of the first. Visible: Threads.
// Source: https://github.com/WebAssembly/wasi-threads
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "wasi/wasi.h"

namespace wasmrun::wasi {

/// The threads of one program; never destroyed while one of them runs.
class Threads {
 public:
  static constexpr uint32_t kMaxThreads = 4096;  ///< at a time

  struct Program {
    Engine& engine;
    Wasi& wasi;
    std::shared_ptr<const LoadedModule> loaded;
    std::string name;
    StoreOptions store_options;
    /// A thread trapped or asked for the end of the program: reports it and ends the process. On that thread; may be called by
    /// several at once.
    std::function<void(const Outcome&)> end;
  };

  /// Whether a module imports `wasi.thread-spawn`.
  static bool are_wanted(const LoadedModule& loaded);

  explicit Threads(Program program) : program_(std::move(program)) {}
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  /// Makes `wasi.thread-spawn` and the shared memories that the program imports importable from the first thread's store.
  /// Errors: Unlinkable, Io.
  Result<void> define_in(Store& store);

 private:
  struct Thread;
  /// A thread's number from 1, or a negative errno.
  int32_t spawn(uint32_t argument);
  Result<std::unique_ptr<Thread>> make_thread();
  void run(Thread& thread);
  void define_spawn(Store& store);

  Program program_;
  std::vector<SharedMemoryImport> memories_;
  std::atomic<uint32_t> running_ = 0;
  std::atomic<uint32_t> last_number_ = 0;
};

}  // namespace wasmrun::wasi
