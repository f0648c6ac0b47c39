// Gives a loop that walks through memory a second version, for when one check before it shows that all its accesses lie in memory.
// Visible: VersionLoops.
#pragma once

#include <llvm/IR/PassManager.h>

namespace wasmrun::llvm_compiler {

/// An access in a loop must trap at its own place, and its i32 address may wrap around: so it is volatile, and its address is made anew
/// each time. Where the addresses of an innermost loop are affine in its iteration and the number of iterations is known before it,
/// the first and the last address say whether any of them leaves memory or wraps. The loop is cloned: behind a check, before the loop,
/// that none does, the accesses are ordinary ones with 64-bit addresses, which can neither trap nor wrap and which LLVM may reorder and
/// vectorize; otherwise the loop runs as it was, up to its trap. The check is exact but for iterations that an early exit would
/// have left out and accesses that a condition would have.
///
/// Memory 0 must be guarded by pages and not shared. Memory never shrinks: calls would not matter, yet loops with calls are left.
struct VersionLoops : llvm::PassInfoMixin<VersionLoops> {
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace wasmrun::llvm_compiler
