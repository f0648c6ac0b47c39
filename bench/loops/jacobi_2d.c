// Jacobi iteration on a grid of doubles: neighbour loads, two buffers.
// Native clang vectorizes this.
#include "../bench.h"

enum { N = 250 };
__attribute__((noinline)) static uint64_t work(double a[N][N], double b[N][N]) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) a[i][j] = b[i][j] = (double)(i * (j + 2) % 101) / N;
  for (int step = 0; step < 600; ++step) {
    double(*from)[N] = step & 1 ? b : a, (*to)[N] = step & 1 ? a : b;
    for (int i = 1; i < N - 1; ++i)
      for (int j = 1; j < N - 1; ++j)
        to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i + 1][j] + from[i - 1][j]);
  }
  return fold(a[0], N * N);
}

uint64_t kernel(void) {
  double (*a)[N] = zeros(N * sizeof *a);
  double (*b)[N] = zeros(N * sizeof *b);
  const uint64_t sum = work(a, b);
  free(a);
  free(b);
  return sum;
}
