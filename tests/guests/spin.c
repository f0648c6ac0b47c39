// Never ends: in a loop of its own, or in a system call that its first argument names.
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

volatile unsigned counter;

int main(int argc, char **argv) {
  puts("spinning");
  fflush(stdout);
  if (argc > 1 && !strcmp(argv[1], "read")) {
    char byte;
    while (read(0, &byte, 1) != 0) counter++;
  }
  if (argc > 1 && !strcmp(argv[1], "sleep")) sleep(1000);
  if (argc > 1 && !strcmp(argv[1], "poll")) {
    struct pollfd entry = {.fd = 0, .events = POLLIN};
    poll(&entry, 1, -1);
  }
  for (;;) counter++;
}
