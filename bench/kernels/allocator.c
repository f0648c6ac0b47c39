// malloc and free of many sizes in changing order, linked lists and a search tree made of what they give.
#include "../bench.h"

enum { SLOTS = 4096 };
struct item { struct item *left, *right; uint32_t key, count; };

static struct item* insert(struct item* root, uint32_t key) {
  struct item** link = &root;
  while (*link) {
    if ((*link)->key == key) {
      ++(*link)->count;
      return root;
    }
    link = key < (*link)->key ? &(*link)->left : &(*link)->right;
  }
  *link = malloc(sizeof(struct item));
  **link = (struct item){NULL, NULL, key, 1};
  return root;
}

static uint64_t sum_and_free(struct item* item, uint64_t sum) {
  if (!item) return sum;
  sum = sum_and_free(item->left, sum) * 31 + item->key + item->count;
  sum = sum_and_free(item->right, sum);
  free(item);
  return sum;
}

uint64_t kernel(void) {
  static uint8_t* slots[SLOTS];
  static uint32_t sizes[SLOTS];
  uint32_t seed = 41;
  uint64_t sum = 0;
  for (int i = 0; i < 400000; ++i) {
    const uint32_t r = next_random(&seed), slot = r % SLOTS;
    if (slots[slot]) {
      sum = sum * 31 + slots[slot][0] + slots[slot][sizes[slot] - 1];
      free(slots[slot]);
      slots[slot] = NULL;
    } else {
      sizes[slot] = 8 + (r >> 12) % (r >> 30 ? 120 : 3000);
      slots[slot] = malloc(sizes[slot]);
      slots[slot][0] = (uint8_t)r;
      slots[slot][sizes[slot] - 1] = (uint8_t)(r >> 8);
    }
  }
  for (int i = 0; i < SLOTS; ++i) {
    free(slots[i]);
    slots[i] = NULL;
  }
  struct item* root = NULL;
  for (int i = 0; i < 100000; ++i) root = insert(root, next_random(&seed) % 50000);
  return sum_and_free(root, sum);
}
