// Prime sieve on bytes and a linear congruence over a table: strided stores, integer loops.
#include "../bench.h"

enum { LIMIT = 5 << 20 };
static uint8_t composite[LIMIT];

uint64_t kernel(void) {
  uint64_t sum = 0;
  for (int round = 0; round < 1; ++round) {
    memset(composite, 0, sizeof composite);
    for (uint32_t i = 2; i < LIMIT; ++i) {
      if (composite[i]) continue;
      sum += i ^ (uint32_t)round;
      for (uint32_t j = i * 2; j < LIMIT; j += i) composite[j] = 1;
    }
  }
  return sum;
}
