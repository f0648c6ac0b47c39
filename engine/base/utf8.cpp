// The body of utf8.h.
#include "engine/base/utf8.h"

#include <cstdint>
#include <cstring>

namespace wasmrun {
namespace {

/// What may follow a lead byte: `length` bytes in all, the second within `second_min..second_max`. These bounds keep
/// out longer forms than needed (after e0, f0), surrogates (ed) and numbers past U+10FFFF (f4).
struct Sequence {
  uint8_t length;
  uint8_t second_min;
  uint8_t second_max;
};

/// `length` is 0 for a byte that begins no sequence.
constexpr Sequence sequence_of(uint8_t lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xc2) return {0, 0, 0};
  if (lead < 0xe0) return {2, 0x80, 0xbf};
  if (lead == 0xe0) return {3, 0xa0, 0xbf};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead < 0xf0) return {3, 0x80, 0xbf};
  if (lead == 0xf0) return {4, 0x90, 0xbf};
  if (lead < 0xf4) return {4, 0x80, 0xbf};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

size_t count_leading_ascii(std::string_view bytes) {
  size_t count = 0;
  for (uint64_t word; bytes.size() - count >= sizeof word; count += sizeof word) {
    std::memcpy(&word, bytes.data() + count, sizeof word);
    if (word & 0x8080808080808080) break;
  }
  while (count < bytes.size() && static_cast<uint8_t>(bytes[count]) < 0x80) ++count;
  return count;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  for (bytes.remove_prefix(count_leading_ascii(bytes)); !bytes.empty();) {
    const Sequence sequence = sequence_of(static_cast<uint8_t>(bytes[0]));
    if (sequence.length == 0 || bytes.size() < sequence.length) return false;
    for (size_t i = 1; i < sequence.length; ++i) {
      const auto byte = static_cast<uint8_t>(bytes[i]);
      if (byte < (i == 1 ? sequence.second_min : 0x80) || byte > (i == 1 ? sequence.second_max : 0xbf)) return false;
    }
    bytes.remove_prefix(sequence.length);
  }
  return true;
}

}  // namespace wasmrun
