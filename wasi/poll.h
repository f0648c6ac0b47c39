// What poll_oneoff keeps of a call. Visible: Subscription, PollArrays.
#pragma once

#include <poll.h>

#include <cstdint>
#include <vector>

#include "engine/base/owned_fd.h"
#include "wasi/errno.h"
#include "wasi/poll_watcher.h"

namespace wasmrun::wasi {

/// spec: witx subscription, and the event that answers it
struct Subscription {
  enum class Kind : uint8_t { Clock, FdRead, FdWrite };
  uint64_t userdata = 0;
  uint64_t timeout_ns = 0;   ///< clocks, as given
  uint64_t deadline_ns = 0;  ///< clocks that wait for monotonic time
  uint32_t target = 0;       ///< clock id or descriptor
  uint16_t clock_flags = 0;
  Kind kind = Kind::Clock;

  bool has_fired = false;
  bool waits_for_deadline = false;  ///< for monotonic time
  bool waits_for_date = false;      ///< for real time
  Errno error = Errno::Success;
  uint16_t event_flags = 0;
  uint64_t byte_count = 0;
};

/// poll_oneoff's arrays, kept so that an event loop allocates once.
struct PollArrays {
  static constexpr uint32_t kNone = UINT32_MAX;

  std::vector<Subscription> subscriptions;
  /// One entry a descriptor, whatever the number of its subscriptions: the kernel refuses more entries than the process may have
  /// descriptors.
  std::vector<pollfd> polled;
  /// By guest descriptor, its entry in `polled` while a call is under way, otherwise kNone.
  std::vector<uint32_t> entry_of_fd;
  /// For Watcher, one an entry.
  std::vector<uint32_t> serials;
  /// Of ppoll when `watcher` does most of the work: what it cannot watch, its own descriptor, the timer.
  std::vector<pollfd> rest;
  std::vector<uint32_t> entry_of_rest;
  Watcher watcher;
  OwnedFd timer;
};

}  // namespace wasmrun::wasi
