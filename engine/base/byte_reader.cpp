// The LEB128 paths of ByteReader that are not inline.
#include "engine/base/byte_reader.h"

namespace wasmrun {

uint64_t ByteReader::read_unsigned_slow(int bits) {
  const uint64_t start = offset();
  uint64_t result = 0;
  for (int shift = 0; shift < bits; shift += 7) {
    if (pos_ == end_) return fail("unexpected end"), 0;
    const uint8_t byte = *pos_++;
    const int left = bits - shift;
    if (left < 7 && ((byte & 0x7f) >> left) != 0)
      return fail((byte & 0x80) ? "integer representation too long" : "integer too large", start), 0;
    result |= uint64_t{byte & 0x7fu} << shift;
    if (!(byte & 0x80)) return result;
  }
  return fail("integer representation too long", start), 0;
}

int64_t ByteReader::read_signed_slow(int bits) {
  const uint64_t start = offset();
  uint64_t result = 0;
  for (int shift = 0; shift < bits; shift += 7) {
    if (pos_ == end_) return fail("unexpected end"), 0;
    const uint8_t byte = *pos_++;
    const int left = bits - shift;
    if (left < 7) {
      // The bits past the number's width must repeat its sign bit.
      const int8_t unused = static_cast<int8_t>(static_cast<uint8_t>(byte << 1)) >> left;
      if ((byte & 0x80) != 0) return fail("integer representation too long", start), 0;
      if (unused != 0 && unused != -1) return fail("integer too large", start), 0;
    }
    result |= uint64_t{byte & 0x7fu} << shift;
    if (!(byte & 0x80)) {
      if (shift + 7 < 64 && (byte & 0x40)) result |= ~uint64_t{0} << (shift + 7);
      return static_cast<int64_t>(result);
    }
  }
  return fail("integer representation too long", start), 0;
}

}  // namespace wasmrun
