// Sorting with a comparison callback: indirect calls and data-dependent branches.
#include "../bench.h"

enum { COUNT = 200000 };
static uint32_t values[COUNT];

static int compare(const void* a, const void* b) {
  const uint32_t x = *(const uint32_t*)a, y = *(const uint32_t*)b;
  return (x > y) - (x < y);
}

typedef int (*comparison)(const void*, const void*);

static void heap_sort(uint32_t* items, int count, comparison order) {
  for (int start = count / 2 - 1, end = count; end > 1;) {
    int root;
    if (start >= 0) {
      root = start--;
    } else {
      --end;
      const uint32_t last = items[end];
      items[end] = items[0];
      items[0] = last;
      root = 0;
    }
    for (int child; (child = 2 * root + 1) < end; root = child) {
      if (child + 1 < end && order(&items[child], &items[child + 1]) < 0) ++child;
      if (order(&items[root], &items[child]) >= 0) break;
      const uint32_t swap = items[root];
      items[root] = items[child];
      items[child] = swap;
    }
  }
}

uint64_t kernel(void) {
  volatile comparison order = compare;
  uint64_t sum = 0;
  for (int round = 0; round < 1; ++round) {
    uint32_t seed = 12345u + (uint32_t)round;
    for (int i = 0; i < COUNT; ++i) values[i] = next_random(&seed);
    heap_sort(values, COUNT, order);
    for (int i = 0; i < COUNT; i += 1000) sum = sum * 31 + values[i];
  }
  return sum;
}
