// What every program here shares: each defines kernel(), which prepares its data and works on it; main() calls it some times and
// prints one checksum of all, so that outputs can be compared, and on standard error the time of each call.
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// The work to time, the same at each call; its result must depend on all of it. Not inlined, since engines replace code that is
// called again by better code.
__attribute__((noinline)) uint64_t kernel(void);

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

static inline void* zeros(size_t bytes) {
  void* const made = calloc(1, bytes);
  if (!made) exit(1);
  return made;
}

// A checksum of an array of doubles.
static inline uint64_t fold(const double* values, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum = sum * 31 + bits_of(values[i]);
  return sum;
}

static inline uint64_t microseconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

// Not printf: compiling it would take longer than the programs.
static inline void print_line(int fd, const uint64_t* numbers, int count) {
  char line[64], *p = line + sizeof line;
  *--p = '\n';
  for (int i = count - 1; i >= 0; --i) {
    uint64_t rest = numbers[i];
    do *--p = (char)('0' + rest % 10); while (rest /= 10);
    if (i > 0) *--p = ' ';
  }
  if (write(fd, p, (size_t)(line + sizeof line - p)) < 0) exit(1);
}

// The argument: how often to call the kernel. Lines on standard error: microseconds by the clock, and of the processor for this
// thread, which do not count what other programs did meanwhile. On standard output: the checksum.
int main(int argc, char** argv) {
  const int calls = argc > 1 ? atoi(argv[1]) : 1;
  uint64_t checksum = 0;
  for (int i = 0; i < calls; ++i) {
    const uint64_t clock = microseconds(CLOCK_MONOTONIC), cpu = microseconds(CLOCK_THREAD_CPUTIME_ID);
    checksum = checksum * 31 + kernel();
    const uint64_t cpu_end = microseconds(CLOCK_THREAD_CPUTIME_ID), clock_end = microseconds(CLOCK_MONOTONIC);
    print_line(2, (uint64_t[]){clock_end - clock, cpu_end - cpu}, 2);
  }
  print_line(1, &checksum, 1);
  return 0;
}
