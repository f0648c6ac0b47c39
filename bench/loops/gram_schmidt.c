// QR decomposition by the modified Gram-Schmidt process: dot products and updates of columns.
#include "../bench.h"
#include <math.h>

enum { M = 300, N = 240 };
static double a[M][N], q[M][N], r[N][N];

uint64_t kernel(void) {
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
