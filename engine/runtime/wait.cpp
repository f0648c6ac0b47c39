// A table of queues by address, as the kernel has one for futexes. A queue's lock makes "compare, then sleep" one step: a
// notifier holds it too, so no notification falls between the two. Each thread sleeps on a word of its own.
#include "engine/runtime/wait.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <limits>
#include <mutex>
#include <optional>

#include "engine/runtime/execution_context.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/store.h"

namespace wasmrun::runtime {
namespace {

constexpr int64_t kNanoseconds = 1'000'000'000;

std::optional<timespec> deadline_after(int64_t timeout_ns) {
  if (timeout_ns < 0) return std::nullopt;
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  timespec deadline = now;
  deadline.tv_sec += timeout_ns / kNanoseconds;
  deadline.tv_nsec += timeout_ns % kNanoseconds;
  if (deadline.tv_nsec >= kNanoseconds) {
    deadline.tv_nsec -= kNanoseconds;
    ++deadline.tv_sec;
  }
  return deadline;
}

/// Returns false when the deadline has passed. May return early.
bool sleep_while(std::atomic<uint32_t>& word, uint32_t value, const std::optional<timespec>& deadline) {
  const long result = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, value, deadline ? &*deadline : nullptr, nullptr,
                              FUTEX_BITSET_MATCH_ANY);
  return result == 0 || errno != ETIMEDOUT;
}

void wake(std::atomic<uint32_t>& word) { syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0); }

}  // namespace

class ParkingLot {
 public:
  static ParkingLot& instance() {
    static ParkingLot lot;
    return lot;
  }

  template <class T>
  WaitResult wait(const T* address, T expected, int64_t timeout_ns, WaitWord& word, const std::atomic<uint32_t>& interrupt) {
    const std::optional<timespec> deadline = deadline_after(timeout_ns);
    Queue& queue = queue_of(address);
    Waiter self{address, &word.state_, nullptr};
    {
      const std::lock_guard lock(queue.mutex);
      if (__atomic_load_n(address, __ATOMIC_SEQ_CST) != expected) return WaitResult::NotEqual;
      word.state_.store(WaitWord::Waiting);
      // Either this sees the flag, or who sets it afterwards sees that the thread waits.
      if (interrupt.load()) {
        word.state_.store(WaitWord::Running);
        return WaitResult::Interrupted;
      }
      queue.append(self);
    }
    while (word.state_.load() == WaitWord::Waiting && sleep_while(word.state_, WaitWord::Waiting, deadline)) {
    }
    const std::lock_guard lock(queue.mutex);
    const uint32_t state = word.state_.exchange(WaitWord::Running);
    if (state == WaitWord::Notified) return WaitResult::Ok;
    queue.remove(self);
    return state == WaitWord::Interrupted ? WaitResult::Interrupted : WaitResult::TimedOut;
  }

  uint32_t notify(const void* address, uint32_t count) {
    Queue& queue = queue_of(address);
    const std::lock_guard lock(queue.mutex);
    uint32_t woken = 0;
    for (Waiter** link = &queue.first; *link && woken < count;) {
      Waiter& waiter = **link;
      uint32_t expected = WaitWord::Waiting;
      // One that was interrupted takes itself out.
      if (waiter.address != address || !waiter.word->compare_exchange_strong(expected, WaitWord::Notified)) {
        link = &waiter.next;
        continue;
      }
      *link = waiter.next;
      wake(*waiter.word);
      ++woken;
    }
    return woken;
  }

  static void interrupt(WaitWord& word) {
    uint32_t expected = WaitWord::Waiting;
    if (word.state_.compare_exchange_strong(expected, WaitWord::Interrupted)) wake(word.state_);
  }

 private:
  /// Lives on the waiting thread's stack.
  struct Waiter {
    const void* address;
    std::atomic<uint32_t>* word;
    Waiter* next;
  };
  struct Queue {
    std::mutex mutex;
    Waiter* first = nullptr;

    void append(Waiter& waiter) {
      Waiter** link = &first;
      while (*link) link = &(*link)->next;
      *link = &waiter;
    }
    void remove(Waiter& waiter) {
      Waiter** link = &first;
      while (*link && *link != &waiter) link = &(*link)->next;
      if (*link) *link = waiter.next;
    }
  };

