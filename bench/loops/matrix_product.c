// A matrix product as one writes it first, C = alpha A B + beta C: the inner loop walks a column of B.
#include "../bench.h"

enum { N = 288 };
__attribute__((noinline)) static uint64_t work(double a[N][N], double b[N][N], double c[N][N]) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      a[i][j] = (double)((i * j + 1) % 17) / 17.0;
      b[i][j] = (double)((i * (j + 3)) % 13) / 13.0;
      c[i][j] = (double)((i + j) % 11) / 11.0;
    }
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      double sum = c[i][j] * 0.5;
      for (int k = 0; k < N; ++k) sum += 1.5 * a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  return fold(c[0], N * N);
}

uint64_t kernel(void) {
  double (*a)[N] = zeros(N * sizeof *a);
  double (*b)[N] = zeros(N * sizeof *b);
  double (*c)[N] = zeros(N * sizeof *c);
  const uint64_t sum = work(a, b, c);
  free(a);
  free(b);
  free(c);
  return sum;
}
