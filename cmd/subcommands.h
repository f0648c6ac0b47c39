// The subcommands: each takes the split command line and returns the exit status of the process.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/command_line.h"
#include "engine/base/owned_fd.h"

namespace wasmrun::cmd {

/// `wasmrun APP` and `wasmrun run APP`.
int run(const CommandLine& line);

/// `wasmrun exec APP`: as `run`; the difference lies in whose the words are.
int exec(const CommandLine& line);

/// As `exec`, of the artifact at `offset` of `file`, which is this program's own.
int run_embedded(const CommandLine& line, OwnedFd file, uint64_t offset);

/// `wasmrun compile APP`: writes an artifact, or with --exe an executable.
int compile(const CommandLine& line);

struct Payload;
/// What an executable of `compile --exe` does with the words of its command line, its own name first.
int run_payload(const Payload& payload, std::span<char* const> arguments);

/// `wasmrun validate FILE...`: decodes and validates; the status of the first file that fails.
int validate(const CommandLine& line);

/// `wasmrun inspect FILE...`: a summary of each, or its text form with --wat.
int inspect(const CommandLine& line);

/// `wasmrun wast FILE|DIR...`: runs test scripts; 0 if all passed, 1 if not.
int wast(const CommandLine& line);

/// `wasmrun cache ls|stat|verify|gc|clear|why|warm`: looks at the code cache, and fills or empties it.
int cache(const CommandLine& line);

/// Writes to standard output; a failure to do so is wasmrun's own (125).
int print_to_stdout(std::string_view text);

}  // namespace wasmrun::cmd
