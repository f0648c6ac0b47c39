// Visible: TrapCode and its text.
#pragma once

#include <cstdint>

namespace wasmrun::abi {

enum class TrapCode : uint32_t {
#define TRAP(name, text) name,
#include "engine/abi/traps.def"
#undef TRAP
};

/// The test suite's words for the trap.
const char* to_string(TrapCode code);

}  // namespace wasmrun::abi
