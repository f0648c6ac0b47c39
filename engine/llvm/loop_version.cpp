// Collects the accesses of the loop, groups those a constant apart, emits the checks, clones the loop.
#include "engine/llvm/loop_version.h"

#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/Cloning.h>
#include <llvm/Transforms/Utils/LoopUtils.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/abi/instance_layout.h"
#include "engine/llvm/loop_groups.h"
#include "engine/llvm/reroll.h"
#include "engine/llvm/versions.h"

namespace wasmrun::llvm_compiler {

namespace {

/// Larger loops gain nothing that their second copy would be worth.
constexpr size_t kMostInstructions = 600;
/// Each group costs a handful of instructions before the loop.
constexpr size_t kMostGroups = 12;
/// A loop that jumps back less often is over before the checks are.
constexpr uint64_t kLeastIterations = 6;
/// Of groups to be compared.
constexpr size_t kMostPairs = 10;

/// What an Access says of a pointer.
struct Address {
  llvm::Value* base;
  const llvm::SCEV* start;
  const llvm::SCEV* step;
  uint64_t offset;
};

/// One innermost loop.
class Versioning {
 public:
  Versioning(llvm::Loop& loop, llvm::ScalarEvolution& evolution, llvm::LoopInfo& loops, llvm::DominatorTree& dominators)
      : loop_(loop), evolution_(evolution), loops_(loops), dominators_(dominators) {}

  /// Whether the loop was cloned.
  bool run() {
    if (!is_candidate()) return false;
    llvm::BasicBlock* const before = loop_.getLoopPreheader();
    if (!emit_checks(before->getTerminator())) return false;
    evolution_.forgetTopmostLoop(&loop_);
    llvm::Loop* const slow = split_off_where_not(fits_, ".slow");
    if (worth_) skip_checks(before, slow->getLoopPreheader());
    use_pointers();
    if (disjoint_) {
      llvm::addStringMetadataToLoop(split_off_where_not(disjoint_, ".overlapping"), "llvm.loop.vectorize.enable", 0);
      mark_disjoint();
    }
    if (is_clean_ && counts_at_latch_ && !may_overlap_) reroll(loop_, evolution_, groups_, {iteration_, iterations_value_});
    return true;
  }

 private:
  bool find_iterations();
  bool is_candidate();
  std::optional<Address> analyze(llvm::Value* pointer);
  bool collect(llvm::Instruction& instruction);
  void add_to_group(const Access& access);
  bool emit_checks(llvm::Instruction* before);
  void emit_disjoint(llvm::IRBuilder<>& b);
  llvm::Loop* split_off_where_not(llvm::Value* condition, const char* suffix);
  void skip_checks(llvm::BasicBlock* before, llvm::BasicBlock* slow);
  void use_pointers();
  void mark_disjoint();

