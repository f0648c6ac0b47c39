// What poll_oneoff keeps of one subscription. Visible: Subscription.
#pragma once

#include <cstdint>

#include "wasi/errno.h"

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
  bool waits_for_deadline = false;
  Errno error = Errno::Success;
  uint16_t event_flags = 0;
  uint64_t byte_count = 0;
};

}  // namespace wasmrun::wasi
