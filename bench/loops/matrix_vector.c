// A matrix and its transpose times vectors: x += A y, z += A' w, and A' (A v).
#include "../bench.h"

enum { N = 900 };
__attribute__((noinline)) static uint64_t work(double a[N][N], double x[N], double y[N], double z[N], double w[N], double v[N],
                                              double t[N], double r[N]) {
  for (int i = 0; i < N; ++i) {
    x[i] = (double)(i % N) / N;
    z[i] = (double)((i + 1) % N) / N;
    y[i] = (double)((i + 3) % N) / N;
    w[i] = (double)((i + 4) % N) / N;
    v[i] = 1.0 + (double)i / N;
    r[i] = 0;
    for (int j = 0; j < N; ++j) a[i][j] = (double)(i * j % N) / N;
  }
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) x[i] += a[i][j] * y[j];
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) z[i] += a[j][i] * w[j];
    for (int i = 0; i < N; ++i) {
      t[i] = 0;
      for (int j = 0; j < N; ++j) t[i] += a[i][j] * v[j];
      for (int j = 0; j < N; ++j) r[j] += a[i][j] * t[i];
    }
  }
  return fold(x, N) ^ fold(z, N) ^ fold(r, N);
}

uint64_t kernel(void) {
  double (*a)[N] = zeros(N * sizeof *a);
  double* x = zeros(N * sizeof *x);
  double* y = zeros(N * sizeof *y);
  double* z = zeros(N * sizeof *z);
  double* w = zeros(N * sizeof *w);
  double* v = zeros(N * sizeof *v);
  double* t = zeros(N * sizeof *t);
  double* r = zeros(N * sizeof *r);
  const uint64_t sum = work(a, x, y, z, w, v, t, r);
  free(a);
  free(x);
  free(y);
  free(z);
  free(w);
  free(v);
  free(t);
  free(r);
  return sum;
}
