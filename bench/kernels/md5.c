// A digest of four rounds with data-dependent additions and rotations, in the manner of MD5 (constants of our own).
#include "../bench.h"

static uint8_t message[1 << 20];
static uint32_t constants[64];

static uint32_t rotate(uint32_t x, uint32_t n) { return x << n | x >> (32 - n); }

static void block(uint32_t state[4], const uint8_t* bytes) {
  static const uint8_t turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  uint32_t m[16];
  memcpy(m, bytes, 64);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  for (uint32_t i = 0; i < 64; ++i) {
    uint32_t mixed, index;
    if (i < 16) {
      mixed = (b & c) | (~b & d);
      index = i;
    } else if (i < 32) {
      mixed = (d & b) | (~d & c);
      index = 5 * i + 1;
    } else if (i < 48) {
      mixed = b ^ c ^ d;
      index = 3 * i + 5;
    } else {
      mixed = c ^ (b | ~d);
      index = 7 * i;
    }
    mixed += a + constants[i] + m[index & 15];
    a = d;
    d = c;
    c = b;
    b += rotate(mixed, turns[i / 16][i % 4]);
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
}

uint64_t kernel(void) {
  uint32_t seed = 11;
  for (int i = 0; i < 64; ++i) constants[i] = next_random(&seed);
  for (size_t i = 0; i < sizeof message; ++i) message[i] = (uint8_t)(i * 7 + (i >> 8));
  uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for (int round = 0; round < 8; ++round)
    for (size_t i = 0; i < sizeof message; i += 64) block(state, message + i);
  return ((uint64_t)state[0] << 32 | state[1]) ^ ((uint64_t)state[2] << 32 | state[3]);
}
