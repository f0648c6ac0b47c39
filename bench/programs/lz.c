// A byte-oriented compressor and its decompressor: hash table, byte loads, unpredictable branches.
#include "../bench.h"

enum { SIZE = 1 << 20, HASH = 1 << 15 };
static uint8_t input[SIZE], packed[SIZE + SIZE / 8 + 16], output[SIZE];
static int32_t last_seen[HASH];

static uint32_t load32(const uint8_t* p) {
  uint32_t value;
  memcpy(&value, p, 4);
  return value;
}

static size_t compress(void) {
  for (int i = 0; i < HASH; ++i) last_seen[i] = -1;
  size_t out = 0, literals = 0, i = 0;
  while (i < SIZE) {
    size_t length = 0;
    int32_t from = -1;
    if (i + 8 < SIZE) {
      const uint32_t hash = load32(input + i) * 2654435761u >> 17;
      from = last_seen[hash];
      last_seen[hash] = (int32_t)i;
      if (from >= 0 && i - (size_t)from < 65535 && load32(input + from) == load32(input + i))
        while (length < 127 && i + length < SIZE && input[(size_t)from + length] == input[i + length]) ++length;
    }
    if (length >= 4) {
      packed[out++] = (uint8_t)(0x80 | length);
      const size_t distance = i - (size_t)from;
      packed[out++] = (uint8_t)distance;
      packed[out++] = (uint8_t)(distance >> 8);
      i += length;
      literals = 0;
    } else {
      if (literals == 0 || packed[out - literals - 1] == 127) {
        packed[out++] = 0;
        literals = 0;
      }
      packed[out++] = input[i++];
      ++literals;
      ++packed[out - literals - 1];
    }
  }
  return out;
}

static size_t decompress(size_t packed_size) {
  size_t out = 0;
  for (size_t i = 0; i < packed_size;) {
    const uint8_t token = packed[i++];
    if (token & 0x80) {
      const size_t distance = packed[i] | (size_t)packed[i + 1] << 8;
      i += 2;
      for (int k = token & 0x7f; k > 0; --k, ++out) output[out] = output[out - distance];
    } else {
      for (int k = token; k > 0; --k) output[out++] = packed[i++];
    }
  }
  return out;
}

uint64_t kernel(void) {
  uint32_t seed = 99;
  for (size_t i = 0; i < SIZE;) {
    const uint32_t r = next_random(&seed);
    if (i > 5000 && r % 3) {
      const size_t from = i - 1 - r % 5000;
      for (uint32_t k = 0; k < 5 + (r >> 8) % 30 && i < SIZE; ++k, ++i) input[i] = input[from + k];
    } else {
      input[i++] = (uint8_t)(r >> 12 & 31);
    }
  }
  uint64_t sum = 0;
  for (int round = 0; round < 3; ++round) {
    const size_t size = compress();
    if (decompress(size) != SIZE || memcmp(input, output, SIZE) != 0) return 0;
    sum = sum * 31 + size;
    input[round * 1000] ^= 1;
  }
  return sum;
}
