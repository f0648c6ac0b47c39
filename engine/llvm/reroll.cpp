// Matches the values of each repetition with those of the first.
#include "engine/llvm/reroll.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Transforms/Utils/Local.h>
#include <llvm/Transforms/Utils/LoopUtils.h>

#include <algorithm>

namespace wasmrun::llvm_compiler {

namespace {

/// Compilers unroll at most so often.
constexpr unsigned kMostRepetitions = 16;

/// Of an integer that grows by a constant with each iteration.
struct Counted {
  llvm::PHINode* phi;
  int64_t step;
};

/// A value carried from repetition to repetition, each of which adds as many instructions to it.
struct Chain {
  llvm::PHINode* phi;
  std::vector<llvm::Instruction*> path;  ///< from the phi (not part of it) to the value carried to the next iteration
};

class Rerolling {
 public:
  Rerolling(llvm::Loop& loop, llvm::ScalarEvolution& evolution, const std::vector<Group>& groups, const Counter& counter)
      : loop_(loop), block_(*loop.getHeader()), evolution_(evolution), groups_(groups), counter_(counter) {}

  bool run() {
    if (loop_.getNumBlocks() != 1 || !loop_.getExitingBlock()) return false;
    for (const Group& group : groups_) {
      if (!llvm::isa<llvm::ConstantInt>(group.step_value)) return false;
      for (const Group::Member& member : group.members) places_[member.access->instruction] = {&group, &member};
    }
    if (!classify_phis()) return false;
    for (times_ = kMostRepetitions; times_ > 1; --times_) {
      if (matches()) {
        apply();
        return true;
      }
    }
    return false;
  }

 private:
  struct Place {
    const Group* group = nullptr;
    const Group::Member* member = nullptr;
  };

  static int64_t step_of(const Group& group) { return llvm::cast<llvm::ConstantInt>(group.step_value)->getSExtValue(); }
  bool is_here(const llvm::Value* value) const {
    const auto* const instruction = llvm::dyn_cast<llvm::Instruction>(value);
    return instruction && instruction->getParent() == &block_;
  }
  llvm::Instruction* link(const Chain& chain, unsigned repetition) const {
    return chain.path[(repetition + 1) * (chain.path.size() / times_) - 1];
  }

  bool classify_phis();
  bool find_path(Chain& chain);
  bool matches();
  bool pair_stores();
  bool is_order_kept();
  bool are_results_known();
  bool match(llvm::Value* first, llvm::Value* other, unsigned repetition);
  bool match_new(llvm::Value* first, llvm::Value* other, unsigned repetition);
  /// What does not match one way may match another: nothing of the attempt is kept.
  void forget_matches(size_t begin) {
    for (; match_log_.size() > begin; match_log_.pop_back()) matched_.erase(match_log_.back());
  }
  bool match_operands(llvm::Instruction& first, llvm::Instruction& other, unsigned repetition);
  void apply();

