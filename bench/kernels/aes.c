// AES-128 in counter mode with the four tables of a software implementation. Source of the algorithm: FIPS 197.
#include "../bench.h"

static uint8_t sbox[256];
static uint32_t tables[4][256];
static uint32_t keys[44];

static uint8_t twice(uint8_t x) { return (uint8_t)(x << 1 ^ (x & 0x80 ? 0x1b : 0)); }
static uint32_t rotate(uint32_t x, int n) { return n ? x << n | x >> (32 - n) : x; }

static void make_tables(void) {
  uint8_t p = 1, inverse = 1;
  do {
    p = (uint8_t)(p ^ twice(p));  // times 3
    inverse ^= (uint8_t)(inverse << 1);
    inverse ^= (uint8_t)(inverse << 2);
    inverse ^= (uint8_t)(inverse << 4);
    if (inverse & 0x80) inverse ^= 0x09;  // divided by 3
    uint8_t s = inverse;
    for (int i = 1; i < 5; ++i) s ^= (uint8_t)(inverse << i | inverse >> (8 - i));
    sbox[p] = s ^ 0x63;
  } while (p != 1);
  sbox[0] = 0x63;
  for (int i = 0; i < 256; ++i) {
    const uint8_t s = sbox[i], s2 = twice(s), s3 = s2 ^ s;
    const uint32_t word = (uint32_t)s2 << 24 | (uint32_t)s << 16 | (uint32_t)s << 8 | s3;
    for (int t = 0; t < 4; ++t) tables[t][i] = rotate(word, (32 - 8 * t) & 31);
  }
}

static uint32_t substitute(uint32_t x) {
  return (uint32_t)sbox[x >> 24] << 24 | (uint32_t)sbox[x >> 16 & 255] << 16 | (uint32_t)sbox[x >> 8 & 255] << 8 | sbox[x & 255];
}

static void expand_key(const uint32_t key[4]) {
  uint8_t round = 1;
  for (int i = 0; i < 44; ++i) {
    if (i < 4) {
      keys[i] = key[i];
      continue;
    }
    uint32_t word = keys[i - 1];
    if (i % 4 == 0) {
      word = substitute(rotate(word, 8)) ^ (uint32_t)round << 24;
      round = twice(round);
    }
    keys[i] = keys[i - 4] ^ word;
  }
}

static void encrypt_block(const uint32_t in[4], uint32_t out[4]) {
  uint32_t s[4], t[4];
  for (int i = 0; i < 4; ++i) s[i] = in[i] ^ keys[i];
  for (int round = 1; round < 10; ++round) {
    for (int i = 0; i < 4; ++i)
      t[i] = tables[0][s[i] >> 24] ^ tables[1][s[(i + 1) & 3] >> 16 & 255] ^ tables[2][s[(i + 2) & 3] >> 8 & 255] ^
             tables[3][s[(i + 3) & 3] & 255] ^ keys[4 * round + i];
    memcpy(s, t, sizeof s);
  }
  for (int i = 0; i < 4; ++i)
    out[i] = ((uint32_t)sbox[s[i] >> 24] << 24 | (uint32_t)sbox[s[(i + 1) & 3] >> 16 & 255] << 16 |
              (uint32_t)sbox[s[(i + 2) & 3] >> 8 & 255] << 8 | sbox[s[(i + 3) & 3] & 255]) ^ keys[40 + i];
}

uint64_t kernel(void) {
  make_tables();
  const uint32_t key[4] = {0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f};
  expand_key(key);
  // The standard's example: 00112233..ff becomes 69c4e0d8 6a7b0430 d8cdb780 70b4c55a.
  uint32_t counter[4] = {0x00112233, 0x44556677, 0x8899aabb, 0xccddeeff}, out[4];
  encrypt_block(counter, out);
  if (out[0] != 0x69c4e0d8u || out[3] != 0x70b4c55au) return 0;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < 300000; ++i) {
    counter[3] = i;
    encrypt_block(counter, out);
    sum = sum * 31 + ((uint64_t)out[0] << 32 | out[1]) + ((uint64_t)out[2] << 32 | out[3]);
  }
  return sum;
}
