// A product of matrices of small integers, and a power of one modulo a prime in 64 bits.
#include "../bench.h"

enum { N = 200, M = 48 };
static int32_t a[N][N], b[N][N], c[N][N];
static uint64_t power[M][M], square[M][M], product[M][M];
static const uint64_t prime = 1000000007;

static void multiply(uint64_t to[M][M], uint64_t x[M][M], uint64_t y[M][M]) {
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < M; ++j) {
      uint64_t sum = 0;
      for (int k = 0; k < M; ++k) sum = (sum + x[i][k] * y[k][j]) % prime;
      to[i][j] = sum;
    }
}

uint64_t kernel(void) {
  uint32_t seed = 23;
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      a[i][j] = (int32_t)(next_random(&seed) % 1000) - 500;
      b[i][j] = (int32_t)(next_random(&seed) % 1000) - 500;
    }
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < N; ++k) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < M; ++j) {
      square[i][j] = (uint64_t)(uint32_t)c[i][j] % prime;
      power[i][j] = i == j;
    }
  for (uint32_t exponent = 1000003; exponent; exponent >>= 1) {
    if (exponent & 1) {
      multiply(product, power, square);
      memcpy(power, product, sizeof power);
    }
    multiply(product, square, square);
    memcpy(square, product, sizeof square);
  }
  uint64_t sum = 0;
  for (int i = 0; i < M; ++i)
    for (int j = 0; j < M; ++j) sum = sum * 31 + power[i][j];
  return sum;
}
