// See budget.h.
#include "engine/llvm/budget.h"

#include <llvm/ADT/Any.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/Constants.h>

#include <iterator>

namespace wasmrun::llvm_compiler {

namespace {

/// Selection, scheduling and the choice of two-address forms look at a block's instructions in pairs and triples.
constexpr size_t kBlockInstructions = 400;
/// What must stay together at a block's end: a tail call and its return.
constexpr size_t kEndInstructions = 8;

constexpr char kTooLarge[] = "too-large-for-passes";

}  // namespace

void mark_if_too_large(llvm::Function& function, uint64_t body_bytes) {
  if (body_bytes > kMostBodyBytesForPasses || function.size() > kMostBlocksForPasses) function.addFnAttr(kTooLarge);
}

void skip_passes_of_large(llvm::PassInstrumentationCallbacks& callbacks) {
  callbacks.registerShouldRunOptionalPassCallback([](llvm::StringRef, llvm::Any unit) {
    const llvm::Function* function = nullptr;
    if (const auto* const given = llvm::any_cast<const llvm::Function*>(&unit)) function = *given;
    if (const auto* const loop = llvm::any_cast<const llvm::Loop*>(&unit)) function = (*loop)->getHeader()->getParent();
    return !function || !function->hasFnAttribute(kTooLarge);
  });
}

void split_long_blocks(llvm::Function& function) {
  for (llvm::BasicBlock& first : llvm::make_early_inc_range(function)) {
    auto begin = first.getFirstInsertionPt();
    auto left = static_cast<size_t>(std::distance(begin, first.end()));
    for (llvm::BasicBlock* block = &first; left > 2 * kBlockInstructions + kEndInstructions; left -= kBlockInstructions) {
      block = block->splitBasicBlock(std::next(begin, kBlockInstructions));
      begin = block->begin();
      // Blocks whose address somebody has are not merged into their predecessors.
      llvm::BlockAddress::get(&function, block);
    }
  }
}

}  // namespace wasmrun::llvm_compiler
