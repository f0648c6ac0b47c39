// Jacobi iteration on a grid of doubles: neighbour loads, two buffers.
// Native clang vectorizes this.
#include "../bench.h"

enum { N = 250 };
static double grids[2][N][N];

uint64_t kernel(void) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) grids[0][i][j] = grids[1][i][j] = (double)(i * (j + 2) % 101) / N;
  for (int step = 0; step < 600; ++step) {
    double(*from)[N] = grids[step & 1], (*to)[N] = grids[!(step & 1)];
    for (int i = 1; i < N - 1; ++i)
      for (int j = 1; j < N - 1; ++j)
        to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i + 1][j] + from[i - 1][j]);
  }
  return fold(grids[0][0], N * N);
}
