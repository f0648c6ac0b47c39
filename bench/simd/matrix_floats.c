// A product of matrices of floats in tiles of four rows by eight columns, held in eight vectors.
#include "../bench.h"
#include "vectors.h"

enum { N = 320 };
static float a[N][N], b[N][N], c[N][N];

static void tile(int i, int j) {
  floats sums[4][2];
  for (int r = 0; r < 4; ++r) sums[r][0] = sums[r][1] = all_floats(0);
  for (int k = 0; k < N; ++k) {
    const floats left = load_floats(&b[k][j]), right = load_floats(&b[k][j + 4]);
    for (int r = 0; r < 4; ++r) {
      const floats scale = all_floats(a[i + r][k]);
      sums[r][0] = add_floats(sums[r][0], multiply_floats(scale, left));
      sums[r][1] = add_floats(sums[r][1], multiply_floats(scale, right));
    }
  }
  for (int r = 0; r < 4; ++r) {
    store_floats(&c[i + r][j], sums[r][0]);
    store_floats(&c[i + r][j + 4], sums[r][1]);
  }
}

uint64_t kernel(void) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      a[i][j] = (float)((i * j + 1) % 17) / 16.0f;
      b[i][j] = (float)((i * (j + 3)) % 13) / 16.0f;
    }
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < N; i += 4)
      for (int j = 0; j < N; j += 8) tile(i, j);
  uint64_t sum = 0;
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) sum = sum * 31 + bits_of((double)c[i][j]);
  return sum;
}
