// SHA-256 of a buffer: 32-bit rotates, many live values. Source of the algorithm: FIPS 180-4.
#include "../bench.h"

static uint32_t round_constants[64];
static uint8_t message[1 << 20];

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

// The constants are the fractional bits of the cube roots of the first 64 primes; found here by integer search.
static void make_constants(void) {
  int found = 0;
  for (uint32_t candidate = 2; found < 64; ++candidate) {
    int prime = 1;
    for (uint32_t d = 2; d * d <= candidate; ++d) prime &= candidate % d != 0;
    if (!prime) continue;
    // root = floor(cbrt(candidate) * 2^32), by binary search.
    uint64_t low = 0, high = (uint64_t)8 << 32;
    while (low + 1 < high) {
      const uint64_t middle = low + (high - low) / 2;
      if ((unsigned __int128)middle * middle * middle <= (unsigned __int128)candidate << 96) low = middle; else high = middle;
    }
    round_constants[found++] = (uint32_t)low;
  }
}

static void block(uint32_t state[8], const uint8_t* bytes) {
  uint32_t w[64];
  for (int i = 0; i < 16; ++i)
    w[i] = (uint32_t)bytes[4 * i] << 24 | (uint32_t)bytes[4 * i + 1] << 16 | (uint32_t)bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
  for (int i = 16; i < 64; ++i) {
    const uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    const uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; ++i) {
    const uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + round_constants[i] + w[i];
    const uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

uint64_t kernel(void) {
  make_constants();
  uint32_t seed = 7;
  for (size_t i = 0; i < sizeof message; ++i) message[i] = (uint8_t)next_random(&seed);
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (int round = 0; round < 8; ++round)
    for (size_t i = 0; i < sizeof message; i += 64) block(state, message + i);
  return (uint64_t)state[0] << 32 | state[7];
}
