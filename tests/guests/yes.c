// Writes lines until it cannot; says why on standard error and ends with 9.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  static const char line[] = "yes\n";
  while (write(1, line, sizeof line - 1) > 0) {
  }
  fprintf(stderr, "write: %s\n", errno == EPIPE ? "EPIPE" : errno == ENOSPC ? "ENOSPC" : errno == EBADF ? "EBADF" : strerror(errno));
  return 9;
}
