// Runs a command and writes to descriptor 3 how it ended: status, microseconds by the clock and of the processor, peak memory in KiB.
// A process of its own, because a child's peak begins with that of the process that started it. usage: launch COMMAND...
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

int main(int argc, char** argv) {
  if (argc < 2) return fprintf(stderr, "usage: launch COMMAND...\n"), 125;
  const long long begin = now();
  const pid_t pid = fork();
  if (pid < 0) return perror("launch: fork"), 125;
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(3);
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    _exit(127);
  }
  int status = 0;
  struct rusage usage;
  if (wait4(pid, &status, 0, &usage) != pid) return perror("launch: wait4"), 125;
  const long long end = now();
  const long long cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
  dprintf(3, "%d %lld %lld %ld\n", WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status), end - begin, cpu, usage.ru_maxrss);
  return 0;
}
