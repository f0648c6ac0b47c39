// Puts the objects of a module's clusters together: one piece of code that needs nothing done to it when it is loaded.
// Knows nothing of LLVM. Visible: link.
#pragma once

#include <string>
#include <vector>

#include "engine/abi/compiled_module.h"
#include "engine/module/module.h"

namespace wasmrun::llvm_compiler {

/// Each object holds functions "fN" of `module`, N their index, once; together they hold all that are defined. Errors: Unsupported
/// (code larger than 2 GiB, an outside symbol), Io (an object that cannot be read).
Result<abi::CompiledModule> link(const module::Module& module, const std::vector<std::string>& objects);

}  // namespace wasmrun::llvm_compiler
