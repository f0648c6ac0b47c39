// Takes back what a guest's compiler did when it unrolled a loop. Visible: reroll, Counter.
#pragma once

#include <llvm/Analysis/LoopInfo.h>

#include <vector>

#include "engine/llvm/loop_groups.h"

namespace wasmrun::llvm_compiler {

/// How a loop counts.
struct Counter {
  llvm::PHINode* iteration;   ///< i64: 0, 1, ...
  llvm::Value* backedges;  ///< i64, known before the loop: so often it jumps back
};

/// A loop of one block whose body is the same work n times, each a step further, becomes the work once, n times as often. An unrolled
/// loop is vectorized with shuffles, if at all; a rolled one with plain vectors. The loop asks to be unrolled as it was, for when it
/// is not vectorized. No access may trap, and different groups do not overlap where one is stored to. Returns whether it was changed.
bool reroll(llvm::Loop& loop, llvm::ScalarEvolution& evolution, const std::vector<Group>& groups, const Counter& counter);

/// The metadata by which a loop asks to be unrolled as it was.
inline constexpr char kUnrollCount[] = "llvm.loop.unroll.count";

}  // namespace wasmrun::llvm_compiler
