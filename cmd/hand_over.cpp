// See hand_over.h.
#include "cmd/hand_over.h"

#include <unistd.h>

#include <algorithm>

#include "engine/base/program.h"
#include "engine/engine.h"

namespace wasmrun::cmd {
namespace {

bool has(const std::vector<std::string>& words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

/// The last level that was given; empty when none was.
std::string_view level(const CommandLine& line) {
  const auto last = std::find_if(line.options.rbegin(), line.options.rend(), [](const std::string& option) { return option.starts_with("-O"); });
  return last == line.options.rend() ? std::string_view() : *last;
}

}  // namespace

bool needs_optimizing_compiler(const CommandLine& line) {
  switch (line.subcommand) {
    case Subcommand::Run:
    case Subcommand::Exec: return level(line) == "-O2";
    case Subcommand::Compile: return level(line) != "-O0";
    case Subcommand::Cache: return line.files.front() == "warm";
    case Subcommand::Wast: return has(line.guest_words, "-O2");
    case Subcommand::Validate:
    case Subcommand::Inspect: return false;
  }
  return false;
}

void hand_over(char* const* argv) {
  if (can_load_optimizing_compiler()) return;
  for (const std::string& program : companions(kLoadingProgram)) ::execv(program.c_str(), argv);
}

std::vector<std::string> programs_that_compile() {
  if (can_load_optimizing_compiler()) return {"/proc/self/exe"};
  const auto programs = companions(kLoadingProgram);
  return {programs.begin(), programs.end()};
}

}  // namespace wasmrun::cmd
