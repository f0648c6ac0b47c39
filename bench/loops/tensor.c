// A tensor of three dimensions times a matrix, along its last dimension.
#include "../bench.h"

enum { R = 70, Q = 70, P = 80 };
static double a[R][Q][P], c[P][P], sum[P];

uint64_t kernel(void) {
  for (int r = 0; r < R; ++r)
    for (int q = 0; q < Q; ++q)
      for (int p = 0; p < P; ++p) a[r][q][p] = (double)((r * q + p) % P) / P;
  for (int i = 0; i < P; ++i)
    for (int j = 0; j < P; ++j) c[i][j] = (double)(i * j % P) / P;
  for (int r = 0; r < R; ++r)
    for (int q = 0; q < Q; ++q) {
      for (int p = 0; p < P; ++p) {
        sum[p] = 0;
        for (int s = 0; s < P; ++s) sum[p] += a[r][q][s] * c[s][p];
      }
      for (int p = 0; p < P; ++p) a[r][q][p] = sum[p];
    }
  return fold(a[0][0], R * Q * P);
}
