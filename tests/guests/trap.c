// Traps in the way its first argument names.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

volatile int zero = 0;
volatile int minus_one = -1;
volatile int minimum = -2147483647 - 1;
volatile float huge = 1e30f;
volatile unsigned far_away = 0xfffffff0u;

typedef int (*binary_function)(int, int);
static int nullary(void) { return 7; }
int (*volatile wrong_type)(void) = nullary;

__attribute__((noinline)) static int divide(int a, int b) { return a / b; }
__attribute__((noinline)) static int load(unsigned address) { return *(volatile int *)address; }
__attribute__((noinline)) static void store(unsigned address) { *(volatile int *)address = 1; }
__attribute__((noinline)) static int call_wrong_type(void) { return ((binary_function)wrong_type)(1, 2); }
__attribute__((noinline)) static int recurse(int n) {
  volatile char frame[64];
  frame[n % 64] = (char)n;
  return recurse(n + 1) + frame[n % 64];
}

int main(int argc, char **argv) {
  const char *kind = argc > 1 ? argv[1] : "";
  int result = 0;
  puts("before");
  fflush(stdout);
  if (!strcmp(kind, "divide")) result = divide(1, zero);
  if (!strcmp(kind, "overflow")) result = divide(minimum, minus_one);
  if (!strcmp(kind, "unreachable")) __builtin_trap();
  if (!strcmp(kind, "load")) result = load(far_away);
  if (!strcmp(kind, "store")) store(far_away);
  if (!strcmp(kind, "wrong-type")) result = call_wrong_type();
  if (!strcmp(kind, "recurse")) result = recurse(zero);
  if (!strcmp(kind, "abort")) abort();
  printf("after %d\n", result);
  return 0;
}
