// Checks that this LLVM passes arguments and results as engine/abi/calling_convention.h says: its order of registers is no promise.
// And that landing pads get what the runtime gives them. Visible: check_convention, check_landing_pads, emit_object.
#pragma once

#include <llvm/Target/TargetMachine.h>

#include "engine/base/result.h"

namespace wasmrun::llvm_compiler {

/// Compiles a function that stores its arguments and loads its results, and looks at the code. Errors: Io.
Result<void> check_convention(llvm::TargetMachine& machine);

/// Compiles a function with a landing pad: its frame must be as its tables say, and exceptions be expected in rax. Errors: Io.
Result<void> check_landing_pads(llvm::TargetMachine& machine);

/// An object for the machine. The module is used up.
std::string emit_object(llvm::TargetMachine& machine, llvm::Module& ir);

}  // namespace wasmrun::llvm_compiler
