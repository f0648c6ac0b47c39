// `wasmrun wast`. Visible: run_wast_command.
#pragma once

#include <span>
#include <string>

namespace wasmrun::spec_tests {

/// Runs the scripts that the words after `wast` name; docs/cli.md has the options. Results go to standard output, problems with
/// the words to standard error. Returns the exit status: 0 all passed, 1 something failed, 125 wrong usage.
int run_wast_command(std::span<const std::string> words);

}  // namespace wasmrun::spec_tests
