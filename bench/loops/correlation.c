// The correlation of all pairs of columns: means, deviations, normalization, products of columns.
#include "../bench.h"
#include <math.h>

enum { ROWS = 340, COLUMNS = 340 };
__attribute__((noinline)) static uint64_t work(double data[ROWS][COLUMNS], double result[COLUMNS][COLUMNS], double mean[COLUMNS],
                                              double deviation[COLUMNS]) {
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

uint64_t kernel(void) {
  double (*data)[COLUMNS] = zeros(ROWS * sizeof *data);
  double (*result)[COLUMNS] = zeros(COLUMNS * sizeof *result);
  double* mean = zeros(COLUMNS * sizeof *mean);
  double* deviation = zeros(COLUMNS * sizeof *deviation);
  const uint64_t sum = work(data, result, mean, deviation);
  free(data);
  free(result);
  free(mean);
  free(deviation);
  return sum;
}
