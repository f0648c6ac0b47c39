// Counts the words of a file and prints the most frequent ones.
// Usage: wasmrun word_count.wasm --dir=. FILE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kBuckets = 4096, kLongest = 63, kShown = 8 };

struct word {
  struct word *next;
  unsigned count;
  char text[kLongest + 1];
};

static struct word *buckets[kBuckets];
static unsigned distinct, total;

static void add(const char *text) {
  unsigned hash = 5381;
  for (const char *c = text; *c; c++) hash = hash * 33 + (unsigned char)*c;
  struct word **slot = &buckets[hash % kBuckets];
  while (*slot && strcmp((*slot)->text, text)) slot = &(*slot)->next;
  if (!*slot) {
    *slot = calloc(1, sizeof **slot);
    if (!*slot) exit(2);
    strcpy((*slot)->text, text);
    distinct++;
  }
  (*slot)->count++;
  total++;
}

static void read_words(FILE *file) {
  char text[kLongest + 1];
  int length = 0;
  for (int c; (c = fgetc(file)) != EOF;) {
    if (isalpha(c) && length < kLongest) {
      text[length++] = (char)tolower(c);
    } else if (length > 0) {
      text[length] = 0;
      add(text);
      length = 0;
    }
  }
}

static int more_frequent(const void *a, const void *b) {
  const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  return strcmp(x->text, y->text);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s FILE\n", argv[0]);
    return 2;
  }
  FILE *file = fopen(argv[1], "r");
  if (!file) {
    fprintf(stderr, "%s: %s: %s\n", argv[0], argv[1], strerror(errno));
    return 1;
  }
  read_words(file);
  fclose(file);

  struct word **all = malloc((distinct + 1) * sizeof *all);
  if (!all) return 2;
  unsigned count = 0;
  for (int i = 0; i < kBuckets; i++)
    for (struct word *w = buckets[i]; w; w = w->next) all[count++] = w;
  qsort(all, count, sizeof *all, more_frequent);
  printf("%u words, %u different\n", total, distinct);
  for (unsigned i = 0; i < count && i < kShown; i++) printf("%6u %s\n", all[i]->count, all[i]->text);
  return 0;
}
