// Load for an echo server: opens CONNECTIONS to 127.0.0.1:PORT, rests IDLE seconds, then on ACTIVE of them sends 64 bytes, waits for
// them and sends again, for BUSY seconds. Prints the server's processor time while resting, round trips a second and its processor
// time by round trip.
//
//     load PORT SERVER_PID CONNECTIONS ACTIVE IDLE BUSY
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kMessage = 64 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void fail(const char* what) {
  perror(what);
  exit(1);
}

// Of all threads, exact to a nanosecond.
static double processor_time(int pid) {
  clockid_t clock;
  struct timespec time;
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) fail("processor time");
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int compare(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const int port = atoi(argv[1]), pid = atoi(argv[2]), connections = atoi(argv[3]), active = atoi(argv[4]);
  const double idle = atof(argv[5]), busy = atof(argv[6]);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int* fds = calloc((size_t)connections, sizeof(int));
  double* sent_at = calloc((size_t)connections, sizeof(double));
  const int set = epoll_create1(0);
  char message[kMessage] = "x", answer[kMessage];
  for (int i = 0; i < connections; ++i) {
    fds[i] = socket(AF_INET, SOCK_STREAM, 0);
    if (fds[i] < 0 || connect(fds[i], (struct sockaddr*)&address, sizeof(address)) != 0) fail("connect");
    const int on = 1;
    setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    // One round trip, so that the server has accepted it.
    if (send(fds[i], message, kMessage, 0) != kMessage || recv(fds[i], answer, kMessage, MSG_WAITALL) != kMessage) fail("echo");
  }

  double before = processor_time(pid);
  usleep((useconds_t)(idle * 1e6));
  const double idle_time = processor_time(pid) - before;

  // The active ones are spread over all.
  for (int i = 0; i < active; ++i) {
    const int index = (int)((long)i * connections / active);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)index};
    epoll_ctl(set, EPOLL_CTL_ADD, fds[index], &event);
  }
  const size_t room = 1 << 22;
  double* latencies = malloc(room * sizeof(double));
  size_t round_trips = 0;
  before = processor_time(pid);
  const double start = now();
  for (int i = 0; i < active; ++i) {
    const int index = (int)((long)i * connections / active);
    sent_at[index] = now();
    if (send(fds[index], message, kMessage, 0) != kMessage) fail("send");
  }
  double time = start;
  while (time < start + busy) {
    struct epoll_event events[256];
    const int ready = epoll_wait(set, events, 256, 1000);
    if (ready <= 0) fail("epoll_wait");
    for (int i = 0; i < ready; ++i) {
      const unsigned index = events[i].data.u32;
      if (recv(fds[index], answer, kMessage, 0) != kMessage || memcmp(answer, message, kMessage) != 0) fail("recv");
      time = now();
      latencies[round_trips++ % room] = time - sent_at[index];
      sent_at[index] = time;
      if (send(fds[index], message, kMessage, 0) != kMessage) fail("send");
    }
  }
  const double seconds = time - start, busy_time = processor_time(pid) - before;
  const size_t kept = round_trips < room ? round_trips : room;
  qsort(latencies, kept, sizeof(double), compare);
  printf("%.4f %.0f %.2f %.0f %.0f\n", 100 * idle_time / idle, (double)round_trips / seconds, 1e6 * busy_time / (double)round_trips,
         1e6 * latencies[kept / 2], 1e6 * latencies[kept * 99 / 100]);
  return 0;
}
