// How the calls of several threads share one state: one at a time, but for the time that they wait in the kernel.
// Visible: StateLock, Unlocked, Waiting.
#pragma once

#include <fcntl.h>

#include "wasi/state.h"

namespace wasmrun::wasi {

/// Keeps other threads' calls out. Costs a test before there are threads.
class StateLock {
 public:
  explicit StateLock(State& state) : mutex_(__builtin_expect(state.is_threaded, 0) ? &state.mutex : nullptr) {
    if (mutex_) mutex_->lock();
  }
  ~StateLock() {
    if (mutex_) mutex_->unlock();
  }
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;

 private:
  std::mutex* const mutex_;
};

/// Inside a call: lets other threads' calls go on. Descriptors may be closed meanwhile, and pointers to them be void.
class Unlocked {
 public:
  explicit Unlocked(State& state) : mutex_(state.is_threaded ? &state.mutex : nullptr) {
    if (mutex_) mutex_->unlock();
  }
  ~Unlocked() {
    if (mutex_) mutex_->lock();
  }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  std::mutex* const mutex_;
};

/// As Unlocked, for a system call on a descriptor that may wait: `host` stays open whatever other threads do.
class Waiting {
 public:
  /// Nothing is unlocked for files and for sockets with an error, which do not wait; nor when the system has no descriptor left
  /// for the copy.
  Waiting(State& state, const Descriptor& descriptor) : state_(state), host_(descriptor.host) {
    if (__builtin_expect(!state.is_threaded, 1)) return;
    if (descriptor.type == FileType::RegularFile || descriptor.pending_error != Errno::Success) return;
    copy_.reset(::fcntl(host_, F_DUPFD_CLOEXEC, 0));
    if (!copy_.valid()) return;
    host_ = copy_.get();
    state.mutex.unlock();
  }
  ~Waiting() {
    if (copy_.valid()) state_.mutex.lock();
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  int host() const { return host_; }

 private:
  State& state_;
  int host_;
  OwnedFd copy_;
};

}  // namespace wasmrun::wasi
