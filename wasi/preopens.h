// What the program has open when it starts. Visible: add_standard_streams, add_preopens, add_listeners.
#pragma once

#include <span>
#include <string>

#include "engine/base/result.h"
#include "wasi/state.h"
#include "wasi/wasi.h"

namespace wasmrun::wasi {

/// Descriptors 0-2, as far as the process has them.
void add_standard_streams(State& state);
/// Errors: Io; the message begins with "--dir: ".
Result<void> add_preopens(State& state, std::span<const Preopen> preopens);
/// The listeners at `addresses`, then those that a service manager handed over. Errors: Io; the message begins with
/// "--tcplisten: " or "LISTEN_FDS: ".
Result<void> add_listeners(State& state, std::span<const std::string> addresses, std::span<const int> inherited);

}  // namespace wasmrun::wasi
