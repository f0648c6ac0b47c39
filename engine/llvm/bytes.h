// Reads numbers of the formats that LLVM writes. Visible: Bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

namespace wasmrun::llvm_compiler {

/// Little-endian numbers one after the other; reading past the end gives zeros and is remembered.
class Bytes {
 public:
  explicit Bytes(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  bool failed() const { return failed_; }
  bool at_end() const { return at_ >= bytes_.size(); }
  size_t at() const { return at_; }
  void seek(size_t at) { at_ = at; }
  template <class T>
  T fixed() {
    T value{};
    if (bytes_.size() - std::min(at_, bytes_.size()) < sizeof(T)) {
      failed_ = true;
      at_ = bytes_.size();
      return value;
    }
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  uint64_t leb() {
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = fixed<uint8_t>();
      if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
      if (!(byte & 0x80) || failed_) return value;
    }
  }
  int64_t sleb() {
    uint64_t value = 0;
    for (unsigned shift = 0;;) {
      const auto byte = fixed<uint8_t>();
      if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
      shift += 7;
      if (byte & 0x80 && !failed_) continue;
      if (byte & 0x40 && shift < 64) value |= ~uint64_t{0} << shift;
      return static_cast<int64_t>(value);
    }
  }
  void skip(uint64_t count) {
    if (count > bytes_.size() - std::min(at_, bytes_.size())) {
      failed_ = true;
      at_ = bytes_.size();
    } else {
      at_ += count;
    }
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace wasmrun::llvm_compiler
