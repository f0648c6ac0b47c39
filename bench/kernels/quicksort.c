// Sorting of records through pointers with a comparison callback that is chosen at run time: strings, numbers, both.
#include "../bench.h"

enum { COUNT = 60000 };
struct record { char name[12]; int32_t number; double weight; };
static struct record records[COUNT];
static const struct record* order[COUNT];

typedef int (*comparison)(const struct record*, const struct record*);

static int by_name(const struct record* a, const struct record* b) {
  for (size_t i = 0; i < sizeof a->name; ++i)
    if (a->name[i] != b->name[i]) return a->name[i] < b->name[i] ? -1 : 1;
  return 0;
}
static int by_number(const struct record* a, const struct record* b) { return (a->number > b->number) - (a->number < b->number); }
static int by_weight_then_name(const struct record* a, const struct record* b) {
  return a->weight < b->weight ? -1 : a->weight > b->weight ? 1 : by_name(a, b);
}

static void sort(const struct record** first, const struct record** last, comparison compare) {
  while (last - first > 12) {
    const struct record* pivot = first[(last - first) / 2];
    const struct record **low = first, **high = last - 1;
    while (low <= high) {
      while (compare(*low, pivot) < 0) ++low;
      while (compare(*high, pivot) > 0) --high;
      if (low > high) break;
      const struct record* swap = *low;
      *low++ = *high;
      *high-- = swap;
    }
    if (high + 1 - first < last - low) {
      sort(first, high + 1, compare);
      first = low;
    } else {
      sort(low, last, compare);
      last = high + 1;
    }
  }
  for (const struct record** i = first + 1; i < last; ++i) {
    const struct record* item = *i;
    const struct record** place = i;
    for (; place > first && compare(place[-1], item) > 0; --place) *place = place[-1];
    *place = item;
  }
}

uint64_t kernel(void) {
  uint32_t seed = 31;
  for (int i = 0; i < COUNT; ++i) {
    for (size_t k = 0; k < sizeof records[i].name; ++k) records[i].name[k] = (char)('a' + next_random(&seed) % 6);
    records[i].number = (int32_t)next_random(&seed);
    records[i].weight = (double)(next_random(&seed) % 5000) / 7.0;
    order[i] = &records[i];
  }
  static const comparison comparisons[] = {by_name, by_number, by_weight_then_name};
  uint64_t sum = 0;
  for (int round = 0; round < 3; ++round) {
    volatile comparison chosen = comparisons[round];
    sort(order, order + COUNT, chosen);
    for (int i = 0; i < COUNT; ++i) sum = sum * 31 + (uint64_t)(order[i] - records);
  }
  return sum;
}
