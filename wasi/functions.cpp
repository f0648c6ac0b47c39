// Turns the functions of functions.def into host functions: unpacks raw arguments, turns a bad pointer into a trap, and
// writes a trace when asked.
#include "wasi/functions.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <type_traits>

#include "wasi/state.h"

namespace wasmrun::wasi {

namespace {

template <class T>
T argument(const RawValue& value) {
  if constexpr (std::is_same_v<T, I32>) {
    return value.i32;
  } else {
    static_assert(std::is_same_v<T, I64>);
    return value.i64;
  }
}

template <class... Parameters, size_t... Positions>
Errno unpack(Errno (*function)(Call&, Parameters...), Call& call, [[maybe_unused]] const RawValue* arguments,
             std::index_sequence<Positions...>) {
  return function(call, argument<Parameters>(arguments[Positions])...);
}

template <class... Parameters>
Errno apply(Errno (*function)(Call&, Parameters...), Call& call, const RawValue* arguments) {
  return unpack(function, call, arguments, std::index_sequence_for<Parameters...>());
}

/// "fd_seek(fd=3, offset=0, whence=2, new_offset=1024) = Success". Hexadecimal only helps with bit sets: all decimal.
void write_trace(int trace_fd, const FunctionEntry& function, const RawValue* arguments, const char* end) {
  char line[512];
  size_t used = 0;
  const auto append = [&](std::string_view text) {
    const size_t count = std::min(text.size(), sizeof(line) - 1 - used);
    std::memcpy(line + used, text.data(), count);
    used += count;
  };
  append(function.name);
  append("(");
  std::string_view rest = function.parameters;
  for (size_t i = 0; !rest.empty(); ++i) {
    const size_t comma = rest.find(", ");
    const std::string_view parameter = rest.substr(0, comma);
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 2);
    char number[32];
    const uint64_t value = parameter.starts_with("I64") ? arguments[i].i64 : arguments[i].i32;
    const int length = std::snprintf(number, sizeof(number), "=%llu", static_cast<unsigned long long>(value));
    if (i > 0) append(", ");
    append(parameter.substr(4));
    append({number, static_cast<size_t>(length)});
  }
  append(") = ");
  append(end);
  line[used++] = '\n';
  // A trace that cannot be written is no reason to disturb the guest.
  if (::write(trace_fd, line, used) < 0) return;
}

template <auto function>
HostOutcome enter(void* user_data, Caller& caller, const RawValue* arguments, RawValue* results) {
  const ImportBinding& binding = *static_cast<const ImportBinding*>(user_data);
  Call call{*binding.state, caller, GuestMemory(caller.memory()), binding.snapshot};
  const Errno error = apply(function, call, arguments);
  if (__builtin_expect(binding.state->trace_fd >= 0, 0)) {
    write_trace(binding.state->trace_fd, *binding.function, arguments,
                call.bad_argument ? "trap"
                : call.exits      ? "exit"
                                  : to_string(error));
  }
  if (__builtin_expect(call.bad_argument != nullptr, 0)) {
    return HostOutcome::trapped("out of bounds memory access: " + std::string(binding.function->name) + " argument " +
                                call.bad_argument);
  }
  if (__builtin_expect(call.exits, 0)) return HostOutcome::exited(call.exit_code);
  if (binding.function->returns_errno) results[0].i32 = static_cast<uint32_t>(error);
  return HostOutcome::returned();
}

constexpr FunctionEntry kFunctions[] = {
#define WASI_FUNCTION(name, ...) {#name, #__VA_ARGS__, enter<name>, std::string_view(#name) != "proc_exit", true},
#define WASI_PREVIEW1_ONLY(name, ...) {#name, #__VA_ARGS__, enter<name>, true, false},
#include "wasi/functions.def"
#undef WASI_PREVIEW1_ONLY
#undef WASI_FUNCTION
};

constexpr FunctionEntry kSocketFunctions[] = {
#define WASI_SOCKET_FUNCTION(name, import_name, ...) {#name, #__VA_ARGS__, enter<name>, true, false},
#include "wasi/sock_functions.def"
#undef WASI_SOCKET_FUNCTION
};

constexpr std::string_view kSocketImportNames[] = {
#define WASI_SOCKET_FUNCTION(name, import_name, ...) import_name,
#include "wasi/sock_functions.def"
#undef WASI_SOCKET_FUNCTION
};

}  // namespace

FuncType FunctionEntry::type() const {
  FuncType type;
  std::string_view rest = parameters;
  while (!rest.empty()) {
    type.params.push_back(rest.starts_with("I64") ? module::kI64 : module::kI32);
    const size_t comma = rest.find(", ");
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 2);
  }
  if (returns_errno) type.results.push_back(module::kI32);
  return type;
}

std::span<const FunctionEntry> functions() {
  return kFunctions;
}

std::span<const FunctionEntry> socket_functions() {
  return kSocketFunctions;
}

std::span<const std::string_view> socket_import_names() {
  return kSocketImportNames;
}

const FunctionEntry* find_function(std::string_view name) {
  for (const FunctionEntry& function : kFunctions) {
    if (function.name == name) return &function;
  }
  for (const FunctionEntry& function : kSocketFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

}  // namespace wasmrun::wasi
