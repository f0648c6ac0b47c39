// Threads that wait at an address of a shared memory. Visible: WaitWord, WaitResult, wait_at, notify_at.
#pragma once

#include <atomic>
#include <cstdint>

namespace wasmrun::runtime {

/// What a thread sleeps on: one a store, because one thread at a time runs a store's guests.
class WaitWord {
 public:
  enum State : uint32_t { Running, Waiting, Notified, Interrupted };

  /// Wakes the thread if it waits. Async-signal-safe. Call after the flag that says why is set.
  void interrupt();

 private:
  friend class ParkingLot;
  std::atomic<uint32_t> state_{Running};
};

/// The first three are what the instruction returns.
enum class WaitResult : uint8_t { Ok, NotEqual, TimedOut, Interrupted };

/// Sleeps until another thread notifies `address`, if the T there still is `expected`. A negative timeout is none.
/// `interrupt` is tested once the thread would hear of WaitWord::interrupt. spec: threads proposal, memory.atomic.wait
template <class T>
WaitResult wait_at(const void* address, T expected, int64_t timeout_ns, WaitWord& word,
                   const std::atomic<uint32_t>& interrupt);

/// Wakes the threads that have waited longest at `address`, at most `count`. Returns how many.
/// spec: threads proposal, memory.atomic.notify
uint32_t notify_at(const void* address, uint32_t count);

}  // namespace wasmrun::runtime
