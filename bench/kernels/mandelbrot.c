// Escape times on a grid: a tight loop of double arithmetic with an exit test.
#include "../bench.h"

uint64_t kernel(void) {
  uint64_t sum = 0;
  for (int row = 0; row < 300; ++row)
    for (int column = 0; column < 300; ++column) {
      const double cr = column / 100.0 - 2.0, ci = row / 150.0 - 1.0;
      double r = 0, i = 0;
      int steps = 0;
      while (steps < 300 && r * r + i * i <= 4.0) {
        const double next = r * r - i * i + cr;
        i = 2 * r * i + ci;
        r = next;
        ++steps;
      }
      sum = sum * 31 + (uint64_t)steps;
    }
  return sum;
}
