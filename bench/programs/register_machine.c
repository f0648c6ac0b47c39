// An interpreter: a register machine with a switch in a loop, running a sieve and a nested loop. The program-like guest.
#include "../bench.h"

enum op { LOAD_CONST, MOVE, ADD, SUB, MUL, LESS, JUMP, JUMP_IF, JUMP_UNLESS, LOAD, STORE, AND, XOR, SHIFT_RIGHT, CALL, RETURN, HALT };

struct instruction { uint8_t op, a, b, c; int32_t value; };
struct frame { int32_t return_to; int32_t base; };

static int64_t memory[1 << 16];
static int64_t registers[1 << 12];
static struct frame frames[256];

static int64_t run(const struct instruction* code) {
  int32_t pc = 0, depth = 0;
  int64_t* r = registers;
  uint64_t steps = 0;
  for (;;) {
    const struct instruction i = code[pc++];
    ++steps;
    switch (i.op) {
      case LOAD_CONST: r[i.a] = i.value; break;
      case MOVE: r[i.a] = r[i.b]; break;
      case ADD: r[i.a] = (int64_t)((uint64_t)r[i.b] + (uint64_t)r[i.c]); break;
      case SUB: r[i.a] = (int64_t)((uint64_t)r[i.b] - (uint64_t)r[i.c]); break;
      case MUL: r[i.a] = (int64_t)((uint64_t)r[i.b] * (uint64_t)r[i.c]); break;
      case LESS: r[i.a] = r[i.b] < r[i.c]; break;
      case JUMP: pc = i.value; break;
      case JUMP_IF: if (r[i.a]) pc = i.value; break;
      case JUMP_UNLESS: if (!r[i.a]) pc = i.value; break;
      case LOAD: r[i.a] = memory[r[i.b] & 0xffff]; break;
      case STORE: memory[r[i.b] & 0xffff] = r[i.a]; break;
      case AND: r[i.a] = r[i.b] & r[i.c]; break;
      case XOR: r[i.a] = r[i.b] ^ r[i.c]; break;
      case SHIFT_RIGHT: r[i.a] = (int64_t)((uint64_t)r[i.b] >> (r[i.c] & 63)); break;
      case CALL:
        frames[depth++] = (struct frame){pc, (int32_t)(r - registers)};
        r += i.a;
        pc = i.value;
        break;
      case RETURN:
        --depth;
        pc = frames[depth].return_to;
        r = registers + frames[depth].base;
        break;
      default: return (int64_t)(steps * 31) ^ r[0];
    }
  }
}

uint64_t kernel(void) {
  static const struct instruction program[] = {
      {LOAD_CONST, 0, 0, 0, 0},      {LOAD_CONST, 1, 0, 0, 0},     {LOAD_CONST, 2, 0, 0, 60},  {LOAD_CONST, 3, 0, 0, 1},
      // outer: r1 < r2
      {LESS, 4, 1, 2, 0},            {JUMP_UNLESS, 4, 0, 0, 22},   {LOAD_CONST, 5, 0, 0, 0},    {LOAD_CONST, 6, 0, 0, 20000},
      // inner: r5 < r6
      {LESS, 4, 5, 6, 0},            {JUMP_UNLESS, 4, 0, 0, 20},   {MUL, 7, 5, 1, 0},           {LOAD, 8, 7, 0, 0},
      {XOR, 8, 8, 5, 0},             {ADD, 0, 0, 8, 0},            {STORE, 0, 7, 0, 0},         {MOVE, 16, 8, 0, 0},
      {CALL, 16, 0, 0, 23},          {ADD, 0, 0, 17, 0},           {ADD, 5, 5, 3, 0},           {JUMP, 0, 0, 0, 8},
      {ADD, 1, 1, 3, 0},             {JUMP, 0, 0, 0, 4},           {HALT, 0, 0, 0, 0},
      // function: r1 = (r0 >> 3 & 255) - 7
      {LOAD_CONST, 2, 0, 0, 3},      {SHIFT_RIGHT, 3, 0, 2, 0},    {LOAD_CONST, 2, 0, 0, 255},  {AND, 1, 3, 2, 0},
      {LOAD_CONST, 2, 0, 0, 7},      {SUB, 1, 1, 2, 0},            {RETURN, 0, 0, 0, 0},
  };
  memset(memory, 0, sizeof memory);
  memset(registers, 0, sizeof registers);
  return (uint64_t)run(program);
}
