// The single-pass compiler. Visible: make_compiler.
#pragma once

#include <memory>

#include "engine/abi/compiler.h"

namespace wasmrun::baseline {

/// The compiler of this room, for the machine this program was built for.
std::unique_ptr<abi::Compiler> make_compiler();

}  // namespace wasmrun::baseline
