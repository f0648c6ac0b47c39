// Filters of a signal processor in 16-bit integers: a finite response, a lattice, a recursive one with saturation.
// Native clang vectorizes this.
#include "../bench.h"

enum { SIZE = 1 << 16, TAPS = 64 };
static int16_t signal[SIZE + TAPS], taps[TAPS], filtered[SIZE];
static int32_t lattice[TAPS];

static int16_t saturate(int32_t x) { return (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x); }

uint64_t kernel(void) {
  uint32_t seed = 29;
  for (int i = 0; i < SIZE + TAPS; ++i) signal[i] = (int16_t)(next_random(&seed) >> 18);
  for (int i = 0; i < TAPS; ++i) taps[i] = (int16_t)(next_random(&seed) >> 19) - 4096;
  for (int i = 0; i < SIZE; ++i) {
    int32_t sum = 1 << 14;
    for (int k = 0; k < TAPS; ++k) sum += signal[i + k] * taps[k];
    filtered[i] = saturate(sum >> 15);
  }
  uint64_t result = 0;
  memset(lattice, 0, sizeof lattice);
  for (int i = 0; i < SIZE; ++i) {
    int32_t forward = filtered[i] * 1024;
    for (int k = 0; k < 12; ++k) {
      const int32_t before = lattice[k];
      lattice[k] = (int32_t)((uint32_t)before + (uint32_t)((taps[k] * (forward >> 15))));
      forward = (int32_t)((uint32_t)forward - (uint32_t)(taps[k + 12] * (before >> 15)));
    }
    result = result * 31 + (uint32_t)forward;
  }
  int32_t y1 = 0, y2 = 0;
  for (int round = 0; round < 8; ++round)
    for (int i = 0; i < SIZE; ++i) {
      const int32_t y = saturate((filtered[i] * 8192 + y1 * 20000 - y2 * 9000) >> 15);
      y2 = y1;
      y1 = y;
      result += (uint32_t)y ^ (uint32_t)i;
    }
  return result;
}
