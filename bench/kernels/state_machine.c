// Two state machines: numbers and names picked out of text by a switch, and the same by a table of transitions.
#include "../bench.h"

enum { SIZE = 1 << 20 };
enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS, NAME, INVALID, STATES };
enum class { DIGIT, LETTER_E, LETTER, PLUS_MINUS, DOT, SPACE, OTHER, CLASSES };
static char text[SIZE + 1];
static uint8_t class_of[256], next[STATES][CLASSES];

static enum state step(enum state state, char c) {
  const int digit = c >= '0' && c <= '9', letter = (c >= 'a' && c <= 'z') || c == '_', sign = c == '+' || c == '-';
  switch (state) {
    case START: return digit ? INTEGER : letter ? NAME : sign ? SIGN : c == '.' ? POINT : c == ' ' ? START : INVALID;
    case SIGN: return digit ? INTEGER : c == '.' ? POINT : c == ' ' ? START : INVALID;
    case INTEGER: return digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : c == ' ' ? START : INVALID;
    case POINT: return digit ? FRACTION : c == ' ' ? START : INVALID;
    case FRACTION: return digit ? FRACTION : c == 'e' ? EXPONENT : c == ' ' ? START : INVALID;
    case EXPONENT: return sign ? EXPONENT_SIGN : digit ? EXPONENT_DIGITS : c == ' ' ? START : INVALID;
    case EXPONENT_SIGN: return digit ? EXPONENT_DIGITS : c == ' ' ? START : INVALID;
    case EXPONENT_DIGITS: return digit ? EXPONENT_DIGITS : c == ' ' ? START : INVALID;
    case NAME: return letter || digit ? NAME : c == ' ' ? START : INVALID;
    default: return c == ' ' ? START : INVALID;
  }
}

static void make_table(void) {
  static const char example[CLASSES] = {'0', 'e', 'x', '+', '.', ' ', '!'};
  for (int c = 0; c < 256; ++c)
    class_of[c] = c >= '0' && c <= '9' ? DIGIT : c == 'e' ? LETTER_E : (c >= 'a' && c <= 'z') || c == '_' ? LETTER
                : c == '+' || c == '-' ? PLUS_MINUS : c == '.' ? DOT : c == ' ' ? SPACE : OTHER;
  for (int s = 0; s < STATES; ++s)
    for (int c = 0; c < CLASSES; ++c) next[s][c] = (uint8_t)step((enum state)s, example[c]);
}

uint64_t kernel(void) {
  static const char* const words[] = {"12", "-3.25", "1e10", "6.5e-7", "name_1", "x", "+", "..", "4e", "12ab", "hello", "9.99"};
  uint32_t seed = 43;
  size_t size = 0;
  while (size + 16 < SIZE) {
    const char* word = words[next_random(&seed) % (sizeof words / sizeof *words)];
    while (*word) text[size++] = *word++;
    text[size++] = ' ';
  }
  text[size] = 0;
  uint64_t counts[STATES] = {0}, again[STATES] = {0};
  enum state state = START;
  for (size_t i = 0; i < size; ++i) {
    const enum state before = state;
    state = step(state, text[i]);
    if (state == START) ++counts[before];
  }
  make_table();
  for (int round = 0; round < 4; ++round) {
    unsigned now = START;
    for (size_t i = 0; i < size; ++i) {
      const unsigned before = now;
      now = next[now][class_of[(uint8_t)text[i]]];
      if (now == START) ++again[before];
    }
  }
  uint64_t sum = 0;
  for (int i = 0; i < STATES; ++i) sum = sum * 1000003 + counts[i] * 5 + again[i];
  return sum;
}
