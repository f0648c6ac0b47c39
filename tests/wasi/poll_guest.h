// A guest that polls. Visible: Event, PollGuest.
#pragma once

#include <vector>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

/// Where subscriptions and events are.
inline constexpr uint32_t kIn = 0x10000, kOut = 0x20000;
inline constexpr uint64_t kMillisecond = 1'000'000;

struct Event {
  uint64_t userdata;
  Errno error;
  int type;
  uint64_t nbytes;
  uint16_t flags;
};

/// Collects subscriptions by `clock`, `read` and `write`; `poll` asks for them all and leaves the answers in `events`.
class PollGuest : public Guest {
 public:
  using Guest::Guest;
  void clock(uint32_t id, uint64_t timeout, uint16_t flags = 0, uint64_t userdata = 0) {
    const SubscriptionLayout layout = subscription_layout(snapshot);
    const uint32_t at = begin(userdata, 0);
    set(at + layout.clock_id, id);
    set(at + layout.timeout, timeout);
    set(at + layout.flags, flags);
  }
  void fd(int tag, uint32_t number, uint64_t userdata = 0) {
    const uint32_t at = begin(userdata, tag);
    set(at + 16, number);
  }
  void read(uint32_t number, uint64_t userdata = 0) { fd(1, number, userdata); }
  void write(uint32_t number, uint64_t userdata = 0) { fd(2, number, userdata); }
  Reply poll() {
    const Reply reply = call("poll_oneoff", kIn, kOut, count_, kResult);
    count_ = 0;
    events.clear();
    if (!(reply == Errno::Success)) return reply;
    for (uint32_t i = 0; i < get<uint32_t>(kResult); ++i) {
      const uint32_t at = kOut + 32 * i;
      events.push_back({get<uint64_t>(at), static_cast<Errno>(get<uint16_t>(at + 8)), get<uint8_t>(at + 10),
                        get<uint64_t>(at + 16), get<uint16_t>(at + 24)});
    }
    return reply;
  }
  std::vector<Event> events;

 private:
  uint32_t begin(uint64_t userdata, int tag) {
    const uint32_t size = subscription_layout(snapshot).size_bytes;
    const uint32_t at = kIn + size * count_++;
    GuestMemory(memory()).clear(at, size);
    set(at, userdata);
    set(at + 8, static_cast<uint8_t>(tag));
    return at;
  }
  uint32_t count_ = 0;
};

}  // namespace wasmrun::wasi
