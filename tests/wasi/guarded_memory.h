// A guest's memory between pages that nobody may touch: a call that leaves it dies. Visible: GuardedMemory.
#pragma once

#include <sys/mman.h>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

class GuardedMemory {
 public:
  static constexpr uint64_t kGuard = 1 << 20;
  /// `size` is a multiple of a page. Zero, and not in the machine's memory until it is written.
  explicit GuardedMemory(uint64_t size) : size_(size) {
    base_ = static_cast<uint8_t*>(::mmap(nullptr, size + 2 * kGuard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    REQUIRE(base_ != MAP_FAILED);
    if (size != 0) REQUIRE(::mprotect(base_ + kGuard, size, PROT_READ | PROT_WRITE) == 0);
  }
  ~GuardedMemory() { ::munmap(base_, size_ + 2 * kGuard); }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  std::span<uint8_t> bytes() const { return {base_ + kGuard, size_}; }

 private:
  uint64_t size_;
  uint8_t* base_;
};

}  // namespace wasmrun::wasi
