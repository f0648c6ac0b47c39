// See inliner.h.
#include "engine/llvm/inliner.h"

#include <llvm/ADT/SCCIterator.h>
#include <llvm/Analysis/CallGraph.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <unordered_map>
#include <vector>

#include "engine/abi/compiled_module.h"

namespace wasmrun::llvm_compiler {

namespace {

using abi::InlinedLocation;

/// Guests come optimized by their own compilers, which saw less than the whole program: what is left is small, or it was left on purpose.
constexpr uint64_t kLargestBody = 40;
/// So large a function may become by unrolling its recursion, which is done so many times.
constexpr uint64_t kLargestUnrolled = 100;
constexpr unsigned kUnrolledLevels = 3;

/// Machine instructions, about.
uint64_t size_of(const llvm::Instruction& instruction) {
  if (const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) {
    if (llvm::isa<llvm::IntrinsicInst>(call)) return 1;
    return 2 + (call->doesNotReturn() ? 0 : call->arg_size());
  }
  switch (instruction.getOpcode()) {
    case llvm::Instruction::PHI:
    case llvm::Instruction::GetElementPtr:
    case llvm::Instruction::BitCast:
    case llvm::Instruction::ZExt:
    case llvm::Instruction::Trunc:
    case llvm::Instruction::IntToPtr:
    case llvm::Instruction::PtrToInt:
    case llvm::Instruction::ExtractValue:
    case llvm::Instruction::InsertValue:
    case llvm::Instruction::Unreachable:
    case llvm::Instruction::Ret: return 0;
    default: return 1;
  }
}

uint64_t size_of(const llvm::Function& function) {
  uint64_t size = 0;
  for (const llvm::Instruction& instruction : llvm::instructions(function)) size += size_of(instruction);
  return size;
}

bool returns(const llvm::Function& function) {
  for (const llvm::BasicBlock& block : function) {
    if (llvm::isa<llvm::ReturnInst>(block.getTerminator())) return true;
  }
  return false;
}

/// Calls of functions that are wanted. A tail call stays, because the caller's frame ends with it.
template <class Predicate>
std::vector<llvm::CallBase*> calls_in(llvm::Function& function, Predicate is_wanted) {
  std::vector<llvm::CallBase*> calls;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    auto* const call = llvm::dyn_cast<llvm::CallBase>(&instruction);
    if (call && call->getCalledFunction() && !call->isMustTailCall() && is_wanted(*call->getCalledFunction())) calls.push_back(call);
  }
  return calls;
}

bool replace_by_body(llvm::CallBase& call) {
  llvm::InlineFunctionInfo info;
  return llvm::InlineFunction(call, info, /*MergeAttributes=*/false, /*CalleeAAR=*/nullptr, /*InsertLifetime=*/false).isSuccess();
}

class Inliner {
 public:
  Inliner(llvm::FunctionPassManager& passes, llvm::FunctionAnalysisManager& analyses) : passes_(passes), analyses_(analyses) {}

  /// After all that `function` calls, as far as that is possible.
  void run(llvm::Function& function) {
    uint32_t depth = inline_calls(function);
    run_passes(function);
    if (function.hasFnAttribute(llvm::Attribute::NoInline)) return;
    if (unroll_recursion(function, depth)) return run_passes(function);
    if (returns(function) && calls_of_itself(function).empty() && size_of(function) <= kLargestBody) depths_.emplace(&function, depth);
  }

 private:
  void run_passes(llvm::Function& function) {
    passes_.run(function, analyses_);
    // They are of the function as it was.
    analyses_.clear(function, function.getName());
  }

  /// How many functions then lie within each other in `function`.
  uint32_t inline_calls(llvm::Function& function) {
    uint32_t depth = 0;
    for (llvm::CallBase* const call : calls_in(function, [this](const llvm::Function& callee) { return depths_.contains(&callee); })) {
      const uint32_t inside = depths_.at(call->getCalledFunction());
      // Nobody waits for what leads nowhere.
      if (inside == InlinedLocation::kMaxDepth || llvm::isa<llvm::UnreachableInst>(call->getParent()->getTerminator())) continue;
      if (replace_by_body(*call)) depth = std::max(depth, inside + 1);
    }
    return depth;
  }

  static std::vector<llvm::CallBase*> calls_of_itself(llvm::Function& function) {
    return calls_in(function, [&](const llvm::Function& callee) { return &callee == &function; });
  }

  /// Replaces the calls of itself by what the function is now, a few times: so it calls itself that much less often.
  static bool unroll_recursion(llvm::Function& function, uint32_t depth) {
    bool changed = false;
    for (unsigned level = 0; level < kUnrolledLevels; ++level) {
      const std::vector<llvm::CallBase*> calls = calls_of_itself(function);
      depth = 2 * depth + 1;
      if (calls.empty() || size_of(function) * (calls.size() + 1) > kLargestUnrolled || depth > InlinedLocation::kMaxDepth) break;
      llvm::ValueToValueMapTy values;
      llvm::Function* const body = llvm::CloneFunction(&function, values);
      for (llvm::CallBase* const call : calls) {
        call->setCalledFunction(body);
        if (!replace_by_body(*call)) call->setCalledFunction(&function);
      }
      body->eraseFromParent();
      changed = true;
    }
    return changed;
  }

  llvm::FunctionPassManager& passes_;
  llvm::FunctionAnalysisManager& analyses_;
  /// Of the functions that are inlined: how many lie within each other in them.
  std::unordered_map<const llvm::Function*, uint32_t> depths_;
};

}  // namespace

void optimize_bottom_up(llvm::Module& ir, llvm::FunctionPassManager& passes, llvm::FunctionAnalysisManager& analyses) {
  std::vector<llvm::Function*> functions;
  {
    llvm::CallGraph graph(ir);
    for (auto component = llvm::scc_begin(&graph); !component.isAtEnd(); ++component) {
      for (const llvm::CallGraphNode* const node : *component) {
        if (llvm::Function* const function = node->getFunction(); function && !function->isDeclaration()) functions.push_back(function);
      }
    }
  }
  Inliner inliner(passes, analyses);
  for (llvm::Function* const function : functions) inliner.run(*function);
}

}  // namespace wasmrun::llvm_compiler
