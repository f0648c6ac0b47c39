// Jacobi iteration on a grid of doubles in the manner of PolyBench: neighbour loads, two buffers.
#include "bench.h"

enum { N = 500 };
static double grids[2][N][N];

uint64_t kernel(void) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) grids[0][i][j] = grids[1][i][j] = (double)(i * (j + 2) % 101) / N;
  for (int step = 0; step < 300; ++step) {
    double(*from)[N] = grids[step & 1], (*to)[N] = grids[!(step & 1)];
    for (int i = 1; i < N - 1; ++i)
      for (int j = 1; j < N - 1; ++j)
        to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i + 1][j] + from[i - 1][j]);
  }
  uint64_t sum = 0;
  for (int i = 0; i < N; ++i) sum = sum * 31 + bits_of(grids[0][i][(i * 7) % N]);
  return sum;
}
