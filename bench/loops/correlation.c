// The correlation of all pairs of columns: means, deviations, normalization, products of columns.
#include "../bench.h"
#include <math.h>

enum { ROWS = 340, COLUMNS = 340 };
static double data[ROWS][COLUMNS], result[COLUMNS][COLUMNS], mean[COLUMNS], deviation[COLUMNS];

uint64_t kernel(void) {
  for (int i = 0; i < ROWS; ++i)
    for (int j = 0; j < COLUMNS; ++j) data[i][j] = (double)(i * j) / COLUMNS + i + (double)(i * i % (j + 3));
  for (int j = 0; j < COLUMNS; ++j) {
    mean[j] = 0;
    for (int i = 0; i < ROWS; ++i) mean[j] += data[i][j];
    mean[j] /= ROWS;
  }
  for (int j = 0; j < COLUMNS; ++j) {
    deviation[j] = 0;
    for (int i = 0; i < ROWS; ++i) deviation[j] += (data[i][j] - mean[j]) * (data[i][j] - mean[j]);
    deviation[j] = sqrt(deviation[j] / ROWS);
    if (deviation[j] <= 0.1) deviation[j] = 1;
  }
  const double root = sqrt(ROWS);
  for (int i = 0; i < ROWS; ++i)
    for (int j = 0; j < COLUMNS; ++j) data[i][j] = (data[i][j] - mean[j]) / (root * deviation[j]);
  for (int i = 0; i < COLUMNS; ++i) {
    result[i][i] = 1;
    for (int j = i + 1; j < COLUMNS; ++j) {
      double sum = 0;
      for (int k = 0; k < ROWS; ++k) sum += data[k][i] * data[k][j];
      result[i][j] = result[j][i] = sum;
    }
  }
  return fold(result[0], COLUMNS * COLUMNS);
}
