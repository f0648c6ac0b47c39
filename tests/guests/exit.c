// Ends with the status in its first argument: through exit, or straight through WASI when there is a second argument.
#include <stdlib.h>
#include <wasi/api.h>

int main(int argc, char **argv) {
  unsigned long status = argc > 1 ? strtoul(argv[1], 0, 10) : 0;
  if (argc > 2) __wasi_proc_exit((__wasi_exitcode_t)status);
  exit((int)status);
}
