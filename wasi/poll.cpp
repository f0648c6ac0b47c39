// poll_oneoff, by ppoll. Not by uv_poll_t: it sets O_NONBLOCK on streams that other processes share, refuses files and
// /dev/null, takes one handle a descriptor, and libuv's timers count milliseconds. ppoll never wakes early.
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>

#include "wasi/fd_access.h"
#include "wasi/sharing.h"

namespace wasmrun::wasi {

namespace {

constexpr uint32_t kMaxSubscriptions = 256 * 1024;
constexpr uint32_t kMostKept = 64 * 1024;
constexpr uint16_t kAbstime = 1;
constexpr uint16_t kHangup = 1;

using Kind = Subscription::Kind;

uint64_t realtime_ns(const State& state) {
  if (state.deterministic) return state.deterministic->realtime();
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t monotonic_ns(const State& state) {
  return state.deterministic ? state.deterministic->monotonic() : uv_hrtime();
}

timespec to_timespec(uint64_t nanoseconds) {
  return {static_cast<time_t>(nanoseconds / 1'000'000'000), static_cast<long>(nanoseconds % 1'000'000'000)};
}

/// One call of poll_oneoff, in steps.
class Poll {
 public:
  explicit Poll(Call& call) : call_(call), arrays_(call.thread.poll) {
    arrays_.subscriptions.clear();
    arrays_.polled.clear();
    arrays_.serials.clear();
  }
  ~Poll() {
    if (is_watching_) arrays_.watcher.end(arrays_.polled);
    for (const Subscription& subscription : arrays_.subscriptions) {
      if (subscription.kind != Kind::Clock && subscription.target < arrays_.entry_of_fd.size()) {
        arrays_.entry_of_fd[subscription.target] = PollArrays::kNone;
      }
    }
    arrays_.timer.reset();
    // A guest that once asked for very much does not keep the memory.
    if (arrays_.subscriptions.capacity() > kMostKept) {
      arrays_.subscriptions = {};
      arrays_.polled = {};
      arrays_.serials = {};
    }
  }

  /// Copies the subscriptions, because events may be written over them. False: one has an unknown tag.
  bool read(I32 in, I32 count);
  /// Answers what needs no waiting, and lists the rest for ppoll.
  void begin();
  bool all_are_bad() const { return bad_ == arrays_.subscriptions.size(); }
  Errno wait();
  uint32_t write(I32 out);

 private:
  void begin_clock(Subscription& subscription);
  void begin_fd(Subscription& subscription);
  Errno arm_timer();
  void begin_watching();
  int wait_once(const timespec* timeout);
  Errno wait_virtually(Deterministic& world);
  void fire(Subscription& subscription, Errno error = Errno::Success) {
    subscription.has_fired = true;
    subscription.error = error;
    ++fired_;
  }
  void fire_fd(Subscription& subscription, Descriptor& descriptor, short revents);
  void collect();

  Call& call_;
  PollArrays& arrays_;
  uint64_t now_ns_ = monotonic_ns(call_.state);
  uint64_t nearest_ns_ = UINT64_MAX;    ///< of the clocks that wait for monotonic time
  uint64_t nearest_date_ = UINT64_MAX;  ///< of those that wait for real time
  bool has_deadline_ = false;
  bool has_date_ = false;
  bool is_watching_ = false;
  uint32_t fired_ = 0;
  uint32_t bad_ = 0;
};

bool Poll::read(I32 in, I32 count) {
  const SubscriptionLayout layout = subscription_layout(call_.snapshot);
  arrays_.subscriptions.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t at = in + i * layout.size_bytes;
    Subscription& subscription = arrays_.subscriptions[i];
    subscription = Subscription();
    subscription.userdata = call_.memory.read<uint64_t>(at);
    const auto tag = call_.memory.read<uint8_t>(at + 8);
    if (tag > 2) return false;
    subscription.kind = static_cast<Kind>(tag);
    if (subscription.kind == Kind::Clock) {
      subscription.target = call_.memory.read<uint32_t>(at + layout.clock_id);
      subscription.timeout_ns = call_.memory.read<uint64_t>(at + layout.timeout);
      subscription.clock_flags = call_.memory.read<uint16_t>(at + layout.flags);
    } else {
      subscription.target = call_.memory.read<uint32_t>(at + 16);
    }
  }
  return true;
}

void Poll::begin() {
  for (Subscription& subscription : arrays_.subscriptions) {
    if (subscription.kind == Kind::Clock) {
      begin_clock(subscription);
    } else {
      begin_fd(subscription);
    }
  }
}

void Poll::begin_clock(Subscription& subscription) {
  if (subscription.target > kClockThreadCpu || (subscription.clock_flags & ~kAbstime)) {
    return fire(subscription, Errno::Inval);
  }
  if (subscription.target > kClockMonotonic) return fire(subscription, Errno::Notsup);
  const bool is_absolute = subscription.clock_flags & kAbstime;
  if (is_absolute && subscription.target == kClockRealtime) {
    if (realtime_ns(call_.state) >= subscription.timeout_ns) return fire(subscription);
    subscription.waits_for_date = has_date_ = true;
    nearest_date_ = std::min(nearest_date_, subscription.timeout_ns);
    return;
  }
  // A relative time is the same on either clock: time spent waiting.
  subscription.deadline_ns = subscription.timeout_ns;
  if (!is_absolute && __builtin_add_overflow(now_ns_, subscription.timeout_ns, &subscription.deadline_ns)) {
    subscription.deadline_ns = UINT64_MAX;
  }
  if (subscription.deadline_ns <= now_ns_) return fire(subscription);
  subscription.waits_for_deadline = has_deadline_ = true;
  nearest_ns_ = std::min(nearest_ns_, subscription.deadline_ns);
}

void Poll::begin_fd(Subscription& subscription) {
  Descriptor* descriptor;
  if (const Errno error = find_fd(call_, subscription.target, rights::kPollFdReadwrite, &descriptor);
      error != Errno::Success) {
    if (error == Errno::Badf) ++bad_;
    return fire(subscription, error);
  }
  const bool reads = subscription.kind == Kind::FdRead;
  if (descriptor->is_always_ready()) return fire_fd(subscription, *descriptor, reads ? POLLIN : POLLOUT);
  const auto events = static_cast<short>(reads ? POLLIN | POLLRDHUP : POLLOUT);
  if (subscription.target >= arrays_.entry_of_fd.size()) {
    arrays_.entry_of_fd.resize(subscription.target + 1, PollArrays::kNone);
  }
  uint32_t& entry = arrays_.entry_of_fd[subscription.target];
  if (entry == PollArrays::kNone) {
    entry = static_cast<uint32_t>(arrays_.polled.size());
    arrays_.polled.push_back({descriptor->host, 0, 0});
    arrays_.serials.push_back(descriptor->is_inherited ? 0 : descriptor->serial);
  }
  arrays_.polled[entry].events = static_cast<short>(arrays_.polled[entry].events | events);
}

/// Only the kernel notices when someone sets the date: a timer that is woken by it, for the nearest of the times.
Errno Poll::arm_timer() {
  if (!arrays_.timer.valid()) {
    arrays_.timer.reset(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!arrays_.timer.valid()) return from_host(errno);
    arrays_.polled.push_back({arrays_.timer.get(), POLLIN, 0});
    arrays_.serials.push_back(0);
  }
  itimerspec setting{};
  setting.it_value = to_timespec(nearest_date_);
  if (::timerfd_settime(arrays_.timer.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &setting, nullptr) != 0) {
    return from_host(errno);
  }
  return Errno::Success;
}

/// What can be read without waiting.
uint64_t readable_bytes(const Descriptor& descriptor) {
  if (descriptor.type == FileType::RegularFile) {
    struct stat status;
    const off_t position = ::lseek(descriptor.host, 0, SEEK_CUR);
    if (position < 0 || ::fstat(descriptor.host, &status) != 0) return 0;
    return status.st_size > position ? static_cast<uint64_t>(status.st_size - position) : 0;
  }
  int count = 0;
  if (::ioctl(descriptor.host, FIONREAD, &count) != 0) return 1;  // listeners and devices: something
  return static_cast<uint64_t>(count);
}

/// Asking the kernel for a socket's error takes it away. The descriptor keeps it for the call that would have met it.
Errno socket_error(Descriptor& descriptor) {
  int host_error = 0;
  socklen_t size = sizeof(host_error);
  if (::getsockopt(descriptor.host, SOL_SOCKET, SO_ERROR, &host_error, &size) == 0 && host_error != 0) {
    descriptor.pending_error = from_host(host_error);
  }
  return descriptor.pending_error;
}

void Poll::fire_fd(Subscription& subscription, Descriptor& descriptor, short revents) {
  if (revents & (POLLHUP | POLLRDHUP)) subscription.event_flags |= kHangup;
  Errno error = Errno::Success;
  if (revents & POLLNVAL) {
    error = Errno::Badf;
  } else if (descriptor.is_socket()) {
    if ((revents & POLLERR) || descriptor.pending_error != Errno::Success) {
      error = socket_error(descriptor);
    }
  } else if ((revents & POLLERR) && subscription.kind == Kind::FdWrite) {
    error = Errno::Pipe;
  }
  if (error == Errno::Success) {
    subscription.byte_count = subscription.kind == Kind::FdRead ? readable_bytes(descriptor) : PIPE_BUF;
  }
  fire(subscription, error);
}

/// Fires what ppoll reported and what time has passed.
void Poll::collect() {
  const uint64_t date = has_date_ ? realtime_ns(call_.state) : 0;
  for (Subscription& subscription : arrays_.subscriptions) {
    if (subscription.has_fired) continue;
    if (subscription.kind == Kind::Clock) {
      if (subscription.waits_for_deadline ? subscription.deadline_ns <= now_ns_
                                          : subscription.waits_for_date && subscription.timeout_ns <= date) {
        fire(subscription);
      }
      continue;
    }
    const short revents = arrays_.polled[arrays_.entry_of_fd[subscription.target]].revents;
    // The other direction of the same descriptor may be what is ready.
    constexpr short kAlways = POLLERR | POLLHUP | POLLNVAL;
    const short wanted = subscription.kind == Kind::FdRead ? POLLIN | POLLRDHUP | kAlways : POLLOUT | kAlways;
    if (!(revents & wanted)) continue;
    // Another thread may have closed it.
    Descriptor* const descriptor = call_.state.fds.find(subscription.target);
    descriptor ? fire_fd(subscription, *descriptor, revents & wanted) : fire(subscription, Errno::Badf);
  }
}

/// Hands what can be watched over, and lists the rest.
void Poll::begin_watching() {
  if (arrays_.polled.size() < Watcher::kMinDescriptors || !arrays_.watcher.begin(arrays_.polled, arrays_.serials)) return;
  is_watching_ = true;
  arrays_.rest.assign(1, {arrays_.watcher.fd(), POLLIN, 0});
  arrays_.entry_of_rest.assign(1, PollArrays::kNone);
  for (uint32_t i = 0; i < arrays_.polled.size(); ++i) {
    if (arrays_.polled[i].fd < 0) continue;
    arrays_.rest.push_back(arrays_.polled[i]);
    arrays_.entry_of_rest.push_back(i);
  }
}

/// ppoll on everything.
int Poll::wait_once(const timespec* timeout) {
  const Unlocked unlocked(call_.state);
  if (!is_watching_) return ::ppoll(arrays_.polled.data(), arrays_.polled.size(), timeout, nullptr);
  const int count = ::ppoll(arrays_.rest.data(), arrays_.rest.size(), timeout, nullptr);
  if (count <= 0) return count;
  for (size_t i = 1; i < arrays_.rest.size(); ++i) arrays_.polled[arrays_.entry_of_rest[i]].revents = arrays_.rest[i].revents;
  if (arrays_.rest[0].revents != 0) arrays_.watcher.collect(arrays_.polled);
  return count;
}

/// Waiting takes no time: the clock jumps, unless something else is ready.
Errno Poll::wait_virtually(Deterministic& world) {
  begin_watching();
  const bool has_clock = has_deadline_ || has_date_;
  for (;;) {
    const timespec no_time{};
    const int count = wait_once(fired_ > 0 || has_clock ? &no_time : nullptr);
    if (count < 0) {
      if (errno != EINTR) return from_host(errno);
      if (call_.interrupted()) return Errno::Intr;
      for (pollfd& polled : arrays_.polled) polled.revents = 0;
    }
    collect();
    if (fired_ > 0) return Errno::Success;
    if (count != 0 || !has_clock) continue;
    world.advance_to(std::min(has_deadline_ ? nearest_ns_ : UINT64_MAX, has_date_ ? world.monotonic_at(nearest_date_) : UINT64_MAX));
    now_ns_ = world.monotonic();
  }
}

Errno Poll::wait() {
  if (call_.state.deterministic) return wait_virtually(*call_.state.deterministic);
  if (has_date_) {
    if (const Errno error = arm_timer(); error != Errno::Success) return error;
  }
  begin_watching();
  for (;;) {
    // What is answered already must not wait, but whatever else is ready is reported with it.
    const bool only_looks = fired_ > 0;
    const timespec timeout = to_timespec(only_looks || nearest_ns_ <= now_ns_ ? 0 : nearest_ns_ - now_ns_);
    const int count = wait_once(only_looks || has_deadline_ ? &timeout : nullptr);
    if (count < 0) {
      if (errno != EINTR) return from_host(errno);
      if (call_.interrupted()) return Errno::Intr;
      for (pollfd& polled : arrays_.polled) polled.revents = 0;
    }
    now_ns_ = monotonic_ns(call_.state);
    collect();
    if (fired_ > 0) return Errno::Success;
    // The date was set: the timer is disarmed.
    if (count > 0 && has_date_) {
      if (const Errno error = arm_timer(); error != Errno::Success) return error;
    }
  }
}

uint32_t Poll::write(I32 out) {
  uint32_t at = out;
  for (const Subscription& subscription : arrays_.subscriptions) {
    if (!subscription.has_fired) continue;
    call_.memory.clear(at, kEventSize);
    call_.memory.write(at, subscription.userdata);
    call_.memory.write(at + 8, static_cast<uint16_t>(subscription.error));
    call_.memory.write(at + 10, static_cast<uint8_t>(subscription.kind));
    call_.memory.write(at + 16, subscription.byte_count);
    call_.memory.write(at + 24, subscription.event_flags);
    at += kEventSize;
  }
  return fired_;
}

}  // namespace

Errno poll_oneoff(Call& call, I32 in, I32 out, I32 nsubscriptions, I32 nevents) {
  const uint64_t size_bytes = subscription_layout(call.snapshot).size_bytes;
  if (!call.in_bounds(nevents, 4, "nevents") || !call.in_bounds(in, nsubscriptions * size_bytes, "in") ||
      !call.in_bounds(out, uint64_t{nsubscriptions} * kEventSize, "out")) {
    return Errno::Fault;
  }
  if (nsubscriptions == 0) return Errno::Inval;
  if (nsubscriptions > kMaxSubscriptions) return Errno::Nomem;
  Poll poll(call);
  if (!poll.read(in, nsubscriptions)) return Errno::Inval;
  poll.begin();
  // Errors belong to their events; but where nothing could ever become ready, programs expect the call itself to fail.
  if (poll.all_are_bad()) return Errno::Badf;
  if (const Errno error = poll.wait(); error != Errno::Success) return error;
  call.memory.write(nevents, poll.write(out));
  return Errno::Success;
}

}  // namespace wasmrun::wasi
