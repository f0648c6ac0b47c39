// A recursive filter over an image, forwards and backwards along rows and columns, in single precision.
#include "../bench.h"

enum { W = 720, H = 480 };
static float image[W][H], there[W][H], back[W][H], out[W][H];

uint64_t kernel(void) {
  for (int i = 0; i < W; ++i)
    for (int j = 0; j < H; ++j) image[i][j] = (float)((313 * i + 991 * j) % 65536) / 65535.0f;
  const float a = 0.24f, b = 0.13f, c = 0.17f, d = 0.09f, feed = 0.9f, feed2 = -0.35f;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < W; ++i) {
      float before = 0, before2 = 0, left = 0;
      for (int j = 0; j < H; ++j) {
        there[i][j] = a * image[i][j] + b * left + feed * before + feed2 * before2;
        left = image[i][j];
        before2 = before;
        before = there[i][j];
      }
      float after = 0, after2 = 0, right = 0, right2 = 0;
      for (int j = H - 1; j >= 0; --j) {
        back[i][j] = c * right + d * right2 + feed * after + feed2 * after2;
        right2 = right;
        right = image[i][j];
        after2 = after;
        after = back[i][j];
      }
      for (int j = 0; j < H; ++j) out[i][j] = 0.5f * (there[i][j] + back[i][j]);
    }
    for (int j = 0; j < H; ++j) {
      float before = 0, before2 = 0, above = 0;
      for (int i = 0; i < W; ++i) {
        image[i][j] = a * out[i][j] + b * above + feed * before + feed2 * before2;
        above = out[i][j];
        before2 = before;
        before = image[i][j];
      }
    }
  }
  uint64_t sum = 0;
  for (int i = 0; i < W; ++i)
    for (int j = 0; j < H; ++j) sum = sum * 31 + bits_of((double)image[i][j]);
  return sum;
}
