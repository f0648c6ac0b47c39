// Queens on a board by backtracking with bits, and a knight's walk by backtracking in memory: recursion, unpredictable branches.
#include "../bench.h"

static uint32_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint32_t found = 0;
  for (uint32_t free = all & ~(columns | left | right); free;) {
    const uint32_t bit = free & (0u - free);
    free ^= bit;
    found += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return found;
}

enum { SIDE = 5 };
static uint8_t board[SIDE][SIDE];
static uint64_t tried;

static uint32_t walk(int row, int column, int step) {
  static const int8_t moves[8][2] = {{1, 2}, {2, 1}, {2, -1}, {1, -2}, {-1, -2}, {-2, -1}, {-2, 1}, {-1, 2}};
  ++tried;
  if (step == SIDE * SIDE) return 1;
  board[row][column] = 1;
  uint32_t found = 0;
  for (int i = 0; i < 8; ++i) {
    const int r = row + moves[i][0], c = column + moves[i][1];
    if (r >= 0 && r < SIDE && c >= 0 && c < SIDE && !board[r][c]) found += walk(r, c, step + 1);
  }
  board[row][column] = 0;
  return found;
}

uint64_t kernel(void) {
  uint64_t sum = place((1u << 10) - 1, 0, 0, 0);
  tried = 0;
  sum = sum * 1000003 + walk(0, 0, 1);
  return sum * 1000003 + tried;
}
