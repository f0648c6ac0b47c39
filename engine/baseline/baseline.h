// The single-pass compiler. Visible: make_compiler, Locations.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/abi/compiler.h"

namespace wasmrun::baseline {

enum class Locations : uint8_t {
  WhereItCanStop,    ///< traps and calls: what backtraces need
  EveryInstruction,  ///< as ranges: what debuggers need; up to twice the memory of the code
};

/// The compiler of this room, for the machine this program was built for.
std::unique_ptr<abi::Compiler> make_compiler(Locations locations = Locations::WhereItCanStop);

}  // namespace wasmrun::baseline
