// Base64 out and in again, and UTF-8 decoded and encoded: byte loads, shifts, tables, branches.
#include "../bench.h"

enum { SIZE = 600000 };
static uint8_t input[SIZE], decoded[SIZE + 4], letters[64], values[256];
static char encoded[SIZE / 3 * 4 + 8];
static uint8_t utf8[SIZE * 2], utf8_again[SIZE * 2];
static uint32_t points[SIZE];

static size_t encode(void) {
  size_t out = 0;
  for (size_t i = 0; i + 2 < SIZE; i += 3) {
    const uint32_t bits = (uint32_t)input[i] << 16 | (uint32_t)input[i + 1] << 8 | input[i + 2];
    encoded[out++] = (char)letters[bits >> 18];
    encoded[out++] = (char)letters[bits >> 12 & 63];
    encoded[out++] = (char)letters[bits >> 6 & 63];
    encoded[out++] = (char)letters[bits & 63];
  }
  return out;
}

static size_t decode(size_t size) {
  size_t out = 0;
  for (size_t i = 0; i < size; i += 4) {
    uint32_t bits = 0;
    for (int k = 0; k < 4; ++k) {
      const uint8_t value = values[(uint8_t)encoded[i + (size_t)k]];
      if (value == 255) return out;
      bits = bits << 6 | value;
    }
    decoded[out++] = (uint8_t)(bits >> 16);
    decoded[out++] = (uint8_t)(bits >> 8);
    decoded[out++] = (uint8_t)bits;
  }
  return out;
}

static size_t write_utf8(uint8_t* to, const uint32_t* from, size_t count) {
  uint8_t* p = to;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t c = from[i];
    if (c < 0x80) {
      *p++ = (uint8_t)c;
    } else if (c < 0x800) {
      *p++ = (uint8_t)(0xc0 | c >> 6);
      *p++ = (uint8_t)(0x80 | (c & 63));
    } else {
      *p++ = (uint8_t)(0xe0 | c >> 12);
      *p++ = (uint8_t)(0x80 | (c >> 6 & 63));
      *p++ = (uint8_t)(0x80 | (c & 63));
    }
  }
  return (size_t)(p - to);
}

static size_t read_utf8(uint32_t* to, const uint8_t* from, size_t size) {
  size_t count = 0;
  for (size_t i = 0; i < size;) {
    const uint8_t c = from[i++];
    if (c < 0x80) {
      to[count++] = c;
      continue;
    }
    const int more = c >= 0xe0 ? 2 : 1;
    uint32_t point = c & (0x3fu >> more);
    for (int k = 0; k < more; ++k) point = point << 6 | (from[i++] & 63);
    to[count++] = point;
  }
  return count;
}

uint64_t kernel(void) {
  for (int i = 0; i < 64; ++i) letters[i] = (uint8_t)(i < 26 ? 'A' + i : i < 52 ? 'a' + i - 26 : i < 62 ? '0' + i - 52 : i == 62 ? '+' : '/');
  memset(values, 255, sizeof values);
  for (int i = 0; i < 64; ++i) values[letters[i]] = (uint8_t)i;
  uint32_t seed = 47;
  for (int i = 0; i < SIZE; ++i) input[i] = (uint8_t)next_random(&seed);
  uint64_t sum = 0;
  for (int round = 0; round < 5; ++round) {
    const size_t size = encode();
    sum = sum * 31 + decode(size);
    if (memcmp(input, decoded, SIZE) != 0) return 0;
    input[round] ^= 5;
  }
  for (int i = 0; i < SIZE / 2; ++i) {
    const uint32_t r = next_random(&seed);
    points[i] = r & 1 ? 32 + (r >> 1) % 90 : r & 2 ? 0x80 + (r >> 2) % 0x700 : 0x800 + (r >> 2) % 0xc000;
  }
  const size_t size = write_utf8(utf8, points, SIZE / 2);
  const size_t count = read_utf8(points, utf8, size);
  if (write_utf8(utf8_again, points, count) != size || memcmp(utf8, utf8_again, size) != 0) return 0;
  return sum * 31 + size + count;
}
