// Memory for the code of one module: written by many workers, then sealed read+execute. Visible: CodeSpace.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/result.h"

namespace wasmrun::abi {

/// One contiguous reservation, so that functions call each other by 32-bit distances. Never writable and executable at once.
class CodeSpace {
 public:
  /// Reserves `capacity_bytes` of address space (at most 2 GiB - 1); pages are used only when written.
  static Result<std::unique_ptr<CodeSpace>> create(size_t capacity_bytes);
  /// Code that lies in a file, at a multiple of 4096: mapped, so that processes share it. Where the system refuses executable mappings
  /// of that file (a `noexec` mount), a copy. Errors: Io.
  static Result<std::unique_ptr<CodeSpace>> map(int fd, uint64_t offset, size_t size_bytes);
  ~CodeSpace();
  CodeSpace(const CodeSpace&) = delete;
  CodeSpace& operator=(const CodeSpace&) = delete;

  /// Hands out `size_bytes` (16-byte aligned) that only the caller writes; null when the reservation is used up. Thread-safe.
  uint8_t* allocate(size_t size_bytes);
  /// Gives back the end of the latest-needed part: `used` of the `size_bytes` at `start`. Only shrinks if nothing follows.
  void shrink(uint8_t* start, size_t size_bytes, size_t used);
  /// Makes the code executable and read-only and returns the rest to the system.
  Result<void> seal();

  uint8_t* base() const { return base_; }
  size_t size_bytes() const { return used_.load(std::memory_order_relaxed); }
  bool contains(const void* address) const {
    const auto* byte = static_cast<const uint8_t*>(address);
    return byte >= base_ && byte < base_ + size_bytes();
  }

 private:
  CodeSpace() = default;
  uint8_t* base_ = nullptr;
  size_t capacity_ = 0;
  std::atomic<size_t> used_{0};
};

}  // namespace wasmrun::abi
