// Writes what the user asked wasmrun itself to print: help, version, results of --invoke.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/subcommands.h"

namespace wasmrun::cmd {

int print_to_stdout(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail({kFailed, std::string("cannot write to standard output: ") + ::strerror(errno)});
    text.remove_prefix(static_cast<size_t>(written));
  }
  return kSuccess;
}

}  // namespace wasmrun::cmd