  llvm::Loop& loop_;
  llvm::ScalarEvolution& evolution_;
  llvm::LoopInfo& loops_;
  llvm::DominatorTree& dominators_;
  const llvm::SCEV* iterations_ = nullptr;   ///< at most so often the loop jumps back
  llvm::Value* iterations_value_ = nullptr;  ///< i64
  llvm::PHINode* iteration_ = nullptr;       ///< i64: 0, 1, ... in the fast loop
  bool counts_at_latch_ = false;             ///< and ends: there is no other way out
  const llvm::SCEV* distance_ = nullptr;     ///< must be a multiple of stride_, where these are given
  const llvm::SCEV* stride_ = nullptr;
  std::vector<Access> accesses_;
  std::vector<Group> groups_;
  llvm::Instruction* worth_ = nullptr;       ///< i1, followed by the checks it is asked for; null where it is known
  llvm::Value* fits_ = nullptr;              ///< i1
  llvm::Value* disjoint_ = nullptr;          ///< i1; null where that need not or cannot be checked
  bool may_overlap_ = false;                 ///< where it is stored to, unchecked
  bool is_clean_ = true;                     ///< nothing in the loop can trap but what the check covers
};

bool Versioning::find_iterations() {
  llvm::BasicBlock* const latch = loop_.getLoopLatch();
  counts_at_latch_ = loop_.getExitingBlock() == latch;
  iterations_ = evolution_.getBackedgeTakenCount(&loop_);
  if (!llvm::isa<llvm::SCEVCouldNotCompute>(iterations_)) return true;
  iterations_ = evolution_.getSymbolicMaxBackedgeTakenCount(&loop_);
  if (!llvm::isa<llvm::SCEVCouldNotCompute>(iterations_)) {
    counts_at_latch_ = false;
    return true;
  }
  // A loop that ends when start + step * iteration is the limit: whether the step ever meets it is asked before the loop. The first
  // iteration that does is the quotient, also where start + step * iteration wraps on the way.
  auto* const jump = llvm::dyn_cast<llvm::BranchInst>(latch->getTerminator());
  auto* const compare = counts_at_latch_ && jump ? llvm::dyn_cast<llvm::ICmpInst>(jump->getCondition()) : nullptr;
  if (!compare || !compare->isEquality()) return false;
  if ((compare->getPredicate() == llvm::ICmpInst::ICMP_NE) != (jump->getSuccessor(0) == loop_.getHeader())) return false;
  if (!compare->getOperand(0)->getType()->isIntegerTy()) return false;
  for (const unsigned i : {0u, 1u}) {
    const auto* const walk = llvm::dyn_cast<llvm::SCEVAddRecExpr>(evolution_.getSCEV(compare->getOperand(i)));
    const llvm::SCEV* const limit = evolution_.getSCEV(compare->getOperand(1 - i));
    if (!walk || walk->getLoop() != &loop_ || !walk->isAffine() || !evolution_.isLoopInvariant(limit, &loop_)) continue;
    const auto* const step = llvm::dyn_cast<llvm::SCEVConstant>(walk->getStepRecurrence(evolution_));
    if (!step || step->isZero()) return false;
    const bool falls = step->getAPInt().isNegative();
    distance_ = falls ? evolution_.getMinusSCEV(walk->getStart(), limit) : evolution_.getMinusSCEV(limit, walk->getStart());
    stride_ = falls ? evolution_.getNegativeSCEV(step) : step;
    iterations_ = evolution_.getUDivExpr(distance_, stride_);
    return true;
  }
  return false;
}

bool Versioning::is_candidate() {
  if (!loop_.isInnermost() || !loop_.isLoopSimplifyForm() || !loop_.isLCSSAForm(dominators_) || !loop_.isSafeToClone()) return false;
  size_t instructions = 0;
  for (llvm::BasicBlock* const block : loop_.blocks()) {
    instructions += block->size();
    if (instructions > kMostInstructions) return false;
  }
  if (!find_iterations()) return false;
  if (evolution_.getUnsignedRangeMax(iterations_).getActiveBits() > 32) return false;
  for (llvm::BasicBlock* const block : loop_.blocks()) {
    for (llvm::Instruction& instruction : *block) {
      if (!collect(instruction)) return false;
    }
  }
  llvm::SmallVector<llvm::BasicBlock*> exits;
  loop_.getExitBlocks(exits);
  for (const llvm::BasicBlock* const exit : exits) is_clean_ &= !llvm::isa<llvm::UnreachableInst>(exit->getTerminator());
  if (std::ranges::all_of(accesses_, [](const Access& access) { return access.step->isZero(); })) return false;
  for (const Access& access : accesses_) add_to_group(access);
  return groups_.size() <= kMostGroups;
}

/// False for what no second version can have.
bool Versioning::collect(llvm::Instruction& instruction) {
  if (llvm::isa<llvm::CallBase>(instruction)) return llvm::isa<llvm::IntrinsicInst>(instruction);
  llvm::Value* const pointer = llvm::getLoadStorePointerOperand(&instruction);
  if (!pointer) return !instruction.mayReadOrWriteMemory();
  if (!instruction.isVolatile()) return true;  // of the instance: never traps
  if (const std::optional<Address> address = analyze(pointer)) {
    const uint64_t bytes = instruction.getModule()->getDataLayout().getTypeStoreSize(llvm::getLoadStoreType(&instruction));
    accesses_.push_back({&instruction, address->base, address->start, address->step, address->offset, bytes});
    return true;
  }
  is_clean_ = false;  // it may trap, wherever it goes
  return true;
}

/// base + zext(start + step * iteration) + offset, where ScalarEvolution may have found that the extension is that of each part. Whichever
/// it is, its first value is a 32-bit index with a constant offset of 32 bits.
std::optional<Address> Versioning::analyze(llvm::Value* pointer) {
  const llvm::SCEV* const whole = evolution_.getSCEV(pointer);
  const auto* const base = llvm::dyn_cast<llvm::SCEVUnknown>(evolution_.getPointerBase(whole));
  if (!base || !is_memory0_base(base->getValue())) return std::nullopt;
  Address address{base->getValue(), evolution_.getMinusSCEV(whole, base), nullptr, 0};
  if (const auto* const sum = llvm::dyn_cast<llvm::SCEVAddExpr>(address.start)) {
    if (const auto* const constant = llvm::dyn_cast<llvm::SCEVConstant>(sum->getOperand(0))) {
      if (constant->getAPInt().isNegative()) return std::nullopt;
      address.offset = constant->getAPInt().getZExtValue();
      address.start = evolution_.getMinusSCEV(address.start, constant);
    }
  }
  if (const auto* const extension = llvm::dyn_cast<llvm::SCEVZeroExtendExpr>(address.start)) {
    if (extension->getOperand()->getType()->isIntegerTy(32)) address.start = extension->getOperand();
  }
  address.step = evolution_.getZero(address.start->getType());
  if (const auto* const walk = llvm::dyn_cast<llvm::SCEVAddRecExpr>(address.start); walk && walk->getLoop() == &loop_ && walk->isAffine()) {
    address.start = walk->getStart();
    address.step = walk->getStepRecurrence(evolution_);
  }
  if (!evolution_.isLoopInvariant(address.start, &loop_) || !evolution_.isLoopInvariant(address.step, &loop_)) return std::nullopt;
  if (evolution_.getSignedRange(address.step).getMinSignedBits() > 32) return std::nullopt;
  return address;
}

void Versioning::add_to_group(const Access& access) {
  const bool is_store = llvm::isa<llvm::StoreInst>(access.instruction);
  for (Group& group : groups_) {
    if (group.step != access.step || group.start->getType() != access.start->getType()) continue;
    const auto* const distance = llvm::dyn_cast<llvm::SCEVConstant>(evolution_.getMinusSCEV(access.start, group.members[0].access->start));
    if (!distance) continue;
    const int64_t signed_distance = distance->getAPInt().getSExtValue();
    if (signed_distance < group.lowest) {
      group.lowest = signed_distance;
      group.start = access.start;
    }
    group.members.push_back({&access, signed_distance});
    group.is_stored |= is_store;
    return;
  }
  Group group;
  group.start = access.start;
  group.step = access.step;
  group.base = access.base;
  group.is_stored = is_store;
  group.members.push_back({&access, 0});
  groups_.push_back(std::move(group));
}

/// fits_: that no access of any iteration leaves memory; then no address has wrapped either, for the memory ends where addresses do. Each
/// sum here is exact: starts, steps and iterations have 32 bits.
bool Versioning::emit_checks(llvm::Instruction* before) {
  llvm::Function& function = *before->getFunction();
  Expander expander(evolution_, function);
  if (!expander.isSafeToExpandAt(iterations_, before) || (distance_ && !expander.isSafeToExpandAt(distance_, before))) return false;
  for (const Group& group : groups_) {
    if (!expander.isSafeToExpandAt(group.start, before) || !expander.isSafeToExpandAt(group.step, before)) return false;
  }
  llvm::IRBuilder<> b(before);
  llvm::Type* const i64 = b.getInt64Ty();
  iterations_value_ = b.CreateZExtOrTrunc(expander.expandCodeFor(iterations_, nullptr, before), i64);
  if (const auto* const known = llvm::dyn_cast<llvm::ConstantInt>(iterations_value_)) {
    if (known->getValue().ult(kLeastIterations)) return false;
  } else {
    worth_ = llvm::cast<llvm::Instruction>(b.CreateICmpUGE(iterations_value_, b.getInt64(kLeastIterations)));
  }
  llvm::Value* const size = b.CreateLoad(
      i64, b.CreateGEP(b.getInt8Ty(), function.getArg(0), b.getInt64(offsetof(abi::InstanceHeader, memory0_size_bytes))), "memory.size");
  const auto require = [&](llvm::Value* condition) { fits_ = fits_ ? b.CreateAnd(fits_, condition) : condition; };
  if (distance_) {
    llvm::Value* const rest = expander.expandCodeFor(evolution_.getURemExpr(distance_, stride_), nullptr, before);
    require(b.CreateIsNull(rest));
  }
  for (Group& group : groups_) {
    uint64_t extent = 0;  // from the address of the lowest access to the end of the furthest
    for (const Group::Member& member : group.members) {
      extent = std::max(extent, static_cast<uint64_t>(member.distance - group.lowest) + member.access->offset + member.access->bytes);
    }
    llvm::Value* const start = b.CreateZExt(expander.expandCodeFor(group.start, nullptr, before), i64);
    group.step_value = b.CreateSExt(expander.expandCodeFor(group.step, nullptr, before), i64);
    llvm::Value* const last = b.CreateAdd(start, b.CreateMul(iterations_value_, group.step_value));
    const auto* const known = llvm::dyn_cast<llvm::ConstantInt>(group.step_value);
    const bool may_rise = !known || !known->isNegative();
    const bool may_fall = !known || known->isNegative();
    group.low = !may_fall ? start : !may_rise ? last : b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, start, last);
    group.high = b.CreateAdd(!may_rise ? start : !may_fall ? last : b.CreateBinaryIntrinsic(llvm::Intrinsic::smax, start, last),
                             b.getInt64(extent));
    if (may_fall) require(b.CreateICmpSGE(group.low, b.getInt64(0)));
    require(b.CreateICmpSLE(group.high, size));
    group.pointer = b.CreateGEP(b.getInt8Ty(), group.base, start);
  }
  emit_disjoint(b);
  return true;
}

/// disjoint_: that nothing is stored where another group accesses.
void Versioning::emit_disjoint(llvm::IRBuilder<>& b) {
  if (!is_clean_) return;
  size_t pairs = 0;
  for (size_t i = 0; i < groups_.size(); ++i) {
    for (size_t k = 0; k < i; ++k) pairs += groups_[i].is_stored || groups_[k].is_stored;
  }
  may_overlap_ = pairs > kMostPairs;
  if (may_overlap_) return;
  for (size_t i = 0; i < groups_.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (!groups_[i].is_stored && !groups_[k].is_stored) continue;
      llvm::Value* const apart =
          b.CreateOr(b.CreateICmpSLE(groups_[i].high, groups_[k].low), b.CreateICmpSLE(groups_[k].high, groups_[i].low));
      disjoint_ = disjoint_ ? b.CreateAnd(disjoint_, apart) : apart;
    }
  }
}

