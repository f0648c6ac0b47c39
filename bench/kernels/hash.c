// An open-addressing hash table of 64-bit keys: 64-bit multiplies, cache misses, probing.
#include "../bench.h"

enum { SLOTS = 1 << 18 };
static uint64_t keys[SLOTS];
static uint32_t counts[SLOTS];

static uint32_t* find(uint64_t key) {
  uint64_t slot = key * 0x9e3779b97f4a7c15u >> 46;
  while (keys[slot] && keys[slot] != key) slot = (slot + 1) & (SLOTS - 1);
  keys[slot] = key;
  return &counts[slot];
}

uint64_t kernel(void) {
  memset(keys, 0, sizeof keys);
  memset(counts, 0, sizeof counts);
  uint32_t seed = 3;
  for (int i = 0; i < 2000000; ++i) ++*find((uint64_t)(next_random(&seed) % 100000 + 1) * 77777777777u);
  uint64_t sum = 0;
  for (int i = 0; i < SLOTS; ++i) sum = sum * 31 + (keys[i] ^ counts[i]);
  return sum;
}