  llvm::Loop& loop_;
  llvm::BasicBlock& block_;
  llvm::ScalarEvolution& evolution_;
  const std::vector<Group>& groups_;
  const Counter counter_;
  unsigned times_ = 0;
  llvm::DenseMap<const llvm::Value*, Place> places_;
  std::vector<Counted> counted_;
  std::vector<Chain> chains_;
  llvm::DenseMap<std::pair<llvm::Value*, unsigned>, llvm::Value*> matched_;     ///< first and repetition to what stands for it there
  std::vector<std::pair<llvm::Value*, unsigned>> match_log_;
  llvm::DenseMap<llvm::Instruction*, std::pair<llvm::Instruction*, unsigned>> origins_;  ///< of accesses: the first's, and the repetition
};

/// All instructions from the latch's value back to the phi, when there is only one way.
bool Rerolling::find_path(Chain& chain) {
  llvm::DenseMap<llvm::Value*, bool> reaches;
  reaches[chain.phi] = true;
  for (llvm::Instruction& instruction : block_) {
    if (llvm::isa<llvm::PHINode>(instruction)) continue;
    bool found = false;
    for (llvm::Value* const operand : instruction.operands()) found |= reaches.lookup(operand);
    reaches[&instruction] = found;
  }
  llvm::Value* at = chain.phi->getIncomingValueForBlock(&block_);
  while (at != chain.phi) {
    if (!is_here(at) || !reaches.lookup(at)) return false;
    auto* const instruction = llvm::cast<llvm::Instruction>(at);
    chain.path.push_back(instruction);
    llvm::Value* next = nullptr;
    for (llvm::Value* const operand : instruction->operands()) {
      if (!reaches.lookup(operand)) continue;
      if (next) return false;
      next = operand;
    }
    at = next;
  }
  std::ranges::reverse(chain.path);
  return !chain.path.empty();
}

bool Rerolling::classify_phis() {
  for (llvm::PHINode& phi : block_.phis()) {
    if (&phi == counter_.iteration) continue;
    if (phi.getType()->isIntegerTy()) {
      const auto* const walk = llvm::dyn_cast<llvm::SCEVAddRecExpr>(evolution_.getSCEV(&phi));
      const auto* const step = walk && walk->isAffine() ? llvm::dyn_cast<llvm::SCEVConstant>(walk->getStepRecurrence(evolution_)) : nullptr;
      if (step && step->getAPInt().getSignificantBits() <= 64) {
        counted_.push_back({&phi, step->getAPInt().getSExtValue()});
        continue;
      }
    }
    Chain chain{&phi, {}};
    if (!find_path(chain)) return false;
    chains_.push_back(std::move(chain));
  }
  return true;
}

bool Rerolling::matches() {
  matched_.clear();
  match_log_.clear();
  origins_.clear();
  const auto times = static_cast<int64_t>(times_);
  if (std::ranges::any_of(groups_, [&](const Group& group) { return step_of(group) % times != 0; })) return false;
  if (std::ranges::any_of(counted_, [&](const Counted& counted) { return counted.step % times != 0; })) return false;
  if (std::ranges::any_of(chains_, [&](const Chain& chain) { return chain.path.size() % times_ != 0; })) return false;
  if (!pair_stores()) return false;
  for (const Chain& chain : chains_) {
    for (unsigned i = 1; i < times_; ++i) {
      if (!match(link(chain, 0), link(chain, i), i)) return false;
    }
  }
  return is_order_kept() && are_results_known();
}

/// Each store of the first repetition with its like in the others, and the values they store.
bool Rerolling::pair_stores() {
  bool any = !chains_.empty();
  for (const Group& group : groups_) {
    const int64_t step = step_of(group) / static_cast<int64_t>(times_);
    std::vector<const Group::Member*> stores;
    for (const Group::Member& member : group.members) {
      if (llvm::isa<llvm::StoreInst>(member.access->instruction)) stores.push_back(&member);
    }
    if (stores.empty()) continue;
    if (step == 0) return false;
    // The first repetition's come first, whichever way the loop walks.
    std::ranges::stable_sort(stores, [&](const auto* a, const auto* b) { return step > 0 ? a->place() < b->place() : a->place() > b->place(); });
    for (const Group::Member* const first : stores) {
      auto* const store = llvm::cast<llvm::StoreInst>(first->access->instruction);
      if (origins_.contains(store)) continue;
      origins_[store] = {store, 0};
      for (unsigned i = 1; i < times_; ++i) {
        const auto other = std::ranges::find_if(stores, [&](const Group::Member* candidate) {
          return candidate->place() == first->place() + static_cast<int64_t>(i) * step && !origins_.contains(candidate->access->instruction) &&
                 llvm::getLoadStoreType(candidate->access->instruction) == llvm::getLoadStoreType(store);
        });
        if (other == stores.end()) return false;
        auto* const like = llvm::cast<llvm::StoreInst>((*other)->access->instruction);
        origins_[like] = {store, i};
        if (!match(store->getValueOperand(), like->getValueOperand(), i)) return false;
      }
      any = true;
    }
  }
  return any;
}

bool Rerolling::match(llvm::Value* first, llvm::Value* other, unsigned repetition) {
  const auto [known, is_new] = matched_.try_emplace({first, repetition}, other);
  if (!is_new) return known->second == other;
  const size_t begin = match_log_.size();
  match_log_.push_back({first, repetition});
  if (match_new(first, other, repetition)) return true;
  forget_matches(begin);
  return false;
}

bool Rerolling::match_new(llvm::Value* first, llvm::Value* other, unsigned repetition) {
  if (!is_here(first)) return first == other;
  for (const Chain& chain : chains_) {
    if (first == chain.phi) return other == link(chain, repetition - 1);
  }
  if (!is_here(other)) return false;
  auto& from = *llvm::cast<llvm::Instruction>(first);
  auto& to = *llvm::cast<llvm::Instruction>(other);
  if (from.getType() != to.getType()) return false;
  if (llvm::isa<llvm::LoadInst>(from) || llvm::isa<llvm::LoadInst>(to)) {
    const Place a = places_.lookup(&from), b = places_.lookup(&to);
    if (!a.group || a.group != b.group || !from.isSameOperationAs(&to)) return false;
    const int64_t step = step_of(*a.group) / static_cast<int64_t>(times_);
    if (b.member->place() != a.member->place() + static_cast<int64_t>(repetition) * step) return false;
    // A load may be of several repetitions: of each it keeps the order towards the stores (is_order_kept).
    return true;
  }
  if (from.getType()->isIntegerTy() && evolution_.isSCEVable(from.getType())) {
    const auto* const a = llvm::dyn_cast<llvm::SCEVAddRecExpr>(evolution_.getSCEV(&from));
    if (a && a->isAffine() && a->getLoop() == &loop_) {
      const auto* const step = llvm::dyn_cast<llvm::SCEVConstant>(a->getStepRecurrence(evolution_));
      const auto* const distance = llvm::dyn_cast<llvm::SCEVConstant>(evolution_.getMinusSCEV(evolution_.getSCEV(&to), a));
      if (step && distance) {
        const llvm::APInt times(step->getAPInt().getBitWidth() + 8, times_);
        const llvm::APInt whole = step->getAPInt().sext(times.getBitWidth());
        if (whole.srem(times) != 0) return false;
        const llvm::APInt part = (whole.sdiv(times) * repetition).trunc(step->getAPInt().getBitWidth());
        return part == distance->getAPInt();
      }
    }
  }
  if (llvm::isa<llvm::PHINode>(from) || from.mayReadOrWriteMemory() || from.isTerminator() || !from.isSameOperationAs(&to)) return false;
  return match_operands(from, to, repetition);
}

bool Rerolling::match_operands(llvm::Instruction& first, llvm::Instruction& other, unsigned repetition) {
  const auto all = [&] {
    for (unsigned i = 0; i < first.getNumOperands(); ++i) {
      if (!match(first.getOperand(i), other.getOperand(i), repetition)) return false;
    }
    return true;
  };
  const size_t begin = match_log_.size();
  if (all()) return true;
  forget_matches(begin);
  return first.isCommutative() && first.getNumOperands() >= 2 && match(first.getOperand(0), other.getOperand(1), repetition) &&
         match(first.getOperand(1), other.getOperand(0), repetition);
}

/// In the rolled loop each repetition comes after the one before, in the order of the first. Where an access meets a store within one
/// iteration of the unrolled loop, theirs must be that order already.
bool Rerolling::is_order_kept() {
  struct Event {
    llvm::Instruction* first;  ///< the access of the first repetition that this one is like
    unsigned repetition;
    llvm::Instruction* original;
  };
  for (const Group& group : groups_) {
    if (!group.is_stored) continue;
    const int64_t step = step_of(group) / static_cast<int64_t>(times_);
    std::vector<Event> events;
    for (const Group::Member& member : group.members) {
      llvm::Instruction* const access = member.access->instruction;
      if (const auto store = origins_.find(access); store != origins_.end()) {
        events.push_back({store->second.first, store->second.second, access});
        continue;
      }
      // Loads of the first repetition, and their likes.
      for (unsigned i = 0; i < times_; ++i) {
        if (i == 0 && !matched_.contains({access, 1u})) break;
        llvm::Value* const like = i == 0 ? access : matched_.lookup({access, i});
        if (!like) return false;
        events.push_back({access, i, llvm::cast<llvm::Instruction>(like)});
      }
    }
    const auto place = [&](const Event& event) {
      return places_.lookup(event.first).member->place() + static_cast<int64_t>(event.repetition) * step;
    };
    for (const Event& a : events) {
      if (!llvm::isa<llvm::StoreInst>(a.original)) continue;
      for (const Event& b : events) {
        if (a.original == b.original) continue;
        const auto bytes = [&](const Event& event) { return static_cast<int64_t>(places_.lookup(event.first).member->access->bytes); };
        if (place(a) + bytes(a) <= place(b) || place(b) + bytes(b) <= place(a)) continue;
        const bool rolled = a.repetition != b.repetition ? a.repetition < b.repetition : a.first->comesBefore(b.first);
        if (rolled != a.original->comesBefore(b.original)) return false;
      }
    }
  }
  return true;
}

/// Outside, only what chains carry and what counters come to is used.
bool Rerolling::are_results_known() {
  for (llvm::Instruction& instruction : block_) {
    const bool is_used = std::ranges::any_of(instruction.users(), [&](llvm::User* user) { return !is_here(user); });
    if (!is_used) continue;
    const auto is_left_by = [&](llvm::PHINode* phi) { return phi->getIncomingValueForBlock(&block_) == &instruction; };
    if (std::ranges::none_of(chains_, [&](const Chain& chain) { return is_left_by(chain.phi); }) &&
        std::ranges::none_of(counted_, [&](const Counted& counted) { return is_left_by(counted.phi); })) {
      return false;
    }
  }
  return true;
}

void Rerolling::apply() {
  const auto leave = [&](llvm::PHINode* phi, llvm::Value* left) {
    llvm::Value* const before = phi->getIncomingValueForBlock(&block_);
    phi->setIncomingValueForBlock(&block_, left);
    before->replaceUsesWithIf(left, [&](llvm::Use& use) { return !is_here(use.getUser()); });
  };
  for (const Chain& chain : chains_) leave(chain.phi, link(chain, 0));
  llvm::IRBuilder<> b(block_.getTerminator());
  for (const Counted& counted : counted_) {
    llvm::Constant* const step = llvm::ConstantInt::getSigned(counted.phi->getType(), counted.step / static_cast<int64_t>(times_));
    leave(counted.phi, b.CreateAdd(counted.phi, step));
  }
  for (const Group& group : groups_) {
    if (group.walked) group.walked->setOperand(1, b.getInt64(static_cast<uint64_t>(step_of(group) / static_cast<int64_t>(times_))));
  }
  for (const auto& [store, origin] : origins_) {
    if (origin.second != 0) store->eraseFromParent();
  }
  b.SetInsertPoint(loop_.getLoopPreheader()->getTerminator());
  llvm::Value* const total = b.CreateNUWMul(b.CreateNUWAdd(counter_.backedges, b.getInt64(1)), b.getInt64(times_));
  auto* const jump = llvm::cast<llvm::BranchInst>(block_.getTerminator());
  b.SetInsertPoint(jump);
  llvm::Value* const next = counter_.iteration->getIncomingValueForBlock(&block_);
  const auto predicate = jump->getSuccessor(0) == &block_ ? llvm::ICmpInst::ICMP_NE : llvm::ICmpInst::ICMP_EQ;
  jump->setCondition(b.CreateICmp(predicate, next, total));
  evolution_.forgetTopmostLoop(&loop_);
  for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::reverse(block_))) {
    if (llvm::isInstructionTriviallyDead(&instruction)) instruction.eraseFromParent();
  }
  llvm::addStringMetadataToLoop(&loop_, kUnrollCount, times_);
}

}  // namespace

bool reroll(llvm::Loop& loop, llvm::ScalarEvolution& evolution, const std::vector<Group>& groups, const Counter& counter) {
  return Rerolling(loop, evolution, groups, counter).run();
}

}  // namespace wasmrun::llvm_compiler
