// Jacobi iteration on a line: each point becomes the mean of itself and its neighbours.
// Native clang vectorizes this.
#include "../bench.h"

enum { N = 2000 };
__attribute__((noinline)) static uint64_t work(double a[N], double b[N]) {
  for (int i = 0; i < N; ++i) {
    a[i] = (double)(i + 2) / N;
    b[i] = (double)(i + 3) / N;
  }
  for (int step = 0; step < 20000; ++step) {
    for (int i = 1; i < N - 1; ++i) b[i] = 0.33333 * (a[i - 1] + a[i] + a[i + 1]);
    for (int i = 1; i < N - 1; ++i) a[i] = 0.33333 * (b[i - 1] + b[i] + b[i + 1]);
  }
  return fold(a, N);
}

uint64_t kernel(void) {
  double* a = zeros(N * sizeof *a);
  double* b = zeros(N * sizeof *b);
  const uint64_t sum = work(a, b);
  free(a);
  free(b);
  return sum;
}
