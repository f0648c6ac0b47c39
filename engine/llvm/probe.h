// Checks that this LLVM passes arguments and results as engine/abi/calling_convention.h says: its order of registers is no promise.
// Visible: check_convention.
#pragma once

#include <llvm/Target/TargetMachine.h>

#include "engine/base/result.h"

namespace wasmrun::llvm_compiler {

/// Compiles a function that stores its arguments and loads its results, and looks at the code. Errors: Io.
Result<void> check_convention(llvm::TargetMachine& machine);

/// An object for the machine. The module is used up.
std::string emit_object(llvm::TargetMachine& machine, llvm::Module& ir);

}  // namespace wasmrun::llvm_compiler
