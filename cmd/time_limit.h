// --timeout. Visible: TimeLimit.
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <string>

#include "engine/engine.h"

namespace wasmrun::cmd {

/// Ends the process with status 124 when the time is over. A guest that runs its own code is interrupted first, so that the
/// report can say where it was; whatever else the process does then (reading, compiling, waiting in a system call of the
/// guest) is cut off a moment later. Nothing is lost by that: wasmrun buffers no output.
class TimeLimit {
 public:
  /// `limit_text` is the limit as the user wrote it.
  explicit TimeLimit(std::string limit_text) : limit_text_(std::move(limit_text)) {}
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

  /// Starts the clock. False when the system refuses a thread.
  bool start(std::chrono::milliseconds limit);
  /// From now on `store`'s guest is interrupted before the process ends. `store` must outlive this object.
  void watch(Store* store);
  /// Stops the clock, so that the caller may report what the guest did.
  void stop();
  /// "timed out after 2s"
  std::string message() const { return "timed out after " + limit_text_; }

 private:
  static void* run(void* self);
  bool wait_until(std::chrono::steady_clock::time_point deadline);

  std::string limit_text_;
  std::chrono::steady_clock::time_point deadline_;
  pthread_t thread_{};
  bool started_ = false;
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition_{};
  bool stopped_ = false;   // under mutex_
  Store* store_ = nullptr; // under mutex_
};

}  // namespace wasmrun::cmd
