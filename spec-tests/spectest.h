// The host module `spectest` that the official test scripts import. Visible: define_spectest.
#pragma once

#include "engine/engine.h"

namespace wasmrun::spec_tests {

/// Defines spectest's functions (which print nothing), globals, tables and memory in `store`.
Result<void> define_spectest(Store& store);

}  // namespace wasmrun::spec_tests
