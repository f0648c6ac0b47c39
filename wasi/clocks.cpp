// clock_res_get, clock_time_get. Monotonic time is libuv's uv_hrtime (the vDSO, never 0); the other clocks go to the
// kernel because libuv 1.44 has microseconds at best for them.
#include <time.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>

#include "wasi/state.h"

namespace wasmrun::wasi {

namespace {

bool host_clock(I32 id, clockid_t* clock) {
  switch (id) {
    case kClockRealtime: *clock = CLOCK_REALTIME; return true;
    case kClockMonotonic: *clock = CLOCK_MONOTONIC; return true;
    case kClockProcessCpu: *clock = CLOCK_PROCESS_CPUTIME_ID; return true;
    case kClockThreadCpu: *clock = CLOCK_THREAD_CPUTIME_ID; return true;
  }
  return false;
}

uint64_t nanoseconds(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

/// The processor's clocks show the time since the start: nothing else takes any.
Errno look_at_virtual_clock(Call& call, I32 id, I32 time) {
  if (id > kClockThreadCpu) return Errno::Inval;
  Deterministic& world = *call.state.deterministic;
  const uint64_t monotonic = world.look_at_monotonic();
  call.memory.write(time, id == kClockRealtime ? world.realtime() : monotonic);
  return Errno::Success;
}

}  // namespace

Errno clock_res_get(Call& call, I32 id, I32 resolution) {
  if (!call.in_bounds(resolution, 8, "resolution")) return Errno::Fault;
  clockid_t clock;
  timespec time;
  if (!host_clock(id, &clock)) return Errno::Inval;
  if (call.state.deterministic) {
    call.memory.write(resolution, Deterministic::kStepNs);
    return Errno::Success;
  }
  if (::clock_getres(clock, &time) != 0) return from_host(errno);
  call.memory.write(resolution, std::max(nanoseconds(time), uint64_t{1}));
  return Errno::Success;
}

Errno clock_time_get(Call& call, I32 id, I64 /*precision*/, I32 time) {
  if (!call.in_bounds(time, 8, "time")) return Errno::Fault;
  if (__builtin_expect(call.state.deterministic != nullptr, 0)) return look_at_virtual_clock(call, id, time);
  if (id == kClockMonotonic) {
    call.memory.write(time, uv_hrtime());
    return Errno::Success;
  }
  clockid_t clock;
  timespec now;
  if (!host_clock(id, &clock)) return Errno::Inval;
  if (::clock_gettime(clock, &now) != 0) return from_host(errno);
  if (now.tv_sec < 0) return Errno::Overflow;  // the host's date is before 1970
  call.memory.write(time, nanoseconds(now));
  return Errno::Success;
}

}  // namespace wasmrun::wasi
