// Says what standard input is to a program, in one line: kind, terminal or not, position, what a poll of half a second tells, what a read
// gives. "-" stands for EBADF.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

static const char *kind(void) {
  __wasi_fdstat_t state;
  if (__wasi_fd_fdstat_get(0, &state) != 0) return "-";
  static const char *const kinds[] = {"unknown", "block", "character", "directory", "file", "datagram", "stream", "link"};
  return kinds[state.fs_filetype];
}

int main(void) {
  printf("kind=%s tty=%s", kind(), isatty(0) ? "yes" : "no");
  struct stat status;
  if (fstat(0, &status) == 0) printf(" size=%lld", (long long)status.st_size);
  const off_t position = lseek(0, 0, SEEK_CUR);
  if (position >= 0) printf(" position=%lld", (long long)position);
  else printf(" position=%s", errno == ESPIPE ? "none" : errno == EBADF ? "-" : strerror(errno));

  __wasi_subscription_t wanted[2] = {{.userdata = 1, .u.tag = __WASI_EVENTTYPE_FD_READ, .u.u.fd_read.file_descriptor = 0},
                                     {.userdata = 2, .u.tag = __WASI_EVENTTYPE_CLOCK}};
  wanted[1].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  wanted[1].u.u.clock.timeout = 500000000;
  __wasi_event_t events[2];
  __wasi_size_t count = 0;
  if (__wasi_poll_oneoff(wanted, events, 2, &count) != 0) return puts(" poll failed"), 1;
  if (events[0].userdata == 2) printf(" poll=silent");
  else if (events[0].error == __WASI_ERRNO_BADF) printf(" poll=-");
  else printf(" poll=%llu%s", (unsigned long long)events[0].fd_readwrite.nbytes,
              events[0].fd_readwrite.flags & __WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP ? ",end" : "");
  if (events[0].userdata == 2) return puts(""), 0;

  char bytes[64];
  const ssize_t got = read(0, bytes, sizeof bytes);
  if (got < 0) printf(" read=%s\n", errno == EBADF ? "-" : strerror(errno));
  else printf(" read='%.*s'\n", (int)(got > 0 && bytes[got - 1] == '\n' ? got - 1 : got), bytes);
  return 0;
}
