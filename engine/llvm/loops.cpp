// Prepares loops for ScalarEvolution, versions them, and hands what came of it to LLVM's vectorizer.
#include "engine/llvm/loops.h"

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/KnownBits.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/LoopUnrollPass.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>
#include <llvm/Transforms/Utils/LoopUtils.h>
#include <llvm/Transforms/Vectorize/LoopVectorize.h>

#include <vector>

#include "engine/llvm/loop_version.h"
#include "engine/llvm/reroll.h"

namespace wasmrun::llvm_compiler {

namespace {

/// What follows looks at whole functions. The largest are interpreters and the like, whose loops count little.
constexpr unsigned kLargestFunction = 10'000;

/// Where x is a multiple of 2^n, x ^ -(2^n) is -(2^n) - x, which ScalarEvolution understands. Compilers make such of what counts down.
void replace_xor(llvm::Loop& loop) {
  for (llvm::BasicBlock* const block : loop.blocks()) {
    for (llvm::Instruction& instruction : llvm::make_early_inc_range(*block)) {
      if (instruction.getOpcode() != llvm::Instruction::Xor || !instruction.getType()->isIntegerTy()) continue;
      const auto* const mask = llvm::dyn_cast<llvm::ConstantInt>(instruction.getOperand(1));
      if (!mask || !mask->getValue().isNegatedPowerOf2()) continue;
      llvm::Value* const x = instruction.getOperand(0);
      const llvm::KnownBits known = llvm::computeKnownBits(x, instruction.getModule()->getDataLayout());
      if (known.countMinTrailingZeros() < mask->getValue().countr_zero()) continue;
      llvm::IRBuilder<> b(&instruction);
      instruction.replaceAllUsesWith(b.CreateSub(instruction.getOperand(1), x));
      instruction.eraseFromParent();
    }
  }
}

/// A pointer carried to the next iteration becomes its index: ScalarEvolution does not look through the extension.
void carry_indices(llvm::Loop& loop) {
  const auto index_of = [](llvm::Value* pointer) -> llvm::ZExtInst* {
    auto* const element = llvm::dyn_cast<llvm::GetElementPtrInst>(pointer);
    if (!element || element->getNumIndices() != 1 || !element->getSourceElementType()->isIntegerTy(8)) return nullptr;
    auto* const extension = llvm::dyn_cast<llvm::ZExtInst>(element->getOperand(1));
    return extension && extension->getSrcTy()->isIntegerTy(32) && is_memory0_base(element->getPointerOperand()) ? extension : nullptr;
  };
  for (llvm::PHINode& phi : llvm::make_early_inc_range(loop.getHeader()->phis())) {
    if (!phi.getType()->isPointerTy() || !llvm::all_of(phi.incoming_values(), index_of)) continue;
    llvm::Value* const base = llvm::cast<llvm::GetElementPtrInst>(phi.getIncomingValue(0))->getPointerOperand();
    llvm::IRBuilder<> b(&phi);
    llvm::PHINode* const index = b.CreatePHI(b.getInt32Ty(), 2);
    for (unsigned i = 0; i < phi.getNumIncomingValues(); ++i) {
      index->addIncoming(index_of(phi.getIncomingValue(i))->getOperand(0), phi.getIncomingBlock(i));
    }
    b.SetInsertPoint(loop.getHeader(), loop.getHeader()->getFirstInsertionPt());
    phi.replaceAllUsesWith(b.CreateGEP(b.getInt8Ty(), base, b.CreateZExt(index, b.getInt64Ty())));
    phi.eraseFromParent();
  }
}

/// Vectorized loops do not ask to be unrolled as they were. Returns whether any loop was vectorized, or asks.
bool keep_vectorized(llvm::LoopInfo& loops) {
  bool any = false;
  for (llvm::Loop* const loop : loops.getLoopsInPreorder()) {
    const bool is_vectorized = llvm::getBooleanLoopAttribute(loop, "llvm.loop.isvectorized");
    const bool asks = llvm::findStringMetadataForLoop(loop, kUnrollCount).has_value();
    any |= is_vectorized || asks;
    if (!is_vectorized || !asks) continue;
    llvm::LLVMContext& context = loop->getHeader()->getContext();
    loop->setLoopID(llvm::makePostTransformationMetadata(context, loop->getLoopID(), {kUnrollCount}, {}));
  }
  return any;
}

}  // namespace

llvm::PreservedAnalyses VersionLoops::run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
  auto& loops = analyses.getResult<llvm::LoopAnalysis>(function);
  if (loops.empty() || function.getInstructionCount() > kLargestFunction) return llvm::PreservedAnalyses::all();
  auto& dominators = analyses.getResult<llvm::DominatorTreeAnalysis>(function);
  auto& evolution = analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
  std::vector<llvm::Loop*> innermost;
  for (llvm::Loop* const loop : loops.getLoopsInPreorder()) {
    if (loop->isInnermost()) innermost.push_back(loop);
  }
  bool changed = false;
  for (llvm::Loop* const loop : innermost) {
    replace_xor(*loop);
    carry_indices(*loop);
  }
  for (llvm::Loop* const loop : innermost) changed |= version_loop(*loop, evolution, loops, dominators);
  if (!changed) return llvm::PreservedAnalyses::all();
  analyses.invalidate(function, llvm::PreservedAnalyses::none());
  const auto apply = [&](auto pass) { analyses.invalidate(function, pass.run(function, analyses)); };
  apply(llvm::LoopVectorizePass());
  if (keep_vectorized(analyses.getResult<llvm::LoopAnalysis>(function))) {
    apply(llvm::LoopUnrollPass(llvm::LoopUnrollOptions(2, true, true)));
    apply(llvm::InstCombinePass(llvm::InstCombineOptions().setVerifyFixpoint(false)));
    apply(llvm::SimplifyCFGPass());
  }
  apply(llvm::createFunctionToLoopPassAdaptor(llvm::LICMPass(llvm::LICMOptions()), true));
  return llvm::PreservedAnalyses::none();
}

}  // namespace wasmrun::llvm_compiler