/// A copy of the loop as it is runs where the condition does not hold.
llvm::Loop* Versioning::split_off_where_not(llvm::Value* condition, const char* suffix) {
  llvm::BasicBlock* const check = loop_.getLoopPreheader();
  llvm::BasicBlock* const preheader = llvm::SplitBlock(check, check->getTerminator(), &dominators_, &loops_);
  llvm::SmallVector<llvm::BasicBlock*> exits;
  loop_.getUniqueExitBlocks(exits);
  std::vector<llvm::BasicBlock*> dominated;  // outside, by blocks of the loop
  for (llvm::BasicBlock* const block : loop_.blocks()) {
    for (llvm::DomTreeNode* const child : dominators_.getNode(block)->children()) {
      if (!loop_.contains(child->getBlock())) dominated.push_back(child->getBlock());
    }
  }
  llvm::ValueToValueMapTy map;
  llvm::SmallVector<llvm::BasicBlock*, 8> blocks;
  llvm::Loop* const copy = llvm::cloneLoopWithPreheader(preheader, check, &loop_, map, suffix, &loops_, &dominators_, blocks);
  llvm::remapInstructionsInBlocks(blocks, map);
  for (llvm::BasicBlock* const exit : exits) {
    for (llvm::PHINode& phi : exit->phis()) {
      for (unsigned i = 0, count = phi.getNumIncomingValues(); i < count; ++i) {
        if (!loop_.contains(phi.getIncomingBlock(i))) continue;
        llvm::Value* const value = phi.getIncomingValue(i);
        const auto copied = map.find(value);
        phi.addIncoming(copied == map.end() ? value : static_cast<llvm::Value*>(copied->second),
                        llvm::cast<llvm::BasicBlock>(map[phi.getIncomingBlock(i)]));
      }
    }
  }
  llvm::Instruction* const jump = check->getTerminator();
  llvm::IRBuilder<> b(jump);
  b.CreateCondBr(condition, preheader, copy->getLoopPreheader());
  jump->eraseFromParent();
  for (llvm::BasicBlock* const block : dominated) dominators_.changeImmediateDominator(block, check);
  llvm::formDedicatedExitBlocks(&loop_, &dominators_, &loops_, nullptr, true);
  llvm::formDedicatedExitBlocks(copy, &dominators_, &loops_, nullptr, true);
  return copy;
}

