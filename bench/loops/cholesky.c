// Cholesky decomposition of a diagonally dominant matrix.
#include "../bench.h"
#include <math.h>

enum { N = 560 };
__attribute__((noinline)) static uint64_t work(double a[N][N]) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j <= i; ++j) a[i][j] = a[j][i] = i == j ? 2.0 * N : (double)((i * 5 + j) % 23) / 23.0;
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < i; ++j) {
      for (int k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
    for (int k = 0; k < i; ++k) a[i][i] -= a[i][k] * a[i][k];
    a[i][i] = sqrt(a[i][i]);
  }
  return fold(a[0], N * N);
}

uint64_t kernel(void) {
  double (*a)[N] = zeros(N * sizeof *a);
  const uint64_t sum = work(a);
  free(a);
  return sum;
}
