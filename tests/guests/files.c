// Works on the files of the directory in its first argument and says what it finds; ends with 1 at the first surprise.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *directory;

static const char *path(const char *name) {
  static char buffers[2][256];
  static int which;
  which = !which;
  snprintf(buffers[which], sizeof buffers[which], "%s/%s", directory, name);
  return buffers[which];
}

#define EXPECT(condition)                                                                  \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      printf("line %d: %s: %s\n", __LINE__, #condition, strerror(errno));                  \
      exit(1);                                                                             \
    }                                                                                      \
  } while (0)

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(void) {
  char *names[64];
  int count = 0;
  DIR *dir = opendir(directory);
  EXPECT(dir);
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    EXPECT(count < 64);
    names[count++] = strdup(entry->d_name);
  }
  closedir(dir);
  qsort(names, (size_t)count, sizeof names[0], by_name);
  for (int i = 0; i < count; i++) printf("entry %s\n", names[i]);
}

int main(int argc, char **argv) {
  directory = argc > 1 ? argv[1] : ".";
  char text[64] = {0};
  struct stat status;

  FILE *file = fopen(path("one.txt"), "w");
  EXPECT(file);
  EXPECT(fprintf(file, "line %d\nline %d\n", 1, 2) == 14);
  EXPECT(fclose(file) == 0);
  EXPECT(stat(path("one.txt"), &status) == 0 && status.st_size == 14 && S_ISREG(status.st_mode));

  file = fopen(path("one.txt"), "r+");
  EXPECT(file);
  EXPECT(fseek(file, 5, SEEK_SET) == 0 && fputc('7', file) == '7' && fseek(file, 0, SEEK_SET) == 0);
  EXPECT(fgets(text, sizeof text, file) && !strcmp(text, "line 7\n"));
  EXPECT(fclose(file) == 0);

  int fd = open(path("one.txt"), O_WRONLY | O_APPEND);
  EXPECT(fd >= 0 && write(fd, "end\n", 4) == 4 && lseek(fd, 0, SEEK_CUR) == 18 && close(fd) == 0);
  fd = open(path("one.txt"), O_RDWR);
  EXPECT(fd >= 0 && pread(fd, text, 4, 14) == 4 && !memcmp(text, "end\n", 4));
  EXPECT(ftruncate(fd, 7) == 0 && fstat(fd, &status) == 0 && status.st_size == 7 && close(fd) == 0);

  EXPECT(mkdir(path("folder"), 0777) == 0);
  EXPECT(mkdir(path("folder"), 0777) != 0 && errno == EEXIST);
  EXPECT(rename(path("one.txt"), path("folder/two.txt")) == 0);
  EXPECT(stat(path("one.txt"), &status) != 0 && errno == ENOENT);
  EXPECT(symlink("folder/two.txt", path("link")) == 0);
  memset(text, 0, sizeof text);
  EXPECT(readlink(path("link"), text, sizeof text) == 14 && !strcmp(text, "folder/two.txt"));
  EXPECT(stat(path("link"), &status) == 0 && status.st_size == 7);
  EXPECT(lstat(path("link"), &status) == 0 && S_ISLNK(status.st_mode));
  list();
  EXPECT(unlink(path("folder")) != 0);
  EXPECT(rmdir(path("folder")) != 0 && errno == ENOTEMPTY);
  EXPECT(open(path("../outside"), O_RDONLY) < 0);
  EXPECT(unlink(path("link")) == 0 && unlink(path("folder/two.txt")) == 0 && rmdir(path("folder")) == 0);
  puts("files work");
  return 0;
}
