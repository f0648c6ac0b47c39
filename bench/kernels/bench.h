// What every kernel shares: each defines kernel() and prints one checksum, so that outputs can be compared, and its time.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// The work to time; its result must depend on all of it.
uint64_t kernel(void);

// A small generator with the same sequence on every machine.
static inline uint32_t next_random(uint32_t* state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

static inline uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

int main(void) {
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  const uint64_t checksum = kernel();
  clock_gettime(CLOCK_MONOTONIC, &end);
  const double ms = (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) * 1e-6;
  printf("%016llx\n", (unsigned long long)checksum);
  fprintf(stderr, "%.3f\n", ms);
  return 0;
}
