// Prints what differs between runs and machines: clocks, random bytes, a directory's order, numbers and times of files, NaNs.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct timespec now;
  for (int i = 0; i < 3; ++i) {
    clock_gettime(i == 1 ? CLOCK_MONOTONIC : CLOCK_REALTIME, &now);
    printf("%lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
    sleep(3600);
  }
  unsigned char bytes[16];
  getentropy(bytes, sizeof bytes);
  for (size_t i = 0; i < sizeof bytes; ++i) printf("%02x", bytes[i]);
  volatile double zero = 0;
  double nan = -(zero / zero);
  uint64_t bits;
  memcpy(&bits, &nan, sizeof bits);
  printf("\n%016llx\n", (unsigned long long)bits);
  if (argc < 2) return 0;
  DIR *directory = opendir(argv[1]);
  if (!directory) return 1;
  for (struct dirent *entry; (entry = readdir(directory));) {
    struct stat status;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
    if (!strcmp(entry->d_name, "..") || stat(path, &status) != 0) continue;
    printf("%s %llu %llu %llu %lld %lld\n", entry->d_name, (unsigned long long)entry->d_ino, (unsigned long long)status.st_ino,
           (unsigned long long)status.st_dev, (long long)status.st_size, (long long)status.st_mtime);
  }
  closedir(directory);
  return 0;
}
