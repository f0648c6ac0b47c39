// QR decomposition by the modified Gram-Schmidt process: dot products and updates of columns.
#include "../bench.h"
#include <math.h>

enum { M = 300, N = 240 };
__attribute__((noinline)) static uint64_t work(double a[M][N], double q[M][N], double r[N][N]) {
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < N; ++j) a[i][j] = (double)(i * j % M) / M * 10 + (i == j ? 40 : 1);
  for (int k = 0; k < N; ++k) {
    double norm = 0;
    for (int i = 0; i < M; ++i) norm += a[i][k] * a[i][k];
    r[k][k] = sqrt(norm);
    for (int i = 0; i < M; ++i) q[i][k] = a[i][k] / r[k][k];
    for (int j = k + 1; j < N; ++j) {
      double dot = 0;
      for (int i = 0; i < M; ++i) dot += q[i][k] * a[i][j];
      r[k][j] = dot;
      for (int i = 0; i < M; ++i) a[i][j] -= q[i][k] * dot;
    }
  }
  return fold(q[0], M * N) ^ fold(r[0], N * N);
}

uint64_t kernel(void) {
  double (*a)[N] = zeros(M * sizeof *a);
  double (*q)[N] = zeros(M * sizeof *q);
  double (*r)[N] = zeros(N * sizeof *r);
  const uint64_t sum = work(a, q, r);
  free(a);
  free(q);
  free(r);
  return sum;
}
