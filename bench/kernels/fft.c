// A fast Fourier transform in place and its inverse: bit reversal, butterflies with growing strides.
#include "../bench.h"
#include <math.h>

enum { LOG = 15, N = 1 << LOG };
static double re[N], im[N], cosine[N / 2], sine[N / 2];

// cos and sin of multiples of a full turn / N, by halving the angle: only additions, products and square roots, so that all
// machines and libraries agree.
static void make_roots(void) {
  cosine[0] = 1;
  sine[0] = 0;
  cosine[N / 4] = 0;
  sine[N / 4] = 1;
  for (int gap = N / 4; gap > 1; gap /= 2) {
    const double half = sqrt((1 + cosine[gap]) / 2), half_sine = sqrt((1 - cosine[gap]) / 2);
    for (int i = 0; i < N / 2; i += gap) {
      cosine[i + gap / 2] = cosine[i] * half - sine[i] * half_sine;
      sine[i + gap / 2] = sine[i] * half + cosine[i] * half_sine;
    }
  }
}

static void transform(double sign) {
  for (uint32_t i = 0, j = 0; i < N; ++i) {
    if (i < j) {
      const double r = re[i], m = im[i];
      re[i] = re[j];
      im[i] = im[j];
      re[j] = r;
      im[j] = m;
    }
    uint32_t bit = N >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
  }
  for (int size = 2; size <= N; size *= 2)
    for (int start = 0; start < N; start += size)
      for (int k = 0; k < size / 2; ++k) {
        const double c = cosine[k * (N / size)], s = sign * sine[k * (N / size)];
        const int x = start + k, y = x + size / 2;
        const double r = re[y] * c - im[y] * s, m = re[y] * s + im[y] * c;
        re[y] = re[x] - r;
        im[y] = im[x] - m;
        re[x] += r;
        im[x] += m;
      }
}

uint64_t kernel(void) {
  make_roots();
  uint32_t seed = 59;
  for (int i = 0; i < N; ++i) {
    re[i] = (double)(next_random(&seed) % 1000) / 1000.0;
    im[i] = 0;
  }
  for (int round = 0; round < 4; ++round) {
    transform(1);
    transform(-1);
    for (int i = 0; i < N; ++i) {
      re[i] /= N;
      im[i] /= N;
    }
  }
  return fold(re, N) ^ fold(im, N);
}
