// Sets a program's system interface up and defines its functions in a store. See wasi.h.
#include "wasi/wasi.h"

#include <algorithm>

#include "wasi/landlock.h"
#include "wasi/preopens.h"
#include "wasi/sharing.h"
#include "wasi/state.h"

namespace wasmrun::wasi {

namespace {

/// Guests read arguments and environment into 32-bit memories; this leaves room for the program.
constexpr size_t kMaxBlockSize = size_t{1} << 30;

Result<void> fill_blocks(State& state, const WasiOptions& options) {
  for (const std::string& arg : options.args) state.args.append(arg);
  std::vector<std::pair<std::string, std::string>> env;
  for (const auto& [name, value] : options.env) {
    auto same = env.begin();
    while (same != env.end() && same->first != name) ++same;
    if (same == env.end()) {
      env.emplace_back(name, value);
    } else {
      same->second = value;
    }
  }
  for (const auto& [name, value] : env) state.environ.append(name + "=" + value);
  if (state.args.bytes.size() > kMaxBlockSize || state.environ.bytes.size() > kMaxBlockSize) {
    return Error{ErrorKind::Io, "arguments or environment are larger than 1 GiB"};
  }
  return {};
}

}  // namespace

Wasi::Wasi(std::unique_ptr<State> state) : state_(std::move(state)) {}
Wasi::~Wasi() = default;

Result<std::unique_ptr<Wasi>> Wasi::create(WasiOptions options) {
  auto state = std::make_unique<State>(Resolver::create());
  if (options.trace_summary || options.trace_fd >= 0) {
    state->trace = std::make_unique<Trace>(options.trace_fd, options.trace_summary ? Trace::Form::Summary : Trace::Form::Lines);
  }
  if (auto filled = fill_blocks(*state, options); !filled.ok()) return std::move(filled).error();
  if (options.deterministic_seed) state->deterministic = std::make_unique<Deterministic>(*options.deterministic_seed);
  state->path_hint.know(options.preopens, options.args);
  // First, so that nothing of ours takes a standard stream's number.
  add_standard_streams(*state);
  if (auto added = add_preopens(*state, options.preopens); !added.ok()) return std::move(added).error();
  if (auto added = add_listeners(*state, options.tcp_listeners, options.inherited_listeners); !added.ok()) return std::move(added).error();

  state->output_left = options.max_output_bytes.value_or(UINT64_MAX);
  if (options.max_fds) {
    if (*options.max_fds < state->fds.size()) {
      return Error{ErrorKind::Io, "--max-fds: " + std::to_string(*options.max_fds) + " is too few: the program starts with " +
                                      std::to_string(state->fds.size()) + ", the standard streams included"};
    }
    state->fds.set_limit(std::min(*options.max_fds, FdTable::kMaxDescriptors));
  }

  state->net.connect_rules = TRY(NetRules::parse("--allow-connect", options.allow_connect));
  state->net.bind_rules = TRY(NetRules::parse("--allow-bind", options.allow_bind));
  state->net.resolve_rules = TRY(NameRules::parse("--allow-resolve", options.allow_resolve));

  return std::unique_ptr<Wasi>(new Wasi(std::move(state)));
}

void Wasi::define_in(Store& store, const LoadedModule& loaded) {
  define_for(store, state_->first_thread, loaded);
}

// Not all functions: making 130 of them importable took longer than running a small program.
void Wasi::define_for(Store& store, CallingThread& thread, const LoadedModule& loaded) {
  constexpr std::string_view kPreview1 = "wasi_snapshot_preview1", kUnstable = "wasi_unstable";
  /// The function's binding; null when it is defined already.
  const auto bind = [&](const FunctionEntry& function, Snapshot snapshot) -> ImportBinding* {
    for (const ImportBinding& binding : thread.bindings) {
      if (binding.function == &function && binding.snapshot == snapshot) return nullptr;
    }
    return &thread.bindings.emplace_back(ImportBinding{state_.get(), &function, snapshot, &thread});
  };
  for (const ExternDescription& import : imports_of(loaded)) {
    const bool is_unstable = import.module == kUnstable;
    if (!is_unstable && import.module != kPreview1) continue;
    const Snapshot snapshot = is_unstable ? Snapshot::Unstable : Snapshot::Preview1;
    for (const FunctionEntry& function : functions()) {
      if (function.name != import.name || (is_unstable && !function.in_unstable)) continue;
      if (ImportBinding* const binding = bind(function, snapshot)) store.define(import.module, import.name, {function.type(), function.callback, binding});
    }
    if (is_unstable) continue;
    for (size_t i = 0; i < socket_functions().size(); ++i) {
      const FunctionEntry& function = socket_functions()[i];
      if (socket_import_names()[i] != import.name) continue;
      if (ImportBinding* const binding = bind(function, snapshot)) store.define_overload(import.module, import.name, {function.type(), function.callback, binding});
    }
  }
}

std::string Wasi::restrict_files() {
  return restrict_to_preopens(*state_);
}

std::string Wasi::network_refusal() const {
  const StateLock lock(*state_);
  return state_->net.refusal();
}

bool Wasi::output_exceeded() const {
  return state_->output_exceeded;
}

std::string Wasi::path_hint() const {
  const StateLock lock(*state_);
  return state_->path_hint.explain();
}

std::string Wasi::trace_summary() const {
  const StateLock lock(*state_);
  return state_->trace ? state_->trace->summary() : std::string();
}

std::vector<std::string> Wasi::listener_addresses() const {
  return state_->listener_addresses;
}

}  // namespace wasmrun::wasi
