// What an executable made by `wasmrun compile --exe` does: runs its program. Every word of its command line is the program's; the
// options are those it was compiled with, then those in the variable WASMRUN_OPTIONS.
#include <stdlib.h>
#include <sys/auxv.h>

#include "cmd/payload.h"
#include "cmd/run_options.h"
#include "cmd/subcommands.h"

namespace wasmrun::cmd {
namespace {

constexpr char kVariable[] = "WASMRUN_OPTIONS";

std::optional<Failure> add_options(const std::vector<std::string>& words, CommandLine& line) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  return take_options(views, line);
}

}  // namespace

int run_payload(const Payload& payload, std::span<char* const> arguments) {
  OwnedFd file;
  if (auto failure = open_own_file(file)) return fail(*failure);
  std::vector<std::string> words;
  if (auto failure = read_payload_words(file, payload, words)) return fail(*failure);
  CommandLine line;
  line.subcommand = Subcommand::Exec;
  if (auto failure = add_options(words, line)) return fail(*failure);
  // A program that was given more rights than its caller has does not take options from the caller.
  if (const char* text = ::getauxval(AT_SECURE) ? nullptr : ::getenv(kVariable)) {
    if (auto failure = add_options(split_words(text), line)) {
      failure->message = std::string(kVariable) + ": " + failure->message;
      return fail(*failure);
    }
  }
  line.files = {arguments.empty() ? "" : arguments[0]};
  for (size_t i = 1; i < arguments.size(); ++i) line.guest_words.emplace_back(arguments[i]);
  return run_embedded(line, std::move(file), payload.artifact_offset);
}

}  // namespace wasmrun::cmd
