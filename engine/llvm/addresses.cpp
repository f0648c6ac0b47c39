// Looks at every i32 sum that is extended to address memory.
#include "engine/llvm/addresses.h"

#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/KnownBits.h>

#include <cstdint>
#include <vector>

namespace wasmrun::llvm_compiler {

namespace {

struct Split {
  llvm::Value* rest = nullptr;  ///< i32, to be extended
  uint64_t low = 0;
};

/// `sum` as rest + low; low is 0 when nothing can be split off.
Split split(llvm::BinaryOperator& sum, const llvm::DataLayout& layout) {
  auto* const constant = llvm::dyn_cast<llvm::ConstantInt>(sum.getOperand(1));
  if (!constant) return {};
  const uint64_t c = constant->getZExtValue();
  llvm::Value* const x = sum.getOperand(0);
  const llvm::KnownBits known = llvm::computeKnownBits(x, layout);
  if (sum.getOpcode() == llvm::Instruction::Or) return (known.Zero & c) == c ? Split{x, c} : Split{};
  if (sum.getOpcode() != llvm::Instruction::Add) return {};
  if (known.getMaxValue().getZExtValue() + c <= UINT32_MAX) return {x, c};
  const uint64_t low = c & ((uint64_t{1} << known.countMinTrailingZeros()) - 1);
  if (low == 0) return {};
  llvm::IRBuilder<> builder(&sum);
  return {builder.CreateAdd(x, llvm::ConstantInt::get(sum.getType(), c - low)), low};
}

}  // namespace

llvm::PreservedAnalyses SplitAddresses::run(llvm::Function& function, llvm::FunctionAnalysisManager&) {
  const llvm::DataLayout& layout = function.getParent()->getDataLayout();
  std::vector<llvm::ZExtInst*> extensions;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    auto* const extension = llvm::dyn_cast<llvm::ZExtInst>(&instruction);
    if (extension && extension->getSrcTy()->isIntegerTy(32) && llvm::isa<llvm::BinaryOperator>(extension->getOperand(0))) {
      extensions.push_back(extension);
    }
  }
  bool changed = false;
  for (llvm::ZExtInst* const extension : extensions) {
    std::vector<llvm::GetElementPtrInst*> users;
    for (llvm::User* const user : extension->users()) {
      auto* const element = llvm::dyn_cast<llvm::GetElementPtrInst>(user);
      if (element && element->getSourceElementType()->isIntegerTy(8) && element->getNumIndices() == 1) users.push_back(element);
    }
    if (users.empty()) continue;
    const Split parts = split(*llvm::cast<llvm::BinaryOperator>(extension->getOperand(0)), layout);
    if (parts.low == 0) continue;
    llvm::IRBuilder<> builder(extension);
    llvm::Value* const rest = builder.CreateZExt(parts.rest, extension->getType());
    for (llvm::GetElementPtrInst* const user : users) {
      builder.SetInsertPoint(user);
      llvm::Value* const base = builder.CreateGEP(builder.getInt8Ty(), user->getPointerOperand(), rest);
      user->replaceAllUsesWith(builder.CreateGEP(builder.getInt8Ty(), base, builder.getInt64(parts.low)));
      user->eraseFromParent();
    }
    if (extension->use_empty()) extension->eraseFromParent();
    changed = true;
  }
  if (!changed) return llvm::PreservedAnalyses::all();
  llvm::PreservedAnalyses kept;
  kept.preserveSet<llvm::CFGAnalyses>();
  return kept;
}

}  // namespace wasmrun::llvm_compiler
