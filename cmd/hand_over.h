// What the quick program leaves to the other one. Visible: needs_optimizing_compiler, hand_over, programs_that_compile.
//
//   wasmrun ──┬─ exec, before anything else is done ──► wasmrun-llvm ── dlopen ──► libwasmrun-llvm.so, LLVM
//             └─ posix_spawn, while a program runs ───► wasmrun-llvm --optimize-for-cache
//
// Both are linked from the same objects. `wasmrun` is linked statically, which saves a fifth of a start, and so cannot load LLVM.
#pragma once

#include <string>
#include <vector>

#include "cmd/command_line.h"

namespace wasmrun::cmd {

/// Whether the optimizing compiler may be called in this process. What is wrong with the command line is still to be found.
bool needs_optimizing_compiler(const CommandLine& line);

/// Makes this process the program that can load the optimizing compiler, with the same words. Comes back where this program can, or
/// where that one cannot be started: what is missing is then told as if the compiler was.
void hand_over(char* const* argv);

/// The files that may be the program for Background's child.
std::vector<std::string> programs_that_compile();

}  // namespace wasmrun::cmd
