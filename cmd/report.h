// What wasmrun says, on standard error; standard output belongs to the guest. Visible: Failure, report, quoted.
#pragma once

#include <string>
#include <string_view>

#include "cmd/exit_codes.h"

namespace wasmrun::cmd {

/// Why a command ends early: the status it ends with, one line that says what is wrong, and lines that help.
struct Failure {
  int exit_code = kFailed;
  std::string message;
  std::string detail = {};  ///< whole lines without the last newline; may be empty
};

/// "wasmrun: MESSAGE\nDETAIL\n" as one string. Control characters, which names from a module may hold, are escaped.
std::string format_report(std::string_view message, std::string_view detail);

/// Writes that string with one system call and returns nothing to check: there is nobody left to tell.
void report(std::string_view message, std::string_view detail = {});

/// Whether standard error is open: nobody reads a costly detail where it is not.
bool report_is_read();

/// Reports the failure and returns its exit code.
int fail(const Failure& failure);

/// The word in single quotes.
std::string quoted(std::string_view word);

}  // namespace wasmrun::cmd
