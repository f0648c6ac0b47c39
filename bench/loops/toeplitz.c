// Solves Toeplitz systems by Levinson's and Durbin's recursion: dot products read backwards, vectors updated in place.
// Native clang vectorizes this.
#include "../bench.h"

enum { N = 2000 };
static double r[N], y[N], z[N];

uint64_t kernel(void) {
  uint64_t sum = 0;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < N; ++i) r[i] = 1.0 / (double)(i + 3 + round);
    double alpha = -r[0], beta = 1;
    y[0] = -r[0];
    for (int k = 1; k < N; ++k) {
      beta = (1 - alpha * alpha) * beta;
      double dot = 0;
      for (int i = 0; i < k; ++i) dot += r[k - i - 1] * y[i];
      alpha = -(r[k] + dot) / beta;
      for (int i = 0; i < k; ++i) z[i] = y[i] + alpha * y[k - i - 1];
      for (int i = 0; i < k; ++i) y[i] = z[i];
      y[k] = alpha;
    }
    sum = sum * 31 + fold(y, N);
  }
  return sum;
}
