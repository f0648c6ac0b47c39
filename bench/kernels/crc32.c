// CRC-32 of a buffer, a byte at a time from a table and eight at a time from eight. Polynomial: ISO 3309.
#include "../bench.h"

enum { SIZE = 1 << 20 };
static uint8_t input[SIZE];
static uint32_t table[8][256];

static void make_tables(void) {
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    table[0][i] = crc;
  }
  for (int t = 1; t < 8; ++t)
    for (int i = 0; i < 256; ++i) table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
}

static uint32_t by_bytes(const uint8_t* p, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; ++i) crc = crc >> 8 ^ table[0][(crc ^ p[i]) & 255];
  return ~crc;
}

static uint32_t by_words(const uint8_t* p, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i + 8 <= size; i += 8) {
    uint32_t low, high;
    memcpy(&low, p + i, 4);
    memcpy(&high, p + i + 4, 4);
    low ^= crc;
    crc = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^ table[4][low >> 24] ^
          table[3][high & 255] ^ table[2][high >> 8 & 255] ^ table[1][high >> 16 & 255] ^ table[0][high >> 24];
  }
  return ~crc;
}

uint64_t kernel(void) {
  make_tables();
  uint32_t seed = 5;
  for (int i = 0; i < SIZE; ++i) input[i] = (uint8_t)next_random(&seed);
  const uint32_t first = by_bytes(input, SIZE);
  uint32_t second = 0;
  for (int round = 0; round < 8; ++round) second ^= by_words(input + round * 8, SIZE - 64);
  return (uint64_t)first << 32 | second;
}
