// Maps the guest's stack and its guard.
#include "engine/runtime/guest_stack.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace wasmrun::runtime {

Result<std::unique_ptr<GuestStack>> GuestStack::create(uint64_t size_bytes) {
  constexpr uint64_t kPageBytes = 4096;
  constexpr uint64_t kMinBytes = uint64_t{64} << 10;
  constexpr uint64_t kMaxBytes = uint64_t{1} << 40;
  const uint64_t size = (std::clamp(size_bytes, kMinBytes, kMaxBytes) + kPageBytes - 1) & ~(kPageBytes - 1);
  const uint64_t mapped = size + kGuardBytes;
  void* low = mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  const auto refused = [size] {
    return Error{ErrorKind::Io, "cannot map a stack of " + std::to_string(size) + " bytes: " + std::strerror(errno)};
  };
  if (low == MAP_FAILED) return refused();
  std::unique_ptr<GuestStack> stack(new GuestStack);
  stack->low_ = static_cast<uint8_t*>(low);
  stack->mapped_bytes_ = mapped;
  if (mprotect(stack->limit(), size, PROT_READ | PROT_WRITE) != 0) return refused();
  // A huge page for a few frames would cost more time to clear than a short program runs.
  madvise(stack->limit(), size, MADV_NOHUGEPAGE);
  return stack;
}

GuestStack::~GuestStack() {
  if (low_) munmap(low_, mapped_bytes_);
}

}  // namespace wasmrun::runtime
