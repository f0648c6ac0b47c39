// Linear memories. Visible: Memory.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "engine/abi/data_images.h"
#include "engine/abi/instance_layout.h"
#include "engine/base/result.h"
#include "engine/module/types.h"

namespace wasmrun::runtime {

/// A linear memory. Shapes:
///
///     guarded (32-bit, the system gives address space)     exact (64-bit, or `ulimit -v`)
///     ┌────────┬───────────────────────────────────┐       ┌────────┐
///     │ bytes  │ inaccessible: faults become traps │       │ bytes  │ generated code compares
///     └────────┴───────────────────────────────────┘       └────────┘ growth may move them
///     0      size               4 GiB + 4 GiB + a page
///
/// A shared memory is exact but reserved up to its maximum where it is not guarded: it never moves, because other threads
/// run. Pages of one byte are exact. 4 GiB for any i32 address, 4 GiB for any 32-bit offset, a page for an access that begins at the last byte.
class Memory : public std::enable_shared_from_this<Memory> {
 public:
  /// Errors: Unlinkable when the minimum is above `max_bytes`, Io when the system refuses.
  static Result<std::unique_ptr<Memory>> create(const module::MemoryType& type, bool guard_pages,
                                                std::optional<uint64_t> max_bytes);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /// Whether the system lets a guarded memory be reserved now.
  static bool can_reserve_guarded();

  /// Grows by `delta_pages` pages of its page size, zeroed. Returns the old size in pages, or nothing when a limit or the system
  /// refuses; the memory is then unchanged. Thread-safe on shared memories. spec: exec-memory.grow
  std::optional<uint64_t> grow(uint64_t delta_pages);

  /// Lets the file's bytes be the memory's from then on, copied page by page where the guest writes. False when the memory may move or
  /// the system refuses: it is then unchanged. The image must be in bounds.
  bool map_image(int file, const abi::DataImage& image);

  uint64_t size_pages() const { return descriptor_.size_bytes >> type_.page_size_log2; }
  std::span<uint8_t> bytes() const { return {descriptor_.base, static_cast<size_t>(descriptor_.size_bytes)}; }
  const module::MemoryType& type() const { return type_; }
  abi::MemoryDescriptor* descriptor() { return &descriptor_; }

  /// Keeps `header`'s copy of the descriptor current from now on.
  void add_user(abi::InstanceHeader* header);
  /// Of an instance that ends before the memory.
  void remove_user(abi::InstanceHeader* header);

  /// Whether a fault at `address` is this memory's guard at work.
  bool guards(const void* address) const {
    const auto* byte = static_cast<const uint8_t*>(address);
    return is_guarded_ && byte >= descriptor_.base && byte < descriptor_.base + mapped_bytes_;
  }

 private:
  Memory() = default;

  module::MemoryType type_;
  abi::MemoryDescriptor descriptor_;
  bool is_guarded_ = false;
  /// All that it may grow to is reserved.
  bool is_reserved_ = false;
  uint64_t max_bytes_ = 0;
  /// Address space held from the base on.
  uint64_t mapped_bytes_ = 0;
  /// Held while it grows and while users come and go; only shared memories need it.
  std::mutex mutex_;
  std::vector<abi::InstanceHeader*> users_;
};

}  // namespace wasmrun::runtime
