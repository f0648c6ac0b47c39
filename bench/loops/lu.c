// LU decomposition in place, then forward and backward substitution.
#include "../bench.h"

enum { N = 360 };
__attribute__((noinline)) static uint64_t work(double a[N][N], double b[N], double x[N], double y[N]) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) a[i][j] = i == j ? N : (double)((i * 7 + j * 3) % 19) / 19.0;
    b[i] = (double)(i + 1) / N;
  }
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < i; ++j) {
      for (int k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[k][j];
      a[i][j] /= a[j][j];
    }
    for (int j = i; j < N; ++j)
      for (int k = 0; k < i; ++k) a[i][j] -= a[i][k] * a[k][j];
  }
  for (int i = 0; i < N; ++i) {
    double rest = b[i];
    for (int j = 0; j < i; ++j) rest -= a[i][j] * y[j];
    y[i] = rest;
  }
  for (int i = N - 1; i >= 0; --i) {
    double rest = y[i];
    for (int j = i + 1; j < N; ++j) rest -= a[i][j] * x[j];
    x[i] = rest / a[i][i];
  }
  return fold(a[0], N * N) ^ fold(x, N);
}

uint64_t kernel(void) {
  double (*a)[N] = zeros(N * sizeof *a);
  double* b = zeros(N * sizeof *b);
  double* x = zeros(N * sizeof *x);
  double* y = zeros(N * sizeof *y);
  const uint64_t sum = work(a, b, x, y);
  free(a);
  free(b);
  free(x);
  free(y);
  return sum;
}