/// Where the loop is not worth the checks, it begins at once as it was.
void Versioning::skip_checks(llvm::BasicBlock* before, llvm::BasicBlock* slow) {
  llvm::BasicBlock* const checks = llvm::SplitBlock(before, worth_->getNextNode(), &dominators_, &loops_);
  llvm::Instruction* const jump = before->getTerminator();
  llvm::IRBuilder<>(jump).CreateCondBr(worth_, checks, slow);
  jump->eraseFromParent();
  dominators_.insertEdge(before, slow);
}

void Versioning::use_pointers() {
  llvm::BasicBlock* const header = loop_.getHeader();
  llvm::IRBuilder<> b(header, header->begin());
  llvm::Type* const i64 = b.getInt64Ty();
  iteration_ = b.CreatePHI(i64, 2, "iteration");
  iteration_->addIncoming(b.getInt64(0), loop_.getLoopPreheader());
  b.SetInsertPoint(loop_.getLoopLatch()->getTerminator());
  iteration_->addIncoming(b.CreateNUWAdd(iteration_, b.getInt64(1)), loop_.getLoopLatch());
  if (counts_at_latch_) {
    auto* const jump = llvm::cast<llvm::BranchInst>(loop_.getLoopLatch()->getTerminator());
    llvm::Value* const total = llvm::IRBuilder<>(loop_.getLoopPreheader()->getTerminator()).CreateNUWAdd(iterations_value_, b.getInt64(1));
    llvm::Value* const next = iteration_->getIncomingValueForBlock(loop_.getLoopLatch());
    const auto predicate = jump->getSuccessor(0) == header ? llvm::ICmpInst::ICMP_NE : llvm::ICmpInst::ICMP_EQ;
    jump->setCondition(b.CreateICmp(predicate, next, total));
  }
  for (Group& group : groups_) {
    b.SetInsertPoint(header, header->getFirstInsertionPt());
    llvm::Value* pointer = group.pointer;
    if (!group.step->isZero()) {
      group.walked = llvm::BinaryOperator::CreateNSWMul(iteration_, group.step_value, "", header->getFirstInsertionPt());
      b.SetInsertPoint(group.walked->getNextNode());
      pointer = b.CreateInBoundsGEP(b.getInt8Ty(), pointer, group.walked);
    }
    for (const Group::Member& member : group.members) {
      llvm::Instruction& access = *member.access->instruction;
      const uint64_t distance = static_cast<uint64_t>(member.distance - group.lowest) + member.access->offset;
      b.SetInsertPoint(&access);
      llvm::Value* const place = distance == 0 ? pointer : b.CreateInBoundsGEP(b.getInt8Ty(), pointer, b.getInt64(distance));
      if (auto* const load = llvm::dyn_cast<llvm::LoadInst>(&access)) {
        load->setOperand(load->getPointerOperandIndex(), place);
        load->setVolatile(false);
      } else {
        auto* const store = llvm::cast<llvm::StoreInst>(&access);
        store->setOperand(store->getPointerOperandIndex(), place);
        if (is_clean_) store->setVolatile(false);
      }
    }
  }
  llvm::DeleteDeadPHIs(header);  // of addresses
}

