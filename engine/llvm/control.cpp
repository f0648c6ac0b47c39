// Blocks, branches, locals: where paths meet, a phi is made for each local that changed since the block began, and for each operand.
#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

using module::ValueType;

llvm::PHINode* Translator::phi_at_begin(llvm::BasicBlock* block, llvm::Type* type) {
  return block->empty() ? llvm::PHINode::Create(type, 2, "", block) : llvm::PHINode::Create(type, 2, "", block->begin());
}

void Translator::set_local(uint32_t local, Value* value) {
  if (locals_[local] == value) return;
  // One entry for each local of a block: what it was at its begin.
  size_t& place = log_place_[local];
  if (place < frames_.back().log_begin || place >= log_.size() || log_[place].local != local) {
    place = log_.size();
    log_.push_back({local, locals_[local]});
  }
  locals_[local] = value;
}

void Translator::roll_back(size_t log_begin) {
  while (log_.size() > log_begin) {
    locals_[log_.back().local] = log_.back().before;
    log_.pop_back();
  }
}

void Translator::push_frame(Frame::Kind kind, const imm::BlockType& type) {
  Frame frame;
  frame.kind = kind;
  if (type.kind == imm::BlockType::Kind::Type) {
    frame.params = c_.wasm.types[type.type.value].func.params;
    frame.results = c_.wasm.types[type.type.value].func.results;
  } else if (type.kind == imm::BlockType::Kind::Result) {
    frame.results = {type.result};
  }
  frame.height = stack_.size() - frame.params.size();
  frame.target = new_block();
  frame.log_begin = log_.size();
  frame.handlers = frames_.back().handlers;
  frames_.push_back(std::move(frame));
}

void Translator::add_operands(Label& label, std::span<Value* const> values) {
  if (label.operands.size() < values.size()) {
    for (Value* const value : values) label.operands.push_back(phi_at_begin(label.target, value->getType()));
  }
  for (size_t i = 0; i < values.size(); ++i) label.operands[i]->addIncoming(values[i], b_.GetInsertBlock());
}

void Translator::add_locals(Label& label, bool is_open) {
  llvm::BasicBlock* const from = b_.GetInsertBlock();
  const size_t earlier = label.predecessors.size();
  label.predecessors.push_back(from);
  if (is_open) {
    // A local that changes on a path for the first time had its old value on all paths before.
    for (size_t i = label.log_begin; i < log_.size(); ++i) {
      const auto [local, before] = log_[i];
      llvm::PHINode*& phi = label.locals[local];
      if (phi) continue;
      if (!spend(earlier)) return;
      phi = phi_at_begin(label.target, locals_[local]->getType());
      for (size_t edge = 0; edge < earlier; ++edge) phi->addIncoming(before, label.predecessors[edge]);
    }
  }
  if (!spend(label.locals.size())) return;
  for (auto& [local, phi] : label.locals) phi->addIncoming(locals_[local], from);
}

void Translator::add_edge(Frame& frame) {
  add_operands(frame, std::span(stack_).last(frame.label_types().size()));
  // Nothing reads a local after the return.
  add_locals(frame, frame.kind != Frame::Kind::Loop && frame.kind != Frame::Kind::Function);
}

void Translator::become_unreachable() { reachable_ = false; }

void Translator::nop() {}

void Translator::unreachable() {
  trap(abi::TrapCode::unreachable, nullptr);
  become_unreachable();
}

void Translator::block(const imm::BlockType& type) { push_frame(Frame::Kind::Block, type); }

void Translator::loop(const imm::BlockType& type) {
  push_frame(Frame::Kind::Loop, type);
  Frame& frame = frames_.back();
  const uint64_t written = summary_->loops[next_loop_++].locals_written;
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    if (written & module::local_bit(i)) frame.locals[i] = phi_at_begin(frame.target, locals_[i]->getType());
  }
  add_edge(frame);
  b_.CreateBr(frame.target);
  go_to(frame.target);
  // Changes are counted from inside: the header's phis are the values at the begin.
  stack_.resize(frame.height);
  for (llvm::PHINode* const phi : frame.operands) push(phi);
  for (const auto& [local, phi] : frame.locals) set_local(local, phi);
}

void Translator::if_(const imm::BlockType& type) {
  Value* const condition = pop_condition();
  push_frame(Frame::Kind::If, type);
  Frame& frame = frames_.back();
  frame.entry_operands.assign(stack_.begin() + static_cast<ptrdiff_t>(frame.height), stack_.end());
  llvm::BasicBlock* const then_block = new_block();
  frame.else_block = new_block();
  b_.CreateCondBr(condition, then_block, frame.else_block);
  go_to(then_block);
}

void Translator::else_() {
  Frame& frame = frames_.back();
  if (reachable_) {
    add_edge(frame);
    b_.CreateBr(frame.target);
  }
  roll_back(frame.log_begin);
  stack_.resize(frame.height);
  for (Value* const operand : frame.entry_operands) push(operand);
  frame.kind = Frame::Kind::Else;
  go_to(frame.else_block);
  reachable_ = true;
}

