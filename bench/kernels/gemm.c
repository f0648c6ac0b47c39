// Matrix product with a transposed walk that no compiler vectorizes by itself: double loads and multiply-adds.
#include "bench.h"

enum { N = 320 };
static double a[N][N], b[N][N], c[N][N];

uint64_t kernel(void) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      a[i][j] = (double)((i * j + 1) % 17) / 17.0;
      b[i][j] = (double)((i * (j + 3)) % 13) / 13.0;
    }
  for (int round = 0; round < 12; ++round)
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) {
        double sum = c[i][j] * 0.5;
        for (int k = 0; k < N; ++k) sum += a[i][k] * b[k][j];
        c[i][j] = sum;
      }
  uint64_t sum = 0;
  for (int i = 0; i < N; ++i) sum = sum * 31 + bits_of(c[i][(i * 7) % N]);
  return sum;
}
