// Divides by the number of its arguments, two inlined functions deep. Tests name the lines.
#include <stdio.h>

static inline __attribute__((always_inline)) int divide(int a, int b) {
  return a / b;
}

static inline __attribute__((always_inline)) int both_ways(int a, int b) {
  return divide(a, b) + divide(b, a);
}

__attribute__((noinline)) int compute(int a, int b) {
  int x = both_ways(a, b);
  printf("%d ", b);
  return x + 1;
}

int main(int argc, char** argv) {
  printf("%d\n", compute(10, argc - 1));
  return 0;
}
