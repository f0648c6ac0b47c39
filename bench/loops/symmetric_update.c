// C = A A' + beta C on the lower triangle, then a triangular matrix times a matrix.
// Native clang vectorizes this.
#include "../bench.h"

enum { N = 340, M = 300 };
__attribute__((noinline)) static uint64_t work(double a[N][M], double c[N][N], double b[N][M]) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < M; ++j) {
      a[i][j] = (double)((i * j + 1) % N) / N;
      b[i][j] = (double)((N + i - j) % N) / N;
    }
    for (int j = 0; j < N; ++j) c[i][j] = (double)((i * j + 2) % M) / M;
  }
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j <= i; ++j) c[i][j] *= 1.2;
    for (int k = 0; k < M; ++k)
      for (int j = 0; j <= i; ++j) c[i][j] += 1.5 * a[i][k] * a[j][k];
  }
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < M; ++j) {
      for (int k = i + 1; k < N; ++k) b[i][j] += c[k][i] * b[k][j];
      b[i][j] *= 0.001;
    }
  return fold(c[0], N * N) ^ fold(b[0], N * M);
}

uint64_t kernel(void) {
  double (*a)[M] = zeros(N * sizeof *a);
  double (*c)[N] = zeros(N * sizeof *c);
  double (*b)[M] = zeros(N * sizeof *b);
  const uint64_t sum = work(a, c, b);
  free(a);
  free(c);
  free(b);
  return sum;
}
