// Which guest functions were running. Visible: fill_backtrace.
#pragma once

#include "engine/runtime/execution_context.h"
#include "engine/runtime/values.h"

namespace wasmrun::runtime {

class Store;

/// Walks the guest's stack through all activations, innermost first, and names what it finds, functions that were inlined too. Call it after the guest was
/// left by a trap and before anything else runs in the store.
void fill_backtrace(const Store& store, const ExecutionContext& context, Trap& trap);

}  // namespace wasmrun::runtime
