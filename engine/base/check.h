// CHECK: a mistake of ours ends the process at once, in release builds too.
#pragma once

namespace wasmrun {

/// Prints the failed condition and its place to standard error and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace wasmrun

#define CHECK(condition)                                                             \
  (__builtin_expect(static_cast<bool>(condition), 1) ? static_cast<void>(0) \
                                                     : ::wasmrun::check_failed(#condition, __FILE__, __LINE__))
