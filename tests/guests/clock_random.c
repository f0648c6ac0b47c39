// Clocks go forward, sleeping takes time, random bytes differ.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) exit(2);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void) {
  if (seconds(CLOCK_REALTIME) < 1.6e9) return puts("the clock is before 2020"), 1;
  double before = seconds(CLOCK_MONOTONIC);
  struct timespec pause = {.tv_nsec = 20000000};
  if (nanosleep(&pause, NULL) != 0) return puts("nanosleep failed"), 1;
  double slept = seconds(CLOCK_MONOTONIC) - before;
  if (slept < 0.02 || slept > 5) return printf("slept %f\n", slept), 1;
  struct pollfd entry = {.fd = 1, .events = POLLOUT};
  if (poll(&entry, 1, 1000) != 1 || !(entry.revents & POLLOUT)) return puts("standard output is not ready"), 1;
  unsigned char a[256], b[256];
  if (getentropy(a, sizeof a) != 0 || getentropy(b, sizeof b) != 0) return puts("getentropy failed"), 1;
  if (!memcmp(a, b, sizeof a)) return puts("random bytes repeat"), 1;
  puts("clocks and random work");
  return 0;
}
