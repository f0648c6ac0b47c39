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
/// Errors: Io; the message begins with "--tcplisten: ".
Result<void> add_listeners(State& state, std::span<const std::string> addresses);

}  // namespace wasmrun::wasi
