// A trap as text. Visible: describe_backtrace.
#pragma once

#include <string>

#include "engine/engine.h"

namespace wasmrun::cmd {

/// Lines for each frame, innermost first: "  at name (module!func[12]) 0x1234", and behind it " file.c:3:7" where that is known.
std::string describe_backtrace(const Trap& trap);

}  // namespace wasmrun::cmd