void Versioning::mark_disjoint() {
  llvm::LLVMContext& context = loop_.getHeader()->getContext();
  llvm::MDBuilder metadata(context);
  llvm::MDNode* const domain = metadata.createAnonymousAliasScopeDomain();
  std::vector<llvm::Metadata*> scopes;
  for (size_t i = 0; i < groups_.size(); ++i) scopes.push_back(metadata.createAnonymousAliasScope(domain));
  for (size_t i = 0; i < groups_.size(); ++i) {
    llvm::SmallVector<llvm::Metadata*> others;
    for (size_t k = 0; k < groups_.size(); ++k) {
      if (k != i && (groups_[i].is_stored || groups_[k].is_stored)) others.push_back(scopes[k]);
    }
    for (const Group::Member& member : groups_[i].members) {
      member.access->instruction->setMetadata(llvm::LLVMContext::MD_alias_scope, llvm::MDNode::get(context, scopes[i]));
      member.access->instruction->setMetadata(llvm::LLVMContext::MD_noalias, llvm::MDNode::get(context, others));
    }
  }
}

}  // namespace

bool is_memory0_base(const llvm::Value* value) {
  const auto* const load = llvm::dyn_cast<llvm::LoadInst>(value);
  if (!load || !load->hasMetadata(llvm::LLVMContext::MD_invariant_load)) return false;
  const auto* const place = llvm::dyn_cast<llvm::GetElementPtrInst>(load->getPointerOperand());
  if (!place || place->getNumIndices() != 1 || !place->getSourceElementType()->isIntegerTy(8)) return false;
  const auto* const offset = llvm::dyn_cast<llvm::ConstantInt>(place->getOperand(1));
  return offset && offset->getZExtValue() == offsetof(abi::InstanceHeader, memory0_base) &&
         place->getPointerOperand() == load->getFunction()->getArg(0);
}

bool version_loop(llvm::Loop& loop, llvm::ScalarEvolution& evolution, llvm::LoopInfo& loops, llvm::DominatorTree& dominators) {
  return Versioning(loop, evolution, loops, dominators).run();
}

}  // namespace wasmrun::llvm_compiler
