// Runs the built command as a user would. Visible: Command, Ended, run, guest paths, temporary folders, SKIP_WITHOUT.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace cli {

/// How a process ended.
struct Ended {
  int status = 0;  ///< exit status, or 128 + the number of the signal that killed it
  std::string out;
  std::string err;
  double seconds = 0;
};

/// What to run. The words after the command's own name.
struct Command {
  std::vector<std::string> words;
  std::string program = WASMRUN_COMMAND;
  std::string input = {};                      ///< standard input, then its end
  bool keep_input_open = false;                ///< standard input never ends
  std::vector<std::string> environment = {};   ///< all of it, as "K=V"
  std::string directory = {};                  ///< to run in
  std::optional<std::string> output_file = {};  ///< instead of a pipe
  bool close_output = false;                   ///< the pipe has no reader from the start
  bool no_standard_descriptors = false;        ///< 0 and 1 are closed
  uint64_t address_space_bytes = 0;            ///< `ulimit -v`
  int signal_after_output = 0;                 ///< sent when the first output has come
};

/// Runs to the end; a process that takes over five minutes is killed.
Ended run(const Command& command);
inline Ended wasmrun(std::vector<std::string> words) { return run({.words = std::move(words)}); }

/// A path in build/PRESET/tests/guests. Empty when it was not built.
std::string guest(std::string_view name);

/// A folder of its own that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view text, unsigned mode = 0644);
bool exists(const std::string& path);
bool contains(std::string_view text, std::string_view part);
/// The first line, without its end.
std::string first_line(std::string_view text);

}  // namespace cli

/// Ends the test when `path` does not exist; ctest reports it as skipped.
#define SKIP_WITHOUT(path, why)                                 \
  if (!cli::exists(path)) {                                     \
    std::printf("SKIPPED: %s\n", why);                          \
    std::fflush(stdout);                                        \
    SUCCEED(why);                                               \
    return;                                                     \
  }
#define SKIP_WITHOUT_GUEST(name) SKIP_WITHOUT(cli::guest(name), name ".wasm was not built: no tool chain for it")
