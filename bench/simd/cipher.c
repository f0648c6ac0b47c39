// A stream cipher of additions, rotations and exclusive ors on a state of four vectors. Source of the algorithm: RFC 8439, 2.3.
#include "../bench.h"
#include "vectors.h"

enum { SIZE = 1 << 20 };
static uint32_t text[SIZE / 4];

#define MIX(a, b, c, d)                                       \
  a = add_words(a, b), d = rotate_words(xor_words(d, a), 16); \
  c = add_words(c, d), b = rotate_words(xor_words(b, c), 12); \
  a = add_words(a, b), d = rotate_words(xor_words(d, a), 8);  \
  c = add_words(c, d), b = rotate_words(xor_words(b, c), 7)

static void block(const uint32_t state[16], uint32_t* to) {
  words a = load_words(state), b = load_words(state + 4), c = load_words(state + 8), d = load_words(state + 12);
  for (int round = 0; round < 10; ++round) {
    MIX(a, b, c, d);
    b = turn_words(b, 1);
    c = turn_words(c, 2);
    d = turn_words(d, 3);
    MIX(a, b, c, d);
    b = turn_words(b, 3);
    c = turn_words(c, 2);
    d = turn_words(d, 1);
  }
  store_words(to, xor_words(load_words(to), add_words(a, load_words(state))));
  store_words(to + 4, xor_words(load_words(to + 4), add_words(b, load_words(state + 4))));
  store_words(to + 8, xor_words(load_words(to + 8), add_words(c, load_words(state + 8))));
  store_words(to + 12, xor_words(load_words(to + 12), add_words(d, load_words(state + 12))));
}

uint64_t kernel(void) {
  uint32_t state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  // The example of the RFC: key 00 01 .. 1f, nonce 000000090000004a00000000, counter 1.
  for (uint32_t i = 0; i < 8; ++i) state[4 + i] = 0x03020100 + 0x04040404 * i;
  state[12] = 1;
  state[13] = 0x09000000;
  state[14] = 0x4a000000;
  memset(text, 0, sizeof text);
  block(state, text);
  if (text[0] != 0xe4e7f110 || text[15] != 0x4e3c50a2) return 0;
  for (int round = 0; round < 6; ++round)
    for (int i = 0; i < SIZE / 4; i += 16, ++state[12]) block(state, text + i);
  uint64_t sum = 0;
  for (int i = 0; i < SIZE / 4; ++i) sum = sum * 31 + text[i];
  return sum;
}
