// Compiled and linked inside wasmrun by a clang and a wasm-ld that are WebAssembly themselves. Their C library speaks wasi_unstable:
// the layouts of stat, poll and seek below are that snapshot's.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int by_value(const void* left, const void* right) { return strcmp(*(const char* const*)left, *(const char* const*)right); }

static void list(const char* folder) {
  const char* names[16];
  int count = 0;
  DIR* directory = opendir(folder);
  for (struct dirent* entry; (entry = readdir(directory)) && count < 16;) names[count++] = strdup(entry->d_name);
  closedir(directory);
  qsort(names, count, sizeof(names[0]), by_value);
  printf("files");
  for (int i = 0; i < count; ++i) printf(" %s", names[i]);
  printf("\n");
}

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  char path[100];
  snprintf(path, sizeof(path), "%s/table.txt", argv[1]);
  printf("math %.6f %.6f %s\n", sqrt(2), sin(1) + pow(2, 0.5), argv[0]);

  FILE* file = fopen(path, "w+");
  for (int i = 0; i < 1000; ++i) fprintf(file, "%d %g\n", i, i / 8.0);
  fseek(file, 5, SEEK_SET);
  fputs("five", file);
  fseek(file, -6, SEEK_END);
  char line[32] = "";
  if (!fgets(line, sizeof(line), file)) return 2;
  printf("tail %s", line);
  fseek(file, 0, SEEK_END);
  printf("size %ld\n", ftell(file));
  fclose(file);

  const int fd = open(path, O_RDWR);
  const long long from_start = lseek(fd, 10, SEEK_SET);
  const long long onward = lseek(fd, 5, SEEK_CUR);
  const long long from_end = lseek(fd, -1, SEEK_END);
  printf("seek %lld %lld %lld\n", from_start, onward, from_end);
  if (ftruncate(fd, 100) != 0) return 3;
  struct stat status;
  fstat(fd, &status);
  printf("fstat %lld %d %lld\n", (long long)status.st_size, S_ISREG(status.st_mode), (long long)status.st_nlink);
  const struct timespec times[2] = {{1000000000, 1}, {1234567890, 123456789}};
  futimens(fd, times);
  close(fd);
  stat(path, &status);
  printf("stat %lld %lld.%09ld %d\n", (long long)status.st_size, (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
         status.st_mtim.tv_sec < status.st_ctim.tv_sec);
  list(argv[1]);
  char other[100];
  snprintf(other, sizeof(other), "%s/renamed.txt", argv[1]);
  if (rename(path, other) != 0 || mkdir(path, 0777) != 0) return 4;
  list(argv[1]);
  if (unlink(other) != 0 || rmdir(path) != 0) return 5;
  list(argv[1]);
  const int missing = open(path, O_RDONLY);
  printf("missing %d %d\n", missing, errno == ENOENT);

  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  const struct timespec nap = {0, 20000000};
  nanosleep(&nap, NULL);
  clock_gettime(CLOCK_MONOTONIC, &after);
  const long long slept = (after.tv_sec - before.tv_sec) * 1000000000ll + (after.tv_nsec - before.tv_nsec);
  printf("slept %s\n", slept >= 20000000 && slept < 5000000000 ? "well" : "wrong");
  char word[16] = "";
  const int words = scanf("%15s", word);
  printf("input %d %s\n", words, word);
  return 7;
}
