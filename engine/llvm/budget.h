// How much one function may ask of LLVM, whose time and memory grow faster than functions do (docs/decisions.md says what was measured).
// Visible: kMostBodyBytes, kMostWork, kMostBlocks, kCaughtEdgeWork, mark_if_too_large, skip_passes_of_large, split_long_blocks.
#pragma once

#include <llvm/IR/Function.h>
#include <llvm/IR/PassInstrumentation.h>

#include <cstdint>

namespace wasmrun::llvm_compiler {

/// A body with more bytes is not begun.
inline constexpr uint64_t kMostBodyBytes = 512 << 10;
/// LLVM's instructions, and the values that meet where paths do, of one function.
inline constexpr uint64_t kMostWork = 400'000;
inline constexpr uint64_t kMostBlocks = 32'000;
/// A value on the way from a call to a handler counts as so many: each becomes a store before its call.
inline constexpr uint64_t kCaughtEdgeWork = 4;

/// Of a function with more, LLVM makes code without simplifying it before.
inline constexpr uint64_t kMostBodyBytesForPasses = 256 << 10;
inline constexpr uint64_t kMostBlocksForPasses = 20'000;

void mark_if_too_large(llvm::Function& function, uint64_t body_bytes);
/// Leaves the marked functions out of the passes that are run with these callbacks.
void skip_passes_of_large(llvm::PassInstrumentationCallbacks& callbacks);

/// Splits blocks so that no part is longer than LLVM is quick with, and keeps it from putting them together again. For functions whose
/// IR nobody simplifies any more.
void split_long_blocks(llvm::Function& function);

}  // namespace wasmrun::llvm_compiler
