// The guest's linear memory as host functions see it: bounds by 64-bit sums, any alignment. Visible: GuestMemory.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

namespace wasmrun::wasi {

/// Reads and writes assume that `contains` was asked before.
class GuestMemory {
 public:
  explicit GuestMemory(std::span<uint8_t> bytes) : bytes_(bytes) {}

  /// Whether `size` bytes from `pointer` are inside. An empty range is inside wherever it points: guests pass dangling
  /// pointers with length 0. `size` may be a product of two 32-bit numbers.
  bool contains(uint32_t pointer, uint64_t size) const {
    return size == 0 || (size <= bytes_.size() && pointer <= bytes_.size() - size);
  }

  template <class T>
  T read(uint32_t pointer) const {
    T value;
    std::memcpy(&value, bytes_.data() + pointer, sizeof(T));
    return value;
  }
  template <class T>
  void write(uint32_t pointer, T value) {
    std::memcpy(bytes_.data() + pointer, &value, sizeof(T));
  }
  /// Null for an empty memory.
  uint8_t* at(uint32_t pointer) { return bytes_.data() + pointer; }
  void clear(uint32_t pointer, uint32_t size) { std::memset(bytes_.data() + pointer, 0, size); }

 private:
  std::span<uint8_t> bytes_;
};

}  // namespace wasmrun::wasi
