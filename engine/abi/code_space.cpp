// One reservation for a module's code: writable while workers fill it, then read+execute.
#include "engine/abi/code_space.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace wasmrun::abi {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kAlignBytes = 16;
constexpr size_t kMaxBytes = (size_t{1} << 31) - kPageBytes;
// Below this the code of any module worth its name does not fit, and the system is out of memory anyway.
constexpr size_t kMinBytes = size_t{64} << 10;

size_t round_up(size_t value, size_t unit) { return (value + unit - 1) & ~(unit - 1); }

Error io_error(const char* what) {
  return Error{ErrorKind::Io, std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

Result<std::unique_ptr<CodeSpace>> CodeSpace::create(size_t capacity_bytes) {
  size_t capacity = round_up(capacity_bytes < kPageBytes ? kPageBytes : capacity_bytes, kPageBytes);
  if (capacity > kMaxBytes) capacity = kMaxBytes;
  // The capacity is an estimate from above; under `ulimit -v` a smaller reservation often does.
  for (;;) {
    void* base = mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base != MAP_FAILED) {
      std::unique_ptr<CodeSpace> space(new CodeSpace);
      space->base_ = static_cast<uint8_t*>(base);
      space->capacity_ = capacity;
      return space;
    }
    if (capacity <= kMinBytes) return io_error("cannot reserve memory for compiled code");
    capacity = round_up(capacity / 2, kPageBytes);
  }
}

Result<std::unique_ptr<CodeSpace>> CodeSpace::map(int fd, uint64_t offset, size_t size_bytes) {
  if (size_bytes > kMaxBytes) return Error{ErrorKind::Io, "cannot map so much code"};
  void* const base = size_bytes == 0 ? MAP_FAILED : mmap(nullptr, size_bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, static_cast<off_t>(offset));
  if (base != MAP_FAILED) {
    std::unique_ptr<CodeSpace> space(new CodeSpace);
    space->base_ = static_cast<uint8_t*>(base);
    space->capacity_ = round_up(size_bytes, kPageBytes);
    space->used_.store(size_bytes, std::memory_order_relaxed);
    return space;
  }
  auto space = TRY(create(size_bytes));
  space->used_.store(size_bytes, std::memory_order_relaxed);
  for (size_t read = 0; read < size_bytes;) {
    const ssize_t got = pread(fd, space->base_ + read, size_bytes - read, static_cast<off_t>(offset + read));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("cannot read compiled code");
    if (got == 0) return Error{ErrorKind::Io, "cannot read compiled code: the file became shorter"};
    read += static_cast<size_t>(got);
  }
  TRY(space->seal());
  return space;
}

CodeSpace::~CodeSpace() {
  if (base_) munmap(base_, capacity_);
}

uint8_t* CodeSpace::allocate(size_t size_bytes) {
  if (size_bytes > capacity_) return nullptr;
  const size_t size = round_up(size_bytes, kAlignBytes);
  size_t begin = used_.load(std::memory_order_relaxed);
  do {
    if (size > capacity_ - begin) return nullptr;
  } while (!used_.compare_exchange_weak(begin, begin + size, std::memory_order_relaxed));
  return base_ + begin;
}

void CodeSpace::shrink(uint8_t* start, size_t size_bytes, size_t used) {
  const auto begin = static_cast<size_t>(start - base_);
  size_t end = begin + round_up(size_bytes, kAlignBytes);
  used_.compare_exchange_strong(end, begin + round_up(used, kAlignBytes), std::memory_order_relaxed);
}

Result<void> CodeSpace::seal() {
  const size_t kept = round_up(size_bytes(), kPageBytes);
  if (kept < capacity_) {
    // An empty module keeps one page, so that its address stays its own.
    const size_t keep_at_least = kept ? kept : kPageBytes;
    munmap(base_ + keep_at_least, capacity_ - keep_at_least);
    capacity_ = keep_at_least;
  }
  if (mprotect(base_, capacity_, PROT_READ | PROT_EXEC) != 0) return io_error("cannot make compiled code executable");
  return {};
}

}  // namespace wasmrun::abi
