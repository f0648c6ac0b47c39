// Shortest paths between all pairs of nodes of a graph, in integers.
#include "../bench.h"

enum { N = 400 };
__attribute__((noinline)) static uint64_t work(int32_t distance[N][N]) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) distance[i][j] = (i + j) % 13 == 0 || (i + j) % 7 == 0 || (i * j) % 11 == 0 ? 999 : i * j % 7 + 1;
  for (int k = 0; k < N; ++k)
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) {
        const int32_t through = distance[i][k] + distance[k][j];
        if (through < distance[i][j]) distance[i][j] = through;
      }
  uint64_t sum = 0;
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) sum = sum * 31 + (uint64_t)distance[i][j];
  return sum;
}

uint64_t kernel(void) {
  int32_t (*distance)[N] = zeros(N * sizeof *distance);
  const uint64_t sum = work(distance);
  free(distance);
  return sum;
}
