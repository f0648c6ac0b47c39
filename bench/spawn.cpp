// Wall time of whole processes: bench_spawn ROUNDS COMMAND [-- COMMAND]... runs the commands in turn and prints each
// one's median in ms and its ratio to the first. Output of the commands is discarded.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

extern char** environ;

namespace {

double milliseconds_to_run(std::vector<char*>& command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  const auto begin = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (posix_spawnp(&child, command[0], &actions, nullptr, command.data(), environ) != 0) {
    std::fprintf(stderr, "bench_spawn: cannot run %s\n", command[0]);
    std::exit(1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  const auto end = std::chrono::steady_clock::now();
  posix_spawn_file_actions_destroy(&actions);
  if (status != 0) {
    std::fprintf(stderr, "bench_spawn: %s ended with status %d\n", command[0], status);
    std::exit(1);
  }
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc < 3 ? 0 : std::atoi(argv[1]);
  if (rounds < 1) return std::fprintf(stderr, "usage: bench_spawn ROUNDS COMMAND [-- COMMAND]...\n"), 1;
  std::vector<std::vector<char*>> commands(1);
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "--") == 0)
      commands.emplace_back();
    else
      commands.back().push_back(argv[i]);
  }
  for (auto& command : commands) command.push_back(nullptr);
  std::vector<std::vector<double>> times(commands.size());
  for (int round = 0; round < rounds; ++round)
    for (size_t i = 0; i < commands.size(); ++i) times[i].push_back(milliseconds_to_run(commands[i]));
  double first = 0;
  for (size_t i = 0; i < commands.size(); ++i) {
    std::sort(times[i].begin(), times[i].end());
    const double median = times[i][times[i].size() / 2];
    if (i == 0) first = median;
    std::printf("%8.3f ms %7.2fx ", median, median / first);
    for (const char* word : commands[i]) {
      if (word) std::printf(" %s", word);
    }
    std::puts("");
  }
}