  Queue& queue_of(const void* address) {
    const auto bits = reinterpret_cast<uintptr_t>(address);
    return queues_[(bits >> 2 ^ bits >> 12) % queues_.size()];
  }

  std::array<Queue, 64> queues_;
};

void WaitWord::interrupt() { ParkingLot::interrupt(*this); }

template <class T>
WaitResult wait_at(const void* address, T expected, int64_t timeout_ns, WaitWord& word,
                   const std::atomic<uint32_t>& interrupt) {
  return ParkingLot::instance().wait(static_cast<const T*>(address), expected, timeout_ns, word, interrupt);
}
template WaitResult wait_at(const void*, uint32_t, int64_t, WaitWord&, const std::atomic<uint32_t>&);
template WaitResult wait_at(const void*, uint64_t, int64_t, WaitWord&, const std::atomic<uint32_t>&);

uint32_t notify_at(const void* address, uint32_t count) { return ParkingLot::instance().notify(address, count); }

namespace {

using abi::InstanceHeader;
using abi::TrapCode;

/// Of an access through memory << 48 | offset: its place, or why it traps.
struct Place {
  const Memory* memory;
  const uint8_t* address = nullptr;
  TrapCode trap = TrapCode::none;
};

Place find_place(InstanceHeader* header, uint64_t memory_and_offset, uint64_t address, uint64_t bytes) {
  const Memory& memory = Instance::of(header).memory(static_cast<uint32_t>(memory_and_offset >> 48));
  const uint64_t offset = memory_and_offset & ((uint64_t{1} << 48) - 1);
  Place place{&memory};
  const uint64_t begin = address + offset;
  const auto all = memory.bytes();
  if (begin % bytes != 0) {
    place.trap = TrapCode::unaligned_atomic;
  } else if (begin < offset || begin >= all.size() || all.size() - begin < bytes) {
    place.trap = TrapCode::memory_out_of_bounds;
  } else {
    place.address = all.data() + begin;
  }
  return place;
}

template <class T>
BuiltinResult wait(InstanceHeader* header, uint64_t memory_and_offset, uint64_t address, T expected, uint64_t timeout) {
  Place place = find_place(header, memory_and_offset, address, sizeof(T));
  if (place.trap == TrapCode::none && !place.memory->type().limits.is_shared) place.trap = TrapCode::expected_shared_memory;
  if (place.trap != TrapCode::none) return {0, static_cast<uint64_t>(place.trap)};
  auto& context = *reinterpret_cast<ExecutionContext*>(header->context);
  const WaitResult result =
      wait_at(place.address, expected, static_cast<int64_t>(timeout), context.wait_word, context.interrupt);
  if (result == WaitResult::Interrupted) return {0, static_cast<uint64_t>(TrapCode::interrupted)};
  return {static_cast<uint64_t>(result), 0};
}

}  // namespace

// Their only callers are the stubs.
extern "C" {

BuiltinResult wasmrun_builtin_memory_atomic_wait32(InstanceHeader* header, uint64_t memory_and_offset, uint64_t address,
                                                   uint64_t expected, uint64_t timeout) {
  return wait(header, memory_and_offset, address, static_cast<uint32_t>(expected), timeout);
}

BuiltinResult wasmrun_builtin_memory_atomic_wait64(InstanceHeader* header, uint64_t memory_and_offset, uint64_t address,
                                                   uint64_t expected, uint64_t timeout) {
  return wait(header, memory_and_offset, address, expected, timeout);
}

BuiltinResult wasmrun_builtin_memory_atomic_notify(InstanceHeader* header, uint64_t memory_and_offset, uint64_t address,
                                                   uint64_t count) {
  const Place place = find_place(header, memory_and_offset, address, sizeof(uint32_t));
  if (place.trap != TrapCode::none) return {0, static_cast<uint64_t>(place.trap)};
  // Nobody can wait on a memory that is not shared.
  if (!place.memory->type().limits.is_shared) return {0, 0};
  return {notify_at(place.address, static_cast<uint32_t>(count)), 0};
}

}  // extern "C"
}  // namespace wasmrun::runtime
