// --timeout and --cpu-time.
#include "cmd/time_limit.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "cmd/report.h"

namespace wasmrun::cmd {
namespace {

/// The processor's time cannot be waited for together with a condition: this often it is looked at, at most.
constexpr std::chrono::milliseconds kShortestLook{5};

std::chrono::nanoseconds cpu_time_used() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// How long an interrupted guest may take to come back: to reach its next check, to unwind, to collect the backtrace.
constexpr std::chrono::milliseconds kGrace{200};

timespec to_timespec(std::chrono::steady_clock::time_point point) {
  const auto since_epoch = point.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch - seconds);
  return {static_cast<time_t>(seconds.count()), static_cast<long>(rest.count())};
}

}  // namespace

bool TimeLimit::start() {
  if (!elapsed_.time && !cpu_.time) return true;
  const auto now = std::chrono::steady_clock::now();
  deadline_ = elapsed_.time ? now + *elapsed_.time : std::chrono::steady_clock::time_point::max();
  return start_thread();
}

bool TimeLimit::renew() {
  if (!started_) return true;
  stop();
  stopped_ = false;
  return start_thread();
}

bool TimeLimit::start_thread() {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&condition_, &attributes);
  pthread_condattr_destroy(&attributes);
  // The thread takes no signals: those sent to the process are for the thread that runs the guest.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  started_ = pthread_create(&thread_, nullptr, run, this) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started_;
}

TimeLimit::~TimeLimit() { stop(); }

void TimeLimit::stop() {
  if (!started_) return;
  started_ = false;
  pthread_mutex_lock(&mutex_);
  stopped_ = true;
  pthread_cond_signal(&condition_);
  pthread_mutex_unlock(&mutex_);
  pthread_join(thread_, nullptr);
  pthread_cond_destroy(&condition_);
}

void TimeLimit::watch(Store* store) {
  pthread_mutex_lock(&mutex_);
  store_ = store;
  pthread_mutex_unlock(&mutex_);
}

/// Returns with the mutex held. True when the object was stopped before the deadline.
bool TimeLimit::wait_until(std::chrono::steady_clock::time_point deadline) {
  const timespec time = to_timespec(deadline);
  while (!stopped_) {
    if (pthread_cond_timedwait(&condition_, &mutex_, &time) == ETIMEDOUT) break;
  }
  return stopped_;
}

std::string TimeLimit::message() const {
  return is_cpu_over_ ? "used " + cpu_.text + " of processor time" : "timed out after " + elapsed_.text;
}

/// As wait_until. Processors are used no faster than by all of them at once, so that there are few looks until the end.
bool TimeLimit::wait_for_a_limit() {
  if (!cpu_.time) return wait_until(deadline_);
  const unsigned processors = std::max(1u, std::thread::hardware_concurrency());
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(*cpu_.time) - cpu_time_used();
    if (left <= left.zero()) {
      is_cpu_over_ = true;
      return stopped_;
    }
    const std::chrono::nanoseconds look = std::max<std::chrono::nanoseconds>(left / processors, kShortestLook);
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline_ || wait_until(std::min(deadline_, now + look))) return stopped_;
  }
}

void* TimeLimit::run(void* self) {
  auto& limit = *static_cast<TimeLimit*>(self);
  pthread_mutex_lock(&limit.mutex_);
  if (!limit.wait_for_a_limit()) {
    if (limit.store_) {
      limit.store_->interrupt();
      limit.wait_until(std::chrono::steady_clock::now() + kGrace);
    }
    if (!limit.stopped_) {
      report(limit.message());
      ::_exit(kLimitReached);
    }
  }
  pthread_mutex_unlock(&limit.mutex_);
  return nullptr;
}

}  // namespace wasmrun::cmd
