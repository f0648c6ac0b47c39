// --timeout and --cpu-time. Visible: TimeLimit.
#pragma once

#include <pthread.h>

#include <chrono>
#include <optional>
#include <string>

#include "engine/engine.h"

namespace wasmrun::cmd {

/// One limit of time, as typed too. Without one: none.
struct Limit {
  std::optional<std::chrono::milliseconds> time;
  std::string text;
};

/// Ends the process with status 124 when the time since the start, or the processor time of the process, is over. A guest that runs its own code is interrupted first, so that the
/// report can say where it was; whatever else the process does then (reading, compiling, waiting in a system call of the
/// guest) is cut off a moment later. Nothing is lost by that: wasmrun buffers no output.
class TimeLimit {
 public:
  TimeLimit(Limit elapsed, Limit cpu) : elapsed_(std::move(elapsed)), cpu_(std::move(cpu)) {}
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

  /// Starts the clocks if there is a limit. False when the system refuses a thread.
  bool start();
  /// Goes on with a new thread, which is under all that the calling thread has come under since (Landlock). False when the
  /// system refuses it.
  bool renew();
  /// From now on `store`'s guest is interrupted before the process ends. `store` must outlive this object.
  void watch(Store* store);
  /// Stops the clock, so that the caller may report what the guest did.
  void stop();
  /// "timed out after 2s"; "used 2s of processor time"
  std::string message() const;

 private:
  bool start_thread();
  static void* run(void* self);
  bool wait_until(std::chrono::steady_clock::time_point deadline);

  bool wait_for_a_limit();

  const Limit elapsed_;
  const Limit cpu_;
  std::chrono::steady_clock::time_point deadline_;
  bool is_cpu_over_ = false;
  pthread_t thread_{};
  bool started_ = false;
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition_{};
  bool stopped_ = false;   // under mutex_
  Store* store_ = nullptr; // under mutex_
};

}  // namespace wasmrun::cmd
