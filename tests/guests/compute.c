// Arithmetic that every engine must get alike: integers of all widths, floats, sorting, tables of functions, growing memory.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252u;
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static int compare_up(const void *a, const void *b) { return (*(const int32_t *)a > *(const int32_t *)b) - (*(const int32_t *)a < *(const int32_t *)b); }
static int compare_down(const void *a, const void *b) { return compare_up(b, a); }

static uint32_t sort_both_ways(void) {
  int (*const compare[])(const void *, const void *) = {compare_up, compare_down};
  enum { kCount = 20000 };
  int32_t *numbers = malloc(kCount * sizeof *numbers);
  uint32_t hash = 2166136261u;
  for (int way = 0; way < 2; way++) {
    for (int i = 0; i < kCount; i++) numbers[i] = (int32_t)next();
    qsort(numbers, kCount, sizeof *numbers, compare[way]);
    for (int i = 0; i < kCount; i++) hash = (hash ^ (uint32_t)numbers[i]) * 16777619u;
  }
  free(numbers);
  return hash;
}

static uint32_t crc(const char *text) {
  uint32_t value = 0xffffffffu;
  for (; *text; text++) {
    value ^= (uint8_t)*text;
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
  }
  return ~value;
}

static uint64_t divisions(void) {
  uint64_t sum = 0;
  for (int i = 0; i < 1000; i++) {
    uint64_t a = next(), b = next() >> (i % 60) | 1;
    sum += a / b + a % b + (uint64_t)((int64_t)a / ((int64_t)b | 3)) + (uint32_t)a / ((uint32_t)b | 1) + (uint64_t)((int32_t)a % ((int32_t)b | 5));
    sum = sum << 7 | sum >> 57;
  }
  return sum;
}

int main(void) {
  printf("sort %08x\n", sort_both_ways());
  printf("crc %08x\n", crc("The quick brown fox jumps over the lazy dog"));
  printf("divisions %016llx\n", (unsigned long long)divisions());
  printf("bits %d %d %d\n", __builtin_popcountll(0xf0f0f0f0f0f0f0f0u), __builtin_clz(1), __builtin_ctzll(1ull << 40));
  printf("floats %.17g %.9g %.17g\n", sqrt(2.0), (double)(float)(1.0 / 3.0), floor(-2.5) + ceil(2.1) + trunc(-7.9) + nearbyint(2.5));
  printf("math %.15g %.15g %.15g\n", sin(1.0), exp(1.0), pow(2.0, 0.5));
  printf("conversions %d %u %lld\n", (int)-3.99, (unsigned)4000000000.0, (long long)-9e18);
  char *grown = NULL;
  size_t size = 1;
  for (; size < 40u << 20; size *= 2) {
    grown = realloc(grown, size);
    if (!grown) return 1;
    grown[size - 1] = (char)size;
  }
  grown[12345] = 42;
  char *copy = malloc(size / 2);
  if (!copy) return 1;
  memcpy(copy, grown, size / 2);
  printf("memory %d\n", copy[12345]);
  return 0;
}
