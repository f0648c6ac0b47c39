// Huffman coding: frequencies, a code tree from a heap, bits out and in again.
#include "../bench.h"

enum { SIZE = 1 << 20 };
static uint8_t input[SIZE], packed[SIZE * 2], output[SIZE];

struct node { uint32_t weight; int16_t left, right; };
static struct node nodes[511];
static int heap[257], heap_size;
static uint32_t codes[256];
static uint8_t lengths[256];

static void push(int node) {
  int i = ++heap_size;
  while (i > 1 && nodes[heap[i / 2]].weight > nodes[node].weight) {
    heap[i] = heap[i / 2];
    i /= 2;
  }
  heap[i] = node;
}

static int pop(void) {
  const int top = heap[1], last = heap[heap_size--];
  int i = 1;
  for (int child; (child = 2 * i) <= heap_size; i = child) {
    if (child < heap_size && nodes[heap[child + 1]].weight < nodes[heap[child]].weight) ++child;
    if (nodes[last].weight <= nodes[heap[child]].weight) break;
    heap[i] = heap[child];
  }
  heap[i] = last;
  return top;
}

static void assign(int node, uint32_t code, uint8_t length) {
  if (nodes[node].left < 0) {
    codes[node] = code;
    lengths[node] = length;
    return;
  }
  assign(nodes[node].left, code << 1, (uint8_t)(length + 1));
  assign(nodes[node].right, code << 1 | 1, (uint8_t)(length + 1));
}

static int build(void) {
  for (int i = 0; i < 256; ++i) nodes[i] = (struct node){1, -1, -1};
  for (int i = 0; i < SIZE; ++i) ++nodes[input[i]].weight;
  heap_size = 0;
  for (int i = 0; i < 256; ++i) push(i);
  int used = 256;
  while (heap_size > 1) {
    const int a = pop(), b = pop();
    nodes[used] = (struct node){nodes[a].weight + nodes[b].weight, (int16_t)a, (int16_t)b};
    push(used++);
  }
  const int root = pop();
  assign(root, 0, 0);
  return root;
}

static size_t encode(void) {
  uint64_t bits = 0;
  int count = 0;
  size_t out = 0;
  for (int i = 0; i < SIZE; ++i) {
    bits = bits << lengths[input[i]] | codes[input[i]];
    count += lengths[input[i]];
    while (count >= 8) packed[out++] = (uint8_t)(bits >> (count -= 8));
  }
  if (count) packed[out++] = (uint8_t)(bits << (8 - count));
  return out;
}

static void decode(int root) {
  size_t bit = 0;
  for (int i = 0; i < SIZE; ++i) {
    int node = root;
    while (nodes[node].left >= 0) {
      node = packed[bit >> 3] >> (7 - (bit & 7)) & 1 ? nodes[node].right : nodes[node].left;
      ++bit;
    }
    output[i] = (uint8_t)node;
  }
}

uint64_t kernel(void) {
  uint32_t seed = 17;
  for (int i = 0; i < SIZE; ++i) {
    const uint32_t r = next_random(&seed);
    input[i] = (uint8_t)((r & 31) * (r >> 5 & 7) + (r >> 28));
  }
  const int root = build();
  const size_t size = encode();
  decode(root);
  if (memcmp(input, output, SIZE) != 0) return 0;
  uint64_t sum = size;
  for (size_t i = 0; i < size; ++i) sum = sum * 31 + packed[i];
  return sum;
}
