// Makes calls within a cluster part of their callers where that pays. Visible: optimize_bottom_up.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/IR/PassManager.h>

namespace wasmrun::llvm_compiler {

/// Runs `passes` on every function, those that it calls first, and before that replaces its calls of small functions by their bodies.
/// Functions with the attribute noinline stay apart. Every function keeps its own code: others may call it through the instance.
void optimize_bottom_up(llvm::Module& ir, llvm::FunctionPassManager& passes, llvm::FunctionAnalysisManager& analyses);

}  // namespace wasmrun::llvm_compiler
