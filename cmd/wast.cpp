// `wasmrun wast`: hands the words over to the runner of test scripts.
#include "cmd/subcommands.h"
#include "spec-tests/wast_command.h"

namespace wasmrun::cmd {

int wast(const CommandLine& line) { return spec_tests::run_wast_command(line.guest_words); }

}  // namespace wasmrun::cmd
