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

namespace wasmrun::wasi {

namespace {

constexpr uint32_t kMaxSubscriptions = 64 * 1024;
constexpr uint16_t kAbstime = 1;
constexpr uint16_t kHangup = 1;

using Kind = Subscription::Kind;

uint64_t realtime_ns() {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

timespec to_timespec(uint64_t nanoseconds) {
  return {static_cast<time_t>(nanoseconds / 1'000'000'000), static_cast<long>(nanoseconds % 1'000'000'000)};
}

/// One call of poll_oneoff, in steps.
class Poll {
 public:
  explicit Poll(Call& call) : call_(call), arrays_(call.state.poll) {
    arrays_.subscriptions.clear();
    arrays_.polled.clear();
    arrays_.polled_subscription.clear();
    arrays_.timers.clear();
  }
  ~Poll() { arrays_.timers.clear(); }

  /// Copies the subscriptions, because events may be written over them. False: one has an unknown tag.
  bool read(I32 in, I32 count);
  /// Answers what needs no waiting, and lists the rest for ppoll.
  void begin();
  bool all_are_bad() const { return bad_ == arrays_.subscriptions.size(); }
  Errno wait();
  uint32_t write(I32 out);

 private:
  void begin_clock(uint32_t index);
  void begin_fd(uint32_t index);
  void add_polled(int fd, short events, uint32_t index);
  void fire(Subscription& subscription, Errno error = Errno::Success) {
    subscription.has_fired = true;
    subscription.error = error;
    ++fired_;
  }
  void fire_fd(Subscription& subscription, const Descriptor& descriptor, short revents);
  void collect();

  Call& call_;
  State::PollArrays& arrays_;
  uint64_t now_ns_ = uv_hrtime();
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
  for (uint32_t i = 0; i < arrays_.subscriptions.size(); ++i) {
    if (arrays_.subscriptions[i].kind == Kind::Clock) {
      begin_clock(i);
    } else {
      begin_fd(i);
    }
  }
}

void Poll::begin_clock(uint32_t index) {
  Subscription& subscription = arrays_.subscriptions[index];
  if (subscription.target > kClockThreadCpu || (subscription.clock_flags & ~kAbstime)) {
    return fire(subscription, Errno::Inval);
  }
  if (subscription.target > kClockMonotonic) return fire(subscription, Errno::Notsup);
  const bool is_absolute = subscription.clock_flags & kAbstime;
  if (is_absolute && subscription.target == kClockRealtime) {
    if (realtime_ns() >= subscription.timeout_ns) return fire(subscription);
    // Only the kernel notices when someone sets the date.
    OwnedFd timer(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
    itimerspec setting{};
    setting.it_value = to_timespec(subscription.timeout_ns);
    if (!timer.valid() ||
        ::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &setting, nullptr) != 0) {
      return fire(subscription, from_host(errno));
    }
    add_polled(timer.get(), POLLIN, index);
    arrays_.timers.push_back(std::move(timer));
    return;
  }
  // A relative time is the same on either clock: time spent waiting.
  subscription.deadline_ns = subscription.timeout_ns;
  if (!is_absolute && __builtin_add_overflow(now_ns_, subscription.timeout_ns, &subscription.deadline_ns)) {
    subscription.deadline_ns = UINT64_MAX;
  }
  if (subscription.deadline_ns <= now_ns_) return fire(subscription);
  subscription.waits_for_deadline = true;
}

void Poll::begin_fd(uint32_t index) {
  Subscription& subscription = arrays_.subscriptions[index];
  Descriptor* descriptor;
  if (const Errno error = find_fd(call_, subscription.target, rights::kPollFdReadwrite, &descriptor);
      error != Errno::Success) {
    if (error == Errno::Badf) ++bad_;
    return fire(subscription, error);
  }
  const bool reads = subscription.kind == Kind::FdRead;
  if (descriptor->is_always_ready()) return fire_fd(subscription, *descriptor, reads ? POLLIN : POLLOUT);
  add_polled(descriptor->host, static_cast<short>(reads ? POLLIN | POLLRDHUP : POLLOUT), index);
}

void Poll::add_polled(int fd, short events, uint32_t index) {
  arrays_.polled.push_back({fd, events, 0});
  arrays_.polled_subscription.push_back(index);
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

void Poll::fire_fd(Subscription& subscription, const Descriptor& descriptor, short revents) {
  if (revents & (POLLHUP | POLLRDHUP)) subscription.event_flags |= kHangup;
  Errno error = Errno::Success;
  if (revents & POLLNVAL) {
    error = Errno::Badf;
  } else if ((revents & POLLERR) && descriptor.is_socket()) {
    int host_error = 0;
    socklen_t size = sizeof(host_error);
    if (::getsockopt(descriptor.host, SOL_SOCKET, SO_ERROR, &host_error, &size) == 0) error = from_host(host_error);
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
  for (size_t i = 0; i < arrays_.polled.size(); ++i) {
    const pollfd& polled = arrays_.polled[i];
    if (polled.revents == 0) continue;
    Subscription& subscription = arrays_.subscriptions[arrays_.polled_subscription[i]];
    if (subscription.kind == Kind::Clock) {
      if (realtime_ns() >= subscription.timeout_ns) {
        fire(subscription);
      } else {
        // The date was set back: arm it again.
        uint64_t ignored;
        if (::read(polled.fd, &ignored, sizeof(ignored)) < 0 && errno != ECANCELED && errno != EAGAIN) {
          fire(subscription, from_host(errno));
          continue;
        }
        itimerspec setting{};
        setting.it_value = to_timespec(subscription.timeout_ns);
        ::timerfd_settime(polled.fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &setting, nullptr);
      }
    } else if (const Descriptor* descriptor = call_.state.fds.find(subscription.target)) {
      fire_fd(subscription, *descriptor, polled.revents);
    }
  }
  for (Subscription& subscription : arrays_.subscriptions) {
    if (subscription.waits_for_deadline && !subscription.has_fired && subscription.deadline_ns <= now_ns_) {
      fire(subscription);
    }
  }
}

Errno Poll::wait() {
  uint64_t nearest_ns = UINT64_MAX;
  bool has_deadline = false;
  for (const Subscription& subscription : arrays_.subscriptions) {
    if (!subscription.waits_for_deadline) continue;
    has_deadline = true;
    nearest_ns = std::min(nearest_ns, subscription.deadline_ns);
  }
  for (;;) {
    // What is answered already must not wait, but whatever else is ready is reported with it.
    const bool only_looks = fired_ > 0;
    const timespec timeout = to_timespec(only_looks || nearest_ns <= now_ns_ ? 0 : nearest_ns - now_ns_);
    const int count =
        ::ppoll(arrays_.polled.data(), arrays_.polled.size(), only_looks || has_deadline ? &timeout : nullptr, nullptr);
    if (count < 0) {
      if (errno != EINTR) return from_host(errno);
      if (call_.interrupted()) return Errno::Intr;
      for (pollfd& polled : arrays_.polled) polled.revents = 0;
    }
    now_ns_ = uv_hrtime();
    collect();
    if (fired_ > 0) return Errno::Success;
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
