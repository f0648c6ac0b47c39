// Two matrix products, D = A B C + beta D, each element a dot product of a row and a column.
#include "../bench.h"

enum { I = 240, J = 250, K = 260, L = 270 };
__attribute__((noinline)) static uint64_t work(double a[I][K], double b[K][J], double c[J][L], double d[I][L],
                                              double product[I][J]) {
  for (int i = 0; i < I; ++i)
    for (int k = 0; k < K; ++k) a[i][k] = (double)((i * k + 1) % I) / I;
  for (int k = 0; k < K; ++k)
    for (int j = 0; j < J; ++j) b[k][j] = (double)(k * (j + 1) % J) / J;
  for (int j = 0; j < J; ++j)
    for (int l = 0; l < L; ++l) c[j][l] = (double)((j * (l + 3) + 1) % L) / L;
  for (int i = 0; i < I; ++i)
    for (int l = 0; l < L; ++l) d[i][l] = (double)(i * (l + 2) % K) / K;
  for (int i = 0; i < I; ++i)
    for (int j = 0; j < J; ++j) {
      product[i][j] = 0;
      for (int k = 0; k < K; ++k) product[i][j] += 1.5 * a[i][k] * b[k][j];
    }
  for (int i = 0; i < I; ++i)
    for (int l = 0; l < L; ++l) {
      d[i][l] *= 1.2;
      for (int j = 0; j < J; ++j) d[i][l] += product[i][j] * c[j][l];
    }
  return fold(d[0], I * L);
}

uint64_t kernel(void) {
  double (*a)[K] = zeros(I * sizeof *a);
  double (*b)[J] = zeros(K * sizeof *b);
  double (*c)[L] = zeros(J * sizeof *c);
  double (*d)[L] = zeros(I * sizeof *d);
  double (*product)[J] = zeros(I * sizeof *product);
  const uint64_t sum = work(a, b, c, d, product);
  free(a);
  free(b);
  free(c);
  free(d);
  free(product);
  return sum;
}
