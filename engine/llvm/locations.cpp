// See locations.h.
#include "engine/llvm/locations.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/MachineInstr.h>
#include <llvm/CodeGen/MachineMemOperand.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
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

/// Gives machine instructions that access memory the locations of the accesses in the IR that they came from.
class LocateAccesses : public llvm::MachineFunctionPass {
 public:
  static char ID;
  LocateAccesses() : MachineFunctionPass(ID) {}

  bool runOnMachineFunction(llvm::MachineFunction& function) override {
    Accesses accesses;
    for (const llvm::Instruction& instruction : llvm::instructions(function.getFunction())) {
      if (!instruction.isVolatile() || !instruction.getDebugLoc()) continue;
      if (const llvm::Value* const pointer = pointer_of(instruction)) accesses[pointer].push_back(&instruction);
    }
    bool changed = false;
    for (llvm::MachineBasicBlock& block : function) {
      for (llvm::MachineInstr& instruction : block) {
        const llvm::Instruction* const access = access_of(instruction, accesses);
        if (!access || access->getDebugLoc() == instruction.getDebugLoc()) continue;
        instruction.setDebugLoc(access->getDebugLoc());
        changed = true;
      }
    }
    return changed;
  }

  void getAnalysisUsage(llvm::AnalysisUsage& usage) const override {
    usage.setPreservesAll();
    MachineFunctionPass::getAnalysisUsage(usage);
  }

 private:
  using Accesses = llvm::DenseMap<const llvm::Value*, llvm::SmallVector<const llvm::Instruction*, 1>>;

  static const llvm::Value* pointer_of(const llvm::Instruction& instruction) {
    if (const auto* const exchange = llvm::dyn_cast<llvm::AtomicCmpXchgInst>(&instruction)) return exchange->getPointerOperand();
    if (const auto* const modify = llvm::dyn_cast<llvm::AtomicRMWInst>(&instruction)) return modify->getPointerOperand();
    return llvm::getLoadStorePointerOperand(&instruction);
  }

  /// What the memory operands of `instruction` tell. One that loads and stores traps where it loads.
  static const llvm::Instruction* access_of(const llvm::MachineInstr& instruction, const Accesses& accesses) {
    for (const bool loads : {true, false}) {
      for (const llvm::MachineMemOperand* const operand : instruction.memoperands()) {
        if (!operand->isVolatile() || operand->isLoad() != loads || !operand->getValue()) continue;
        if (const auto found = accesses.find(operand->getValue()); found != accesses.end()) return best_of(found->second, instruction, *operand);
      }
    }
    return nullptr;
  }

  /// Accesses of one address: if one of them has passed, the next that is not wider cannot trap.
  static const llvm::Instruction* best_of(llvm::ArrayRef<const llvm::Instruction*> accesses, const llvm::MachineInstr& instruction,
                                          const llvm::MachineMemOperand& operand) {
    const llvm::Instruction* best = nullptr;
    int best_score = -1;
    for (const llvm::Instruction* const access : accesses) {
      const bool is_store = llvm::isa<llvm::StoreInst>(access);
      if (operand.isLoad() ? is_store : llvm::isa<llvm::LoadInst>(access)) continue;
      const llvm::Type* const type = is_store ? access->getOperand(0)->getType() : access->getType();
      const int score = 4 * (access->getDebugLoc() == instruction.getDebugLoc()) + 2 * (access->getParent() == instruction.getParent()->getBasicBlock()) +
                        (operand.getSizeInBits() == llvm::LocationSize::precise(type->getPrimitiveSizeInBits()));
      if (score <= best_score) continue;
      best = access;
      best_score = score;
    }
    return best;
  }
};

char LocateAccesses::ID = 0;

}  // namespace

void settle_locations(llvm::Module& ir) {
  Recorder recorder(ir.getContext());
  for (llvm::Function& function : ir) {
    for (llvm::Instruction& instruction : llvm::instructions(function)) recorder.record(instruction);
  }
  if (recorder.words().empty()) return;
  llvm::Constant* const table = llvm::ConstantDataArray::get(ir.getContext(), recorder.words());
  auto* const variable = new llvm::GlobalVariable(ir, table->getType(), true, llvm::GlobalValue::ExternalLinkage, table, "inlined");
  variable->setVisibility(llvm::GlobalValue::HiddenVisibility);
  variable->setSection(kInlinedSection);
  variable->setAlignment(llvm::Align(alignof(InlinedLocation)));
}

llvm::Pass* make_locate_accesses() { return new LocateAccesses; }

}  // namespace wasmrun::llvm_compiler
