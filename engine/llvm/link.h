// Puts the objects of a module's clusters together: one piece of code that needs nothing done to it when it is loaded.
// Knows nothing of LLVM. Visible: link.
#pragma once

#include <string>
#include <vector>

#include "engine/abi/compiler.h"
#include "engine/module/module.h"

namespace wasmrun::llvm_compiler {

/// Each object holds functions "fN" of `module`, N their index, once; what is in none of them is compiled by `rest`. Errors: Unsupported
/// (code larger than 2 GiB, an outside symbol), Io (an object that cannot be read), those of `rest`.
Result<abi::CompiledModule> link(const module::Module& module, const std::vector<std::string>& objects, const abi::ModuleCompilation::CompileRest& rest);

}  // namespace wasmrun::llvm_compiler
