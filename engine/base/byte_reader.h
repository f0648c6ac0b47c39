// Reads little-endian numbers and LEB128 from a span of bytes. Visible: ByteReader, TrustedReader.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "engine/base/check.h"

namespace wasmrun {

/// Reads from bytes nobody has checked yet. The first failure sticks: later reads return 0 and change nothing, so
/// callers may read several values and ask `failed()` once. Offsets are from the start of the module.
/// spec: binary-int
class ByteReader {
 public:
  /// `base_offset` is where `bytes` begins in the module.
  explicit ByteReader(std::span<const uint8_t> bytes, uint64_t base_offset = 0)
      : begin_(bytes.data()), pos_(bytes.data()), end_(bytes.data() + bytes.size()), base_offset_(base_offset) {}

  static constexpr bool kTrusted = false;

  uint64_t offset() const { return base_offset_ + static_cast<uint64_t>(pos_ - begin_); }
  uint64_t remaining() const { return static_cast<uint64_t>(end_ - pos_); }
  bool at_end() const { return pos_ == end_; }
  const uint8_t* position() const { return pos_; }

  bool failed() const { return error_ != nullptr; }
  /// The failure in the test suite's words; null when there is none.
  const char* error() const { return error_; }
  uint64_t error_offset() const { return error_offset_; }
  /// Makes the reader fail at `at` unless it already has; `message` must outlive the reader.
  void fail(const char* message, uint64_t at) {
    if (error_) return;
    error_ = message;
    error_offset_ = at;
    pos_ = end_;
  }
  void fail(const char* message) { fail(message, offset()); }

  uint8_t read_u8() {
    if (pos_ == end_) return fail("unexpected end"), uint8_t{0};
    return *pos_++;
  }
  /// The next byte without consuming it; 0 at the end.
  uint8_t peek_u8() const { return pos_ == end_ ? uint8_t{0} : *pos_; }

  template <class T>
  T read_fixed() {
    T value{};
    if (remaining() < sizeof(T)) return fail("unexpected end"), value;
    std::memcpy(&value, pos_, sizeof(T));
    pos_ += sizeof(T);
    return value;
  }

  uint32_t read_u32() {
    if (pos_ != end_ && *pos_ < 0x80) return *pos_++;
    return static_cast<uint32_t>(read_unsigned_slow(32));
  }
  uint64_t read_u64() {
    if (pos_ != end_ && *pos_ < 0x80) return *pos_++;
    return read_unsigned_slow(64);
  }
  int32_t read_s32() { return static_cast<int32_t>(read_signed(32)); }
  /// A 33-bit signed number, as block types and heap types use.
  int64_t read_s33() { return read_signed(33); }
  int64_t read_s64() { return read_signed(64); }

  std::span<const uint8_t> read_bytes(uint64_t count) {
    if (remaining() < count) return fail("unexpected end"), std::span<const uint8_t>{};
    std::span<const uint8_t> result(pos_, static_cast<size_t>(count));
    pos_ += count;
    return result;
  }

 private:
  uint64_t read_unsigned_slow(int bits);
  int64_t read_signed(int bits) {
    // One byte holds seven bits; its bit 6 is the sign.
    if (pos_ != end_ && *pos_ < 0x80) return static_cast<int8_t>(*pos_++ << 1) >> 1;
    return read_signed_slow(bits);
  }
  int64_t read_signed_slow(int bits);

  const uint8_t* begin_;
  const uint8_t* pos_;
  const uint8_t* end_;
  uint64_t base_offset_;
  const char* error_ = nullptr;
  uint64_t error_offset_ = 0;
};

/// Reads from bytes that validation has accepted: the same interface, and no checks. Compilers use it.
class TrustedReader {
 public:
  explicit TrustedReader(std::span<const uint8_t> bytes, uint64_t base_offset = 0)
      : begin_(bytes.data()), pos_(bytes.data()), end_(bytes.data() + bytes.size()), base_offset_(base_offset) {}

  static constexpr bool kTrusted = true;

  uint64_t offset() const { return base_offset_ + static_cast<uint64_t>(pos_ - begin_); }
  uint64_t remaining() const { return static_cast<uint64_t>(end_ - pos_); }
  bool at_end() const { return pos_ >= end_; }
  const uint8_t* position() const { return pos_; }
  static constexpr bool failed() { return false; }
  void fail(const char*, uint64_t = 0) { CHECK(!"validated bytes do not decode"); }

  uint8_t read_u8() { return *pos_++; }
  uint8_t peek_u8() const { return pos_ < end_ ? *pos_ : uint8_t{0}; }
  template <class T>
  T read_fixed() {
    T value;
    std::memcpy(&value, pos_, sizeof(T));
    pos_ += sizeof(T);
    return value;
  }
  uint32_t read_u32() { return static_cast<uint32_t>(read_u64()); }
  uint64_t read_u64() {
    uint64_t result = *pos_ & 0x7f;
    int shift = 7;
    while (*pos_++ & 0x80) {
      result |= uint64_t{*pos_ & 0x7fu} << shift;
      shift += 7;
    }
    return result;
  }
  int32_t read_s32() { return static_cast<int32_t>(read_s64()); }
  int64_t read_s33() { return read_s64(); }
  int64_t read_s64() {
    uint64_t result = 0;
    int shift = 0;
    uint8_t byte;
    do {
      byte = *pos_++;
      result |= uint64_t{byte & 0x7fu} << shift;
      shift += 7;
    } while (byte & 0x80);
    if (shift < 64 && (byte & 0x40)) result |= ~uint64_t{0} << shift;
    return static_cast<int64_t>(result);
  }
  std::span<const uint8_t> read_bytes(uint64_t count) {
    std::span<const uint8_t> result(pos_, static_cast<size_t>(count));
    pos_ += count;
    return result;
  }

 private:
  const uint8_t* begin_;
  const uint8_t* pos_;
  const uint8_t* end_;
  uint64_t base_offset_;
};

}  // namespace wasmrun