void Translator::enter_label(Frame& frame) {
  roll_back(frame.log_begin);
  stack_.resize(frame.height);
  if (frame.predecessors.empty()) {
    frame.target->eraseFromParent();
    become_unreachable();
    return;
  }
  reachable_ = true;
  go_to(frame.target);
  for (llvm::PHINode* const phi : frame.operands) push(phi);
  for (const auto& [local, phi] : frame.locals) set_local(local, phi);
}

void Translator::end() {
  Frame& frame = frames_.back();
  if (frame.kind == Frame::Kind::Loop) {
    // The label is at the begin; the end is only reached by falling through.
    const bool reachable = reachable_;
    frames_.pop_back();
    reachable_ = reachable;
    return;
  }
  if (frame.kind == Frame::Kind::If) {
    if (reachable_) {
      add_edge(frame);
      b_.CreateBr(frame.target);
    }
    roll_back(frame.log_begin);
    stack_.resize(frame.height);
    for (Value* const operand : frame.entry_operands) push(operand);
    go_to(frame.else_block);
    reachable_ = true;
  }
  if (reachable_) {
    add_edge(frame);
    b_.CreateBr(frame.target);
  }
  const bool is_function = frame.kind == Frame::Kind::Function;
  if (frame.own_try && frame.kind != Frame::Kind::Catch) make_clauses(frame);
  Frame closed = std::move(frame);
  frames_.pop_back();
  enter_label(closed);
  if (is_function && reachable_) emit_return();
}

void Translator::br(const imm::LabelIndex& given) {
  Frame& frame = label(given.index);
  add_edge(frame);
  b_.CreateBr(frame.target);
  become_unreachable();
}

void Translator::br_if(const imm::LabelIndex& given) { branch_if(pop_condition(), given.index); }

void Translator::branch_if(Value* condition, LabelIndex index) {
  Frame& frame = label(index);
  add_edge(frame);
  llvm::BasicBlock* const next = new_block();
  b_.CreateCondBr(condition, frame.target, next);
  go_to(next);
}

void Translator::br_table(const imm::LabelTable& table) {
  Value* const index = pop();
  std::vector<Frame*> targets;
  table.for_each([&](LabelIndex index_of_label) { targets.push_back(&label(index_of_label)); });
  llvm::SwitchInst* const jump = b_.CreateSwitch(index, targets.back()->target, static_cast<unsigned>(targets.size() - 1));
  for (size_t i = 0; i + 1 < targets.size(); ++i) jump->addCase(llvm::cast<llvm::ConstantInt>(constant32(static_cast<uint32_t>(i))), targets[i]->target);
  // A phi has one entry for each edge, those from one block to the same label too.
  for (Frame* const frame : targets) add_edge(*frame);
  become_unreachable();
}

void Translator::return_() {
  Frame& frame = frames_.front();
  add_edge(frame);
  b_.CreateBr(frame.target);
  become_unreachable();
}

void Translator::emit_return() {
  std::vector<abi::ValuePlace> places;
  abi::assign_results(type_->results, places);
  store_spilled(places, 0);
  if (is_wide_) {
    Value* result = llvm::PoisonValue::get(c_.wide_result);
    for (size_t i = 0; i < places.size(); ++i) {
      if (places[i].kind == abi::ValuePlace::Kind::Spill) continue;
      const uint32_t first = places[i].kind == abi::ValuePlace::Kind::IntegerRegister ? 0 : abi::kIntegerResults;
      result = b_.CreateInsertValue(result, to_register(stack_[i]), first + places[i].index);
    }
    b_.CreateRet(result);
    return;
  }
  std::vector<Value*> results;
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].kind != abi::ValuePlace::Kind::Spill) results.push_back(stack_[i]);
  }
  if (results.empty()) {
    b_.CreateRetVoid();
  } else if (results.size() == 1) {
    b_.CreateRet(results[0]);
  } else {
    Value* all = llvm::PoisonValue::get(function_->getReturnType());
    for (unsigned i = 0; i < results.size(); ++i) all = b_.CreateInsertValue(all, results[i], i);
    b_.CreateRet(all);
  }
}

// ---- Locals and operands.

void Translator::local_get(const imm::LocalIndex& given) { push(locals_[given.index.value]); }
void Translator::local_set(const imm::LocalIndex& given) { set_local(given.index.value, pop()); }
void Translator::local_tee(const imm::LocalIndex& given) { set_local(given.index.value, stack_.back()); }
void Translator::drop() { pop(); }

void Translator::select() {
  Value* const condition = pop_condition();
  Value* const second = pop();
  Value* const first = pop();
  push(b_.CreateSelect(condition, first, second));
}
void Translator::select_t(const imm::SelectTypes&) { select(); }

}  // namespace wasmrun::llvm_compiler
