// The best nesting of a chain of bases: dynamic programming on a triangle, integers, maxima of three directions and all splits.
// Native clang vectorizes this.
#include "../bench.h"

enum { N = 620 };
static uint8_t base[N];
static int32_t best[N][N];

static int32_t greater(int32_t a, int32_t b) { return a > b ? a : b; }

uint64_t kernel(void) {
  for (int i = 0; i < N; ++i) base[i] = (uint8_t)((i * i + i / 3) % 4);
  memset(best, 0, sizeof best);
  for (int i = N - 1; i >= 0; --i)
    for (int j = i + 1; j < N; ++j) {
      int32_t value = greater(best[i][j - 1], i + 1 < N ? best[i + 1][j] : 0);
      const int32_t inner = i + 1 < N ? best[i + 1][j - 1] : 0;
      value = greater(value, inner + (i < j - 1 && base[i] + base[j] == 3));
      for (int k = i + 1; k < j; ++k) value = greater(value, best[i][k] + best[k + 1][j]);
      best[i][j] = value;
    }
  uint64_t sum = 0;
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) sum = sum * 31 + (uint64_t)best[i][j];
  return sum;
}
