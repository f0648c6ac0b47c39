// Splits the words of the command line into wasmrun's and the guest's. Visible: Subcommand, CommandLine, split_command_line.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/report.h"

namespace wasmrun::cmd {

enum class Subcommand { Run, Exec, Compile, Validate, Inspect, Wast, Cache };

/// The words of a command line, told apart but not yet understood.
struct CommandLine {
  Subcommand subcommand = Subcommand::Run;
  std::vector<std::string> options;  ///< "--name" or "--name=value", all of them known
  std::vector<std::string> files;    ///< APP; for `validate` one or more
  std::vector<std::string> guest_words;
};

/// Splits the words after the program's name. The grammar (docs/cli.md) never guesses:
///   [run]    OPTIONS stand before APP or directly after it. The guest's words begin at the first word after APP that is no
///            option, or after "--"; from there on nothing is touched.
///   exec     every word after APP is the guest's.
///   compile  takes one APP and no guest's words.
///   validate, inspect  every word that is no option is a file.
///   cache    the first word that is no option is what to do, the others are files.
///   wast     every word is a guest's word: the runner of test scripts has options of its own.
/// A "--" before APP ends the options. Failures: an unknown option, a missing or unexpected value, no APP.
std::optional<Failure> split_command_line(std::span<const std::string_view> words, CommandLine& line);

/// The words of WASMRUN_OPTIONS: apart by spaces, tabs and newlines; quotes and backslashes as in a shell, without variables.
std::vector<std::string> split_words(std::string_view text);

/// Adds options to those of the line, from words that are nothing else. Failures: as above; a word that is no option.
std::optional<Failure> take_options(std::span<const std::string_view> words, CommandLine& line);

}  // namespace wasmrun::cmd
