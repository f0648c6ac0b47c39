// Writes binary numbers and vectors. Visible: ByteWriter.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "engine/instructions/immediates.h"
#include "engine/instructions/visit.h"
#include "engine/module/types.h"

namespace wasmrun::text {

/// Appends to a vector of bytes what the binary decoder reads. spec: binary
class ByteWriter {
 public:
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  std::vector<uint8_t>& bytes() { return bytes_; }
  size_t size() const { return bytes_.size(); }
  void clear() { bytes_.clear(); }

  void u8(uint8_t value) { bytes_.push_back(value); }
  void u64(uint64_t value) {
    for (; value >= 0x80; value >>= 7) u8(static_cast<uint8_t>(value) | 0x80);
    u8(static_cast<uint8_t>(value));
  }
  void u32(uint32_t value) { u64(value); }
  void s64(int64_t value) {
    while (value < -64 || value > 63) {
      u8(static_cast<uint8_t>(value) | 0x80);
      value >>= 7;
    }
    u8(static_cast<uint8_t>(value & 0x7f));
  }
  template <class T>
  void fixed(T value) {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof value);
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  void append(std::span<const uint8_t> data) { bytes_.insert(bytes_.end(), data.begin(), data.end()); }
  void append(const ByteWriter& other) { append(std::span(other.bytes_)); }
  /// A length and that many bytes.
  void sized(std::span<const uint8_t> data) {
    u64(data.size());
    append(data);
  }
  void name(std::string_view text) { sized({reinterpret_cast<const uint8_t*>(text.data()), text.size()}); }

  void opcode(instructions::Opcode opcode) {
    const instructions::OpcodeInfo& info = instructions::opcode_info(opcode);
    if (info.prefix == 0) return u8(static_cast<uint8_t>(info.code));
    u8(info.prefix);
    u32(info.code);
  }

  void heap_type(module::HeapType type) {
    if (type.is_exact()) {
      u8(0x62);
      // As a signed number, whose first byte is never taken for the prefix again; equal to the unsigned one below 64.
      return s64(type.index().value);
    }
    if (type.is_index()) return s64(type.index().value);
    for (uint8_t code = 0x69; code <= 0x74; ++code) {
      module::AbstractHeapType candidate{};
      if (instructions::abstract_heap_type_of(code, candidate) && candidate == type.abstract()) return u8(code);
    }
    CHECK(!"a heap type without code");
  }

  void value_type(module::ValueType type) {
    switch (type.kind()) {
      case module::ValueType::Kind::I32: return u8(0x7f);
      case module::ValueType::Kind::I64: return u8(0x7e);
      case module::ValueType::Kind::F32: return u8(0x7d);
      case module::ValueType::Kind::F64: return u8(0x7c);
      case module::ValueType::Kind::V128: return u8(0x7b);
      case module::ValueType::Kind::Ref:
        // The one-byte form of a nullable abstract type is the code of its heap type.
        if (type.nullable() && !type.heap_type().is_index()) return heap_type(type.heap_type());
        u8(type.nullable() ? 0x63 : 0x64);
        return heap_type(type.heap_type());
      case module::ValueType::Kind::Bottom: break;
    }
    CHECK(!"a value type without code");
  }
  void value_types(const std::vector<module::ValueType>& types) {
    u64(types.size());
    for (const module::ValueType type : types) value_type(type);
  }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace wasmrun::text
