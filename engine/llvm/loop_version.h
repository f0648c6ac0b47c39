// A second version of one loop, for when all its accesses lie in memory. Visible: version_loop, is_memory0_base.
#pragma once

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/IR/Dominators.h>

namespace wasmrun::llvm_compiler {

/// Clones the innermost loop, in simplified and closed SSA form, as VersionLoops says; the fast version is rolled where it was unrolled.
/// Loop and dominator information is kept. Returns whether there was anything to gain.
bool version_loop(llvm::Loop& loop, llvm::ScalarEvolution& evolution, llvm::LoopInfo& loops, llvm::DominatorTree& dominators);

/// Whether the value is where memory 0 begins.
bool is_memory0_base(const llvm::Value* value);

}  // namespace wasmrun::llvm_compiler
