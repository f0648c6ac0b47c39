// Gauss-Seidel iteration on a grid: each point waits for the one before it, so nothing vectorizes.
#include "../bench.h"

enum { N = 400 };
__attribute__((noinline)) static uint64_t work(double a[N][N]) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) a[i][j] = ((double)i * (j + 2) + 2) / N;
  for (int step = 0; step < 20; ++step)
    for (int i = 1; i < N - 1; ++i)
      for (int j = 1; j < N - 1; ++j)
        a[i][j] = (a[i - 1][j - 1] + a[i - 1][j] + a[i - 1][j + 1] + a[i][j - 1] + a[i][j] + a[i][j + 1] + a[i + 1][j - 1] +
                   a[i + 1][j] + a[i + 1][j + 1]) / 9.0;
  return fold(a[0], N * N);
}

uint64_t kernel(void) {
  double (*a)[N] = zeros(N * sizeof *a);
  const uint64_t sum = work(a);
  free(a);
  return sum;
}
