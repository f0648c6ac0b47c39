// Copies standard input, or the files that its arguments name, to standard output with plain reads and writes. Ends with 3 when it
// cannot write, 4 when it cannot read, 5 when it cannot open.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buffer[4096];

static void fail(int status, const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(status);
}

static void copy(int from) {
  for (;;) {
    ssize_t got = read(from, buffer, sizeof buffer);
    if (got < 0) fail(4, "read");
    if (got == 0) return;
    for (ssize_t done = 0; done < got;) {
      ssize_t written = write(1, buffer + done, (size_t)(got - done));
      if (written < 0) fail(3, "write");
      done += written;
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 2) copy(0);
  for (int i = 1; i < argc; ++i) {
    int file = open(argv[i], O_RDONLY);
    if (file < 0) fail(5, argv[i]);
    copy(file);
    close(file);
  }
  return 0;
}
