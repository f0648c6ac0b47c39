// An echo server in one poll loop. As WebAssembly it serves the listener at descriptor 3; natively it opens one on a free port
// of 127.0.0.1 and says which. It ends after as many connections as its argument says (0: never).
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __wasi__
static int open_listener(void) { return 3; }
#else
#include <arpa/inet.h>
#include <netinet/in.h>
static int open_listener(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof(address);
  if (bind(fd, (struct sockaddr*)&address, size) || listen(fd, SOMAXCONN) || getsockname(fd, (struct sockaddr*)&address, &size)) exit(1);
  fprintf(stderr, "listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  return fd;
}
#endif

enum { kMost = 20000 };
static struct pollfd polled[kMost];
static int count;
static long served;

static int write_all(int fd, const char* data, ssize_t size) {
  while (size > 0) {
    ssize_t done = write(fd, data, (size_t)size);
    if (done < 0 && errno == EAGAIN) {
      struct pollfd one = {.fd = fd, .events = POLLOUT};
      if (poll(&one, 1, -1) < 0) return -1;
      continue;
    }
    if (done < 0) return -1;
    data += done;
    size -= done;
  }
  return 0;
}

static void accept_all(void) {
  while (count < kMost) {
    int fd = accept4(polled[0].fd, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EAGAIN) return;
      perror("accept");
      exit(1);
    }
    polled[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
  }
}

int main(int argc, char** argv) {
  static char buffer[65536];
  long most = argc > 1 ? atol(argv[1]) : 0;
  int listener = open_listener();
  if (fcntl(listener, F_SETFL, O_NONBLOCK)) {
    perror("listener");
    return 1;
  }
  polled[count++] = (struct pollfd){.fd = listener, .events = POLLIN};
  while (most == 0 || served < most) {
    int ready = poll(polled, (nfds_t)count, -1);
    if (ready < 0) {
      perror("poll");
      return 1;
    }
    for (int i = count - 1; i > 0 && ready > 0; --i) {
      if (!polled[i].revents) continue;
      --ready;
      ssize_t size = read(polled[i].fd, buffer, sizeof(buffer));
      if (size < 0 && errno == EAGAIN) continue;
      if (size > 0 && write_all(polled[i].fd, buffer, size) == 0) continue;
      close(polled[i].fd);
      polled[i] = polled[--count];
      ++served;
    }
    if (polled[0].revents) accept_all();
  }
  printf("served %ld\n", served);
  return 0;
}
