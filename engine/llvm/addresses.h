// Moves constants out of 32-bit address arithmetic where it cannot wrap, so that they become part of the access.
// Visible: SplitAddresses.
#pragma once

#include <llvm/IR/PassManager.h>

namespace wasmrun::llvm_compiler {

/// zext(x + c) is zext(x + (c - low)) + low where x + (c - low) is a multiple of a power of two larger than `low`: the fields of an
/// array's element share one address. Where x + c cannot wrap at all, `low` is c.
struct SplitAddresses : llvm::PassInfoMixin<SplitAddresses> {
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace wasmrun::llvm_compiler
