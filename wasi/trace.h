// What a guest asks of the system, for --trace-wasi: a line for each call, or a table of counts at the end.
// Visible: Trace, TracedCall.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "wasi/functions.h"

namespace wasmrun::wasi {

/// What is known of a call under way.
struct TracedCall {
  std::string line;
  std::string path;  ///< what a path_open opens, as the guest would name it
  std::chrono::steady_clock::time_point begin;
};

class Trace {
 public:
  enum class Form { Lines, Summary };

  /// Lines go to `fd`, each in one write; one that cannot be written is dropped, because the guest must not feel it. The
  /// descriptor stays the caller's.
  Trace(int fd, Form form) : fd_(fd), form_(form) {}

  /// Before the call runs: its arguments are read from the memory as they are now, its descriptors still have their names.
  void begin(const FunctionEntry& function, const Call& call, const RawValue* arguments);
  /// After the call: `error` counts unless it trapped or ended the program.
  void end(const FunctionEntry& function, const Call& call, const RawValue* arguments, Errno error);

  /// A row for each function that was called, by time: time, share, calls, errors. Empty for the other form.
  std::string summary() const;

 private:
  struct Counts {
    uint64_t calls = 0, errors = 0;
    std::chrono::nanoseconds time{0};
  };
  std::string fd_name(State& state, uint32_t fd) const;
  std::string arguments_text(const FunctionEntry& function, const Call& call, const RawValue* arguments) const;
  std::string results_text(const FunctionEntry& function, const Call& call, const RawValue* arguments) const;
  void learn_path(const FunctionEntry& function, const Call& call, const RawValue* arguments);

  int fd_;
  Form form_;
  std::map<uint32_t, std::string> paths_;  ///< guest paths of open descriptors, by Descriptor::serial
  std::map<std::string_view, Counts> counts_;
};

}  // namespace wasmrun::wasi
