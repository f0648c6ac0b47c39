// The Mandelbrot set, two points at a time: vector arithmetic, compares and masks.
#include "../bench.h"
#include "vectors.h"

enum { SIDE = 300, STEPS = 300 };

uint64_t kernel(void) {
  uint64_t sum = 0;
  for (int row = 0; row < SIDE; ++row) {
    const doubles ci = all_doubles(row / 150.0 - 1.0);
    for (int column = 0; column < SIDE; column += 2) {
      const double starts[2] = {column / 100.0 - 2.0, (column + 1) / 100.0 - 2.0};
      const doubles cr = load_doubles(starts);
      doubles r = all_doubles(0), i = r, counts = r;
      for (int step = 0; step < STEPS; ++step) {
        const doubles r2 = multiply_doubles(r, r), i2 = multiply_doubles(i, i);
        const doubles inside = not_above(add_doubles(r2, i2), all_doubles(4));
        if (!doubles_mask(inside)) break;
        counts = add_doubles(counts, both(inside, all_doubles(1)));
        const doubles product = multiply_doubles(r, i);
        i = add_doubles(add_doubles(product, product), ci);
        r = add_doubles(subtract_doubles(r2, i2), cr);
      }
      double steps[2];
      store_doubles(steps, counts);
      sum = sum * 31 + (uint64_t)steps[0] * 1000 + (uint64_t)steps[1];
    }
  }
  return sum;
}
