// The exit codes that wasmrun itself gives; docs/exit-codes.md is the page for users. Visible: ExitCode.
#pragma once

namespace wasmrun::cmd {

/// Every other status of the process is the guest's own. The numbers are those of env(1) and timeout(1), and 128 + SIGABRT.
enum ExitCode : int {
  kSuccess = 0,
  kLimitReached = 124,   ///< a limit of time or output was reached
  kFailed = 125,     ///< wrong usage, or a failure of wasmrun or the system
  kCannotRun = 126,  ///< APP was found but cannot be run: unreadable, malformed, invalid, unlinkable, unsupported
  kNotFound = 127,   ///< APP was not found
  kTrapped = 134,    ///< the guest trapped
};

}  // namespace wasmrun::cmd
