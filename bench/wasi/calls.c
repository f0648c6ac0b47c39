// Files, directories and clocks through the C library, by the same source native and as WebAssembly.
//     calls prepare       makes the files and directories that the others use, in the current directory
//     calls NAME...       does each named work and prints "NAME MILLISECONDS"
// Any call that fails, or succeeds where it should not, ends the program with a message.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { kFileBytes = 1 << 30, kEntries = 10000, kListings = 20, kStats = 250000, kOpens = 100000, kClocks = 1000000, kPreads = 500000 };

static const char kShallow[] = "file";
static const char kDeep[] = "one/two/three/four/five/file";
static const char kShallowMissing[] = "missing";
static const char kDeepMissing[] = "one/two/three/four/five/missing";

static void require(int condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "calls: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void touch(const char* path) {
  const int fd = open(path, O_WRONLY | O_CREAT, 0666);
  require(fd >= 0, path);
  close(fd);
}

static void prepare(void) {
  char path[64];
  require(mkdir("entries", 0777) == 0, "mkdir");
  for (int i = 0; i < kEntries; ++i) {
    snprintf(path, sizeof(path), "entries/entry-%05d.txt", i);
    touch(path);
  }
  snprintf(path, sizeof(path), "%s", kDeep);
  for (char* slash = path; (slash = strchr(slash, '/')); ++slash) {
    *slash = '\0';
    require(mkdir(path, 0777) == 0, "mkdir");
    *slash = '/';
  }
  touch(kShallow);
  touch(kDeep);
}

static char* buffer_of(size_t size) {
  char* buffer = aligned_alloc(4096, size);
  require(buffer != NULL, "aligned_alloc");
  memset(buffer, 'x', size);
  return buffer;
}

// The file is made before the first measurement and then overwritten, so that no blocks are allocated meanwhile.
static void write_file(size_t piece) {
  char* buffer = buffer_of(piece);
  const int fd = open("large", O_WRONLY | O_CREAT, 0666);
  require(fd >= 0, "open large");
  for (size_t done = 0; done < kFileBytes; done += piece) require(write(fd, buffer, piece) == (ssize_t)piece, "write");
  close(fd);
  free(buffer);
}

static void read_file(size_t piece) {
  char* buffer = buffer_of(piece);
  const int fd = open("large", O_RDONLY);
  require(fd >= 0, "open large");
  for (size_t done = 0; done < kFileBytes; done += piece) require(read(fd, buffer, piece) == (ssize_t)piece, "read");
  close(fd);
  free(buffer);
}

static void pread_64(void) {
  char buffer[64];
  const int fd = open("large", O_RDONLY);
  require(fd >= 0, "open large");
  for (int i = 0; i < kPreads; ++i) {
    require(pread(fd, buffer, sizeof(buffer), ((uint32_t)i * 2654435761u) % (kFileBytes - 64)) == sizeof(buffer), "pread");
  }
  close(fd);
}

static void list(void) {
  for (int i = 0; i < kListings; ++i) {
    DIR* directory = opendir("entries");
    require(directory != NULL, "opendir");
    int count = 0;
    while (readdir(directory)) ++count;
    closedir(directory);
    require(count >= kEntries, "readdir");  // node:wasi leaves out "." and ".."
  }
}

static void stat_path(const char* path, int expected) {
  struct stat status;
  for (int i = 0; i < kStats; ++i) require(stat(path, &status) == expected, path);
}

static void open_path(const char* path) {
  for (int i = 0; i < kOpens; ++i) {
    const int fd = open(path, O_RDONLY);
    require(fd >= 0 && close(fd) == 0, path);
  }
}

static void clocks(clockid_t clock) {
  struct timespec now;
  for (int i = 0; i < kClocks; ++i) require(clock_gettime(clock, &now) == 0, "clock_gettime");
}

static void work(const char* name) {
  if (!strcmp(name, "write-4K")) write_file(4 << 10);
  else if (!strcmp(name, "write-64K")) write_file(64 << 10);
  else if (!strcmp(name, "write-1M")) write_file(1 << 20);
  else if (!strcmp(name, "read-4K")) read_file(4 << 10);
  else if (!strcmp(name, "read-64K")) read_file(64 << 10);
  else if (!strcmp(name, "read-1M")) read_file(1 << 20);
  else if (!strcmp(name, "pread-64")) pread_64();
  else if (!strcmp(name, "list")) list();
  else if (!strcmp(name, "stat-shallow")) stat_path(kShallow, 0);
  else if (!strcmp(name, "stat-deep")) stat_path(kDeep, 0);
  else if (!strcmp(name, "stat-shallow-missing")) stat_path(kShallowMissing, -1);
  else if (!strcmp(name, "stat-deep-missing")) stat_path(kDeepMissing, -1);
  else if (!strcmp(name, "open-shallow")) open_path(kShallow);
  else if (!strcmp(name, "open-deep")) open_path(kDeep);
  else if (!strcmp(name, "clock-monotonic")) clocks(CLOCK_MONOTONIC);
  else if (!strcmp(name, "clock-realtime")) clocks(CLOCK_REALTIME);
  else require(0, name);
}

int main(int argc, char** argv) {
  if (argc == 2 && !strcmp(argv[1], "prepare")) {
    prepare();
    return 0;
  }
  for (int i = 1; i < argc; ++i) {
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    work(argv[i]);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%s %.3f\n", argv[i], (double)(end.tv_sec - begin.tv_sec) * 1e3 + (double)(end.tv_nsec - begin.tv_nsec) * 1e-6);
    fflush(stdout);
  }
  return 0;
}
