// A trap as text. Visible: describe_backtrace.
#pragma once

#include <string>

#include "engine/engine.h"

namespace wasmrun::cmd {

/// A line for each frame, innermost first: "  at name (module!func[12]) 0x1234".
std::string describe_backtrace(const Trap& trap);

}  // namespace wasmrun::cmd
