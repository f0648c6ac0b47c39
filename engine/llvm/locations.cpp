// See locations.h.
#include "engine/llvm/locations.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>

#include <unordered_map>
#include <vector>

#include "engine/abi/compiled_module.h"

namespace wasmrun::llvm_compiler {

namespace {

using abi::InlinedLocation;

class Recorder {
 public:
  explicit Recorder(llvm::LLVMContext& context) : context_(context) {}

  void record(llvm::Instruction& instruction) {
    const llvm::DILocation* const location = instruction.getDebugLoc();
    if (!location || !location->getInlinedAt()) return;
    const llvm::DILocation* outermost = location;
    while (outermost->getInlinedAt()) outermost = outermost->getInlinedAt();
    instruction.setDebugLoc(llvm::DILocation::get(context_, location_of(*location), 0, outermost->getScope()->getSubprogram()));
  }

  const std::vector<uint32_t>& words() const { return words_; }

 private:
  uint32_t location_of(const llvm::DILocation& location) {
    const llvm::DILocation* const call = location.getInlinedAt();
    if (!call) return location.getLine();
    if (const auto known = locations_.find(&location); known != locations_.end()) return known->second;
    uint32_t function = 0;
    // ClusterContext::symbol
    CHECK(!location.getScope()->getSubprogram()->getName().drop_front().getAsInteger(10, function));
    const uint32_t outside = location_of(*call);
    const auto index = static_cast<uint32_t>(words_.size() / kWords);
    words_.insert(words_.end(), {function, location.getLine(), outside});
    return locations_[&location] = InlinedLocation::kFlag | index;
  }

  static constexpr size_t kWords = sizeof(InlinedLocation) / sizeof(uint32_t);
  static_assert(kWords == 3);
  llvm::LLVMContext& context_;
  std::unordered_map<const llvm::DILocation*, uint32_t> locations_;
  std::vector<uint32_t> words_;
};

/// The instruction that uses `value`, when it is one that cannot trap and may be selected together with it.
llvm::Instruction* user_of(llvm::Instruction& value) {
  llvm::Instruction *user = nullptr, *comparison = nullptr;
  for (llvm::User* const each : value.users()) {
    auto* const at = llvm::cast<llvm::Instruction>(each);
    if (at == user || at == comparison) continue;
    if (llvm::isa<llvm::CmpInst>(at) && !comparison) comparison = at;
    else if (!user) user = at;
    else return nullptr;
  }
  // A minimum: a comparison, and a choice between what it compares.
  const bool is_choice = user && llvm::isa<llvm::SelectInst>(user) && comparison && comparison->hasOneUser() && *comparison->user_begin() == user;
  if (comparison && user && !is_choice) return nullptr;
  if (!user) user = comparison;
  if (!user || user->getParent() != value.getParent()) return nullptr;
  if (llvm::isa<llvm::PHINode, llvm::ReturnInst, llvm::LoadInst, llvm::AtomicRMWInst, llvm::AtomicCmpXchgInst>(user)) return nullptr;
  if (llvm::isa<llvm::CallBase>(user) && !llvm::isa<llvm::IntrinsicInst>(user)) return nullptr;
  return user;
}

/// What `load` may become a part of: conversions, a few operations, and then a comparison, a branch, or a store to the same place.
void spread_location(llvm::LoadInst& load) {
  constexpr unsigned kOperations = 4;
  unsigned operations = 0;
  for (llvm::Instruction* user = user_of(load); user; user = user_of(*user)) {
    if (const auto* store = llvm::dyn_cast<llvm::StoreInst>(user); store && store->getPointerOperand() != load.getPointerOperand()) return;
    if (!llvm::isa<llvm::CastInst, llvm::CmpInst, llvm::BranchInst, llvm::SelectInst, llvm::StoreInst>(user) && ++operations > kOperations) return;
    user->setDebugLoc(load.getDebugLoc());
  }
}

}  // namespace

void settle_locations(llvm::Module& ir) {
  Recorder recorder(ir.getContext());
  for (llvm::Function& function : ir) {
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
      if (auto* const load = llvm::dyn_cast<llvm::LoadInst>(&instruction); load && load->isVolatile()) spread_location(*load);
    }
    for (llvm::Instruction& instruction : llvm::instructions(function)) recorder.record(instruction);
  }
  if (recorder.words().empty()) return;
  llvm::Constant* const table = llvm::ConstantDataArray::get(ir.getContext(), recorder.words());
  auto* const variable = new llvm::GlobalVariable(ir, table->getType(), true, llvm::GlobalValue::ExternalLinkage, table, "inlined");
  variable->setVisibility(llvm::GlobalValue::HiddenVisibility);
  variable->setSection(kInlinedSection);
  variable->setAlignment(llvm::Align(alignof(InlinedLocation)));
}

}  // namespace wasmrun::llvm_compiler
