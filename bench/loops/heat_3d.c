// Heat in a cube: second differences along three axes, two buffers.
// Native clang vectorizes this.
#include "../bench.h"

enum { N = 48 };
static void step(double from[N][N][N], double to[N][N][N]) {
  for (int i = 1; i < N - 1; ++i)
    for (int j = 1; j < N - 1; ++j)
      for (int k = 1; k < N - 1; ++k)
        to[i][j][k] = 0.125 * (from[i + 1][j][k] - 2.0 * from[i][j][k] + from[i - 1][j][k]) +
                      0.125 * (from[i][j + 1][k] - 2.0 * from[i][j][k] + from[i][j - 1][k]) +
                      0.125 * (from[i][j][k + 1] - 2.0 * from[i][j][k] + from[i][j][k - 1]) + from[i][j][k];
}

__attribute__((noinline)) static uint64_t work(double a[N][N][N], double b[N][N][N]) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j)
      for (int k = 0; k < N; ++k) a[i][j][k] = b[i][j][k] = (double)(i + j + (N - k)) * 10 / N;
  for (int round = 0; round < 110; ++round) {
    step(a, b);
    step(b, a);
  }
  return fold(a[0][0], N * N * N);
}

uint64_t kernel(void) {
  double (*a)[N][N] = zeros(N * sizeof *a);
  double (*b)[N][N] = zeros(N * sizeof *b);
  const uint64_t sum = work(a, b);
  free(a);
  free(b);
  return sum;
}
