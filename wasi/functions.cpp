// Turns the functions of functions.def into host functions: unpacks raw arguments, turns a bad pointer into a trap, and
// tells the trace when there is one.
#include "wasi/functions.h"

#include <string>
#include <type_traits>

#include "wasi/fd_access.h"
#include "wasi/sharing.h"

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

/// Keeps what may explain to the user later why the program failed.
void note_refusal(Call& call, Errno error) {
  const Descriptor* const directory = call.state.fds.find(call.directory);
  if (!directory) return;
  const std::string_view path(reinterpret_cast<const char*>(call.memory.at(call.path)), call.path_size);
  const bool is_refused = call.state.resolver->take_refusal() || path.front() == '/' || require_writable(*directory) == error;
  if (error == Errno::Noent || is_refused) call.state.path_hint.note(*directory, path, error);
}

template <auto function>
HostOutcome enter(void* user_data, Caller& caller, const RawValue* arguments, RawValue* results) {
  const ImportBinding& binding = *static_cast<const ImportBinding*>(user_data);
  const StateLock lock(*binding.state);
  Call call{*binding.state, *binding.thread, caller, GuestMemory(caller.memory()), binding.snapshot};
  Trace* const trace = binding.state->trace.get();
  if (__builtin_expect(trace != nullptr, 0)) trace->begin(*binding.function, call, arguments);
  const Errno error = apply(function, call, arguments);
  if (error != Errno::Success && call.path_size > 0 && (error == Errno::Noent || error == Errno::Perm)) note_refusal(call, error);
  if (__builtin_expect(trace != nullptr, 0)) trace->end(*binding.function, call, arguments, error);
  if (__builtin_expect(call.bad_argument != nullptr, 0)) {
    return HostOutcome::trapped("out of bounds memory access: " + std::string(binding.function->name) + " argument " +
                                call.bad_argument);
  }
  if (__builtin_expect(binding.state->output_exceeded, 0)) return HostOutcome::trapped("the program wrote more than it may");
  if (__builtin_expect(call.exits, 0)) return HostOutcome::exited(call.exit_code);
  // All that the caller reads next: it would have to wait for a narrower store.
  if (binding.function->returns_errno) results[0].i64 = static_cast<uint32_t>(error);
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
