// Implicit steps in alternating directions: tridiagonal systems along columns, then along rows.
#include "../bench.h"

enum { N = 180 };
static double u[N][N], v[N][N], p[N][N], q[N][N];

// Solves along one axis; `from` is read across it, `to` written along it.
static void sweep(double from[N][N], double to[N][N], int along_rows) {
  const double a = -0.4, b = 1.8, c = -0.4, d = -0.3, e = 1.6, f = -0.3;
  for (int i = 1; i < N - 1; ++i) {
    p[i][0] = 0;
    q[i][0] = 1;
    for (int j = 1; j < N - 1; ++j) {
      p[i][j] = -c / (a * p[i][j - 1] + b);
      const double across = along_rows ? -d * from[i - 1][j] + (2.0 - e) * from[i][j] - f * from[i + 1][j]
                                       : -d * from[j][i - 1] + (2.0 - e) * from[j][i] - f * from[j][i + 1];
      q[i][j] = (across - a * q[i][j - 1]) / (a * p[i][j - 1] + b);
    }
    double next = 1;
    for (int j = N - 2; j > 0; --j) {
      next = p[i][j] * next + q[i][j];
      if (along_rows) to[i][j] = next; else to[j][i] = next;
    }
  }
}

uint64_t kernel(void) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) u[i][j] = v[i][j] = (double)(i + N - j) / N;
  for (int step = 0; step < 60; ++step) {
    sweep(u, v, 0);
    sweep(v, u, 1);
  }
  return fold(u[0], N * N);
}
