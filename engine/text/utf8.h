// UTF-8 sequences in source text. Visible: utf8_length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wasmrun::text {

/// Bytes of the well-formed UTF-8 sequence that `bytes` begins with; 0 when it begins with none. spec: binary-utf8
inline size_t utf8_length(std::string_view bytes) {
  const auto byte = [&](size_t i) { return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : uint8_t{0}; };
  const auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  if (bytes.empty()) return 0;
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return tail(1) ? 2 : 0;
  if (first < 0xf0) {
    const uint8_t low = first == 0xe0 ? 0xa0 : 0x80;   // no overlong forms
    const uint8_t high = first == 0xed ? 0x9f : 0xbf;  // no surrogates
    return byte(1) >= low && byte(1) <= high && tail(2) ? 3 : 0;
  }
  if (first < 0xf5) {
    const uint8_t low = first == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xf4 ? 0x8f : 0xbf;  // nothing above U+10FFFF
    return byte(1) >= low && byte(1) <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace wasmrun::text
