// Electric and magnetic fields on a grid by finite differences in time: three grids that update each other.
// Native clang vectorizes this.
#include "../bench.h"

enum { X = 200, Y = 240 };
__attribute__((noinline)) static uint64_t work(double ex[X][Y], double ey[X][Y], double hz[X][Y]) {
  for (int i = 0; i < X; ++i)
    for (int j = 0; j < Y; ++j) {
      ex[i][j] = (double)i * (j + 1) / X;
      ey[i][j] = (double)i * (j + 2) / Y;
      hz[i][j] = (double)i * (j + 3) / X;
    }
  for (int step = 0; step < 250; ++step) {
    for (int j = 0; j < Y; ++j) ey[0][j] = step;
    for (int i = 1; i < X; ++i)
      for (int j = 0; j < Y; ++j) ey[i][j] -= 0.5 * (hz[i][j] - hz[i - 1][j]);
    for (int i = 0; i < X; ++i)
      for (int j = 1; j < Y; ++j) ex[i][j] -= 0.5 * (hz[i][j] - hz[i][j - 1]);
    for (int i = 0; i < X - 1; ++i)
      for (int j = 0; j < Y - 1; ++j) hz[i][j] -= 0.7 * (ex[i][j + 1] - ex[i][j] + ey[i + 1][j] - ey[i][j]);
  }
  return fold(ex[0], X * Y) ^ fold(ey[0], X * Y) ^ fold(hz[0], X * Y);
}

uint64_t kernel(void) {
  double (*ex)[Y] = zeros(X * sizeof *ex);
  double (*ey)[Y] = zeros(X * sizeof *ey);
  double (*hz)[Y] = zeros(X * sizeof *hz);
  const uint64_t sum = work(ex, ey, hz);
  free(ex);
  free(ey);
  free(hz);
  return sum;
}
