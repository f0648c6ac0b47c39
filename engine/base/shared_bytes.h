// Bytes that nobody changes, together with what keeps them: a vector, or a mapped file. Visible: SharedBytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace wasmrun {

/// Copies share the bytes; the last one lets go of them.
class SharedBytes {
 public:
  SharedBytes() = default;
  SharedBytes(std::vector<uint8_t> bytes) : SharedBytes(std::make_shared<const std::vector<uint8_t>>(std::move(bytes))) {}
  /// The vector must not change any more.
  SharedBytes(std::shared_ptr<const std::vector<uint8_t>> bytes) : bytes_(*bytes), owner_(std::move(bytes)) {}
  /// `bytes` are valid as long as `owner` lives.
  SharedBytes(std::shared_ptr<const void> owner, std::span<const uint8_t> bytes) : bytes_(bytes), owner_(std::move(owner)) {}

  std::span<const uint8_t> span() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  uint8_t operator[](size_t index) const { return bytes_[index]; }

 private:
  std::span<const uint8_t> bytes_;
  std::shared_ptr<const void> owner_;
};

}  // namespace wasmrun
