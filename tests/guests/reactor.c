// A reactor: initialized once, then called by name.
#include <stdio.h>

static int base;

__attribute__((constructor)) static void set_base(void) { base = 100; }

__attribute__((export_name("add"))) int add(int a, int b) { return base + a + b; }
__attribute__((export_name("half"))) double half(double x) { return x / 2; }
__attribute__((export_name("say"))) void say(void) { puts("said"); fflush(stdout); }
