// How many changes turn one text into another: dynamic programming along a line, minima of three.
#include "../bench.h"

enum { A = 3000, B = 3000 };
static uint8_t a[A], b[B];
static uint32_t line[B + 1];

uint64_t kernel(void) {
  uint32_t seed = 53;
  for (int i = 0; i < A; ++i) a[i] = (uint8_t)(next_random(&seed) % 6);
  for (int i = 0; i < B; ++i) b[i] = i > 5 && i % 7 ? a[i - 3] : (uint8_t)(next_random(&seed) % 6);
  for (uint32_t j = 0; j <= B; ++j) line[j] = j;
  for (uint32_t i = 0; i < A; ++i) {
    uint32_t diagonal = line[0];
    line[0] = i + 1;
    for (uint32_t j = 0; j < B; ++j) {
      uint32_t best = diagonal + (a[i] != b[j]);
      diagonal = line[j + 1];
      if (diagonal + 1 < best) best = diagonal + 1;
      if (line[j] + 1 < best) best = line[j] + 1;
      line[j + 1] = best;
    }
  }
  return line[B] * 1000003ull + line[B / 2];
}
