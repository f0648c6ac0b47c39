// Searches in a text: Boyer-Moore-Horspool with skips, Knuth-Morris-Pratt with its table, and byte by byte.
#include "../bench.h"

enum { SIZE = 1 << 20 };
static char text[SIZE + 1];

static uint32_t horspool(const char* pattern, uint32_t size) {
  uint32_t skips[256], found = 0;
  for (int i = 0; i < 256; ++i) skips[i] = size;
  for (uint32_t i = 0; i + 1 < size; ++i) skips[(uint8_t)pattern[i]] = size - 1 - i;
  for (uint32_t at = 0; at + size <= SIZE; at += skips[(uint8_t)text[at + size - 1]]) {
    uint32_t k = size;
    while (k > 0 && text[at + k - 1] == pattern[k - 1]) --k;
    if (k == 0) found += at ^ 1;
  }
  return found;
}

static uint32_t with_failures(const char* pattern, uint32_t size) {
  uint32_t failure[64] = {0}, found = 0;
  for (uint32_t i = 1, k = 0; i < size; ++i) {
    while (k > 0 && pattern[i] != pattern[k]) k = failure[k - 1];
    if (pattern[i] == pattern[k]) ++k;
    failure[i] = k;
  }
  for (uint32_t i = 0, k = 0; i < SIZE; ++i) {
    while (k > 0 && text[i] != pattern[k]) k = failure[k - 1];
    if (text[i] == pattern[k]) ++k;
    if (k == size) {
      found += i ^ 1;
      k = failure[k - 1];
    }
  }
  return found;
}

static uint32_t words(void) {
  uint32_t count = 0, inside = 0, hash = 0;
  for (const char* p = text; *p; ++p) {
    const uint32_t letter = *p != ' ' && *p != '\n';
    count += letter & ~inside;
    inside = letter;
    hash = letter ? hash * 33 + (uint8_t)*p : hash ^ count;
  }
  return hash + count;
}

uint64_t kernel(void) {
  uint32_t seed = 37;
  for (int i = 0; i < SIZE; ++i) {
    const uint32_t r = next_random(&seed);
    text[i] = r % 6 == 0 ? ' ' : r % 97 == 0 ? '\n' : (char)('a' + (r >> 8) % 5);
  }
  static const char* const patterns[] = {"abcab", "eade", "cab dab", "aabbccddee", "abacabadabacaba", "bed a bad"};
  uint64_t sum = 0;
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; ++i) {
    memcpy(text + SIZE / 3 * (i % 3) + 1000 * i, patterns[i], strlen(patterns[i]));
    sum = sum * 31 + horspool(patterns[i], (uint32_t)strlen(patterns[i]));
    sum = sum * 31 + with_failures(patterns[i], (uint32_t)strlen(patterns[i]));
  }
  return sum * 31 + words();
}
