// The command `wasmrun`: prepares the process, splits the command line and hands over to a subcommand.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <string_view>
#include <vector>

#include "cmd/background.h"
#include "cmd/command_line.h"
#include "cmd/hand_over.h"
#include "cmd/help.h"
#include "cmd/payload.h"
#include "cmd/subcommands.h"

namespace wasmrun::cmd {
namespace {

/// A closed standard descriptor would be the number of the next file that is opened, and the guest would write into it.
/// /dev/null is opened by O_PATH, which holds the number and no more: the guest finds it closed.
void hold_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    if (::open("/dev/null", O_PATH) != fd) ::_exit(kFailed);
  }
}

bool has_option(const CommandLine& line, std::string_view option) {
  return std::find(line.options.begin(), line.options.end(), option) != line.options.end();
}

int run_command(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words.front() == kOptimizeForCache) return optimize_for_cache({words.begin() + 1, words.end()});
  CommandLine line;
  if (auto failure = split_command_line(words, line)) return fail(*failure);
  if (has_option(line, "--help")) return print_to_stdout(kHelp);
  if (has_option(line, "--version")) return print_to_stdout("wasmrun " WASMRUN_VERSION "\n");
  if (needs_optimizing_compiler(line)) hand_over(argv);
  switch (line.subcommand) {
    case Subcommand::Run: return run(line);
    case Subcommand::Exec: return exec(line);
    case Subcommand::Compile: return compile(line);
    case Subcommand::Validate: return validate(line);
    case Subcommand::Inspect: return inspect(line);
    case Subcommand::Wast: return wast(line);
    case Subcommand::Cache: return cache(line);
  }
  return kFailed;
}

[[noreturn]] void out_of_memory() {
  report("out of memory");
  ::_exit(kFailed);
}

}  // namespace
}  // namespace wasmrun::cmd

int main(int argc, char** argv) {
  std::set_new_handler(wasmrun::cmd::out_of_memory);
  wasmrun::cmd::hold_standard_descriptors();
  // The guest learns of a closed pipe by EPIPE, of `ulimit -f` by EFBIG. SIGINT, SIGTERM and the rest keep their meaning.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  if (const auto payload = wasmrun::cmd::own_payload(); payload.artifact_offset != 0) ::_exit(wasmrun::cmd::run_payload(payload, {argv, argv + argc}));
  // wasmrun buffers no output, so there is nothing to do at exit.
  ::_exit(wasmrun::cmd::run_command(argc, argv));
}
