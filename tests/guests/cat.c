// Copies standard input to standard output with plain reads and writes. Ends with 3 when it cannot write, 4 when it cannot read.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char buffer[4096];

int main(void) {
  for (;;) {
    ssize_t got = read(0, buffer, sizeof buffer);
    if (got < 0) {
      fprintf(stderr, "read: %s\n", strerror(errno));
      return 4;
    }
    if (got == 0) return 0;
    for (ssize_t done = 0; done < got;) {
      ssize_t written = write(1, buffer + done, (size_t)(got - done));
      if (written < 0) {
        fprintf(stderr, "write: %s\n", strerror(errno));
        return 3;
      }
      done += written;
    }
  }
}
