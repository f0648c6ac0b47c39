// Lines and words of a text found sixteen bytes at a time: compares, masks of bits, counts.
#include "../bench.h"
#include "vectors.h"

enum { SIZE = 1 << 20 };
static uint8_t text[SIZE];

static uint64_t positions(uint8_t wanted) {
  const bytes all = all_bytes(wanted);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < SIZE; i += 16)
    for (uint32_t mask = bytes_mask(equal_bytes(load_bytes(text + i), all)); mask; mask &= mask - 1) sum = sum * 31 + i + (uint32_t)__builtin_ctz(mask);
  return sum;
}

static uint64_t pairs(uint8_t first, uint8_t second) {
  const bytes a = all_bytes(first), b = all_bytes(second);
  uint64_t count = 0;
  for (uint32_t i = 0; i + 17 <= SIZE; i += 16)
    count += (uint64_t)__builtin_popcount(bytes_mask(equal_bytes(load_bytes(text + i), a)) & bytes_mask(equal_bytes(load_bytes(text + i + 1), b)));
  return count;
}

uint64_t kernel(void) {
  uint32_t seed = 73;
  for (uint32_t i = 0; i < SIZE; ++i) {
    const uint32_t r = next_random(&seed);
    text[i] = r % 40 == 0 ? '\n' : r % 6 == 0 ? ' ' : (uint8_t)('a' + (r >> 8) % 20);
  }
  uint64_t sum = 0;
  for (int round = 0; round < 12; ++round) {
    sum = sum * 31 + positions('\n');
    sum = sum * 31 + positions((uint8_t)('a' + round));
    sum = sum * 31 + pairs(' ', (uint8_t)('b' + round));
  }
  return sum;
}
