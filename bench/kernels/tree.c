// Binary trees built and walked recursively: calls, allocation, pointer chasing.
#include "../bench.h"

struct node { struct node *left, *right; };
static struct node pool[1 << 20];
static int used;

static struct node* build(int depth) {
  struct node* node = &pool[used++];
  node->left = depth ? build(depth - 1) : NULL;
  node->right = depth ? build(depth - 1) : NULL;
  return node;
}
static int count(const struct node* node) { return node->left ? 1 + count(node->left) + count(node->right) : 1; }
static uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

uint64_t kernel(void) {
  uint64_t sum = 0;
  for (int round = 0; round < 4; ++round) {
    used = 0;
    sum += (uint64_t)count(build(17)) * (uint64_t)(round + 1);
  }
  return sum * 1000003 + fib(31);
}
