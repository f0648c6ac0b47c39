// Blocks, branches and the edges between them.
//
// A forward label's state is what all branches to it have in common: each new edge weakens it by intersection, which costs
// the earlier edges nothing. Only a pin that would be left without any valid copy needs a load or store, on the new edge. A
// loop's header is fixed when it is entered, because its body follows; back edges do what is missing.
#include <algorithm>
#include <bit>

#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

using module::ValueType;

// ---- Edges.

FunctionCompiler::EdgeCode FunctionCompiler::join(ControlFrame& frame) {
  EdgeCode code;
  if (frame.kind == ControlFrame::Kind::Loop) {
    code.loads = frame.state.in_register & ~state_.in_register;
    code.stores = frame.state.in_memory & ~state_.in_memory;
    return code;
  }
  if (!frame.end_is_reached) {
    frame.end_is_reached = true;
    frame.state = state_;
    return code;
  }
  const uint32_t in_register = frame.state.in_register & state_.in_register;
  const uint32_t in_memory = frame.state.in_memory & state_.in_memory;
  const uint32_t lost = local_pins_ & ~(in_register | in_memory);
  code.loads = lost & frame.state.in_register;
  code.stores = lost & ~code.loads;
  frame.state.in_register = in_register | code.loads;
  frame.state.in_memory = in_memory | code.stores;
  return code;
}

void FunctionCompiler::emit(const EdgeCode& code) {
  for (uint32_t rest = code.stores; rest; rest &= rest - 1) store_pin_to_home(static_cast<unsigned>(std::countr_zero(rest)));
  // The instance comes before the memory's base, which is read through it.
  for (uint32_t rest = code.loads; rest; rest &= rest - 1) load_pin_from_home(static_cast<unsigned>(std::countr_zero(rest)));
}

bool FunctionCompiler::results_move_slots(const ControlFrame& frame) const {
  const size_t count = frame.label_types().size();
  const bool in_slots = frame.kind == ControlFrame::Kind::Loop ? count > 0 : count > 1;
  return in_slots && height() - count != frame.height;
}

void FunctionCompiler::store_slot_results(const ControlFrame& frame) {
  // Upwards: a slot is written only after the operand that lies there was read.
  const uint32_t count = static_cast<uint32_t>(frame.label_types().size());
  for (uint32_t i = 0; i < count; ++i) {
    asm_.reserve();
    const Value& value = stack_[height() - count + i];
    if (value.where == Value::Where::Slot && value.index == frame.height + i) continue;
    store_value(slot(frame.height + i), value);
  }
}

void FunctionCompiler::place_results(const ControlFrame& frame) {
  const size_t count = frame.label_types().size();
  if (count == 0) return;
  if (count > 1 || frame.kind == ControlFrame::Kind::Loop) return store_slot_results(frame);
  const Value& top = stack_.back();
  const bool is_there = top.where == Value::Where::Register;
  if (is_vector_class(top.kind)) {
    if (is_there && static_cast<Xmm>(top.reg) == kBlockXmm) return;
    take_xmm(kBlockXmm);
    load(kBlockXmm, stack_.back());
    free_xmm(kBlockXmm);
  } else {
    if (is_there && static_cast<Gpr>(top.reg) == kBlockGpr) return;
    take_gpr(kBlockGpr);
    load(kBlockGpr, stack_.back());
    free_gpr(kBlockGpr);
  }
}

void FunctionCompiler::jump_if(Test test, x64::Label& label) {
  if (test == Test::FloatEqual) {
    x64::ShortLabel unordered = asm_.jcc_short(Condition::p);
    asm_.jcc(Condition::e, label);
    asm_.bind(unordered);
  } else if (test == Test::FloatNotEqual) {
    asm_.jcc(Condition::ne, label);
    asm_.jcc(Condition::p, label);
  } else {
    asm_.jcc(static_cast<Condition>(test), label);
  }
}

void FunctionCompiler::emit_branch(ControlFrame& frame) {
  if (frame.kind == ControlFrame::Kind::Function) return emit_return();
  place_results(frame);
  emit(join(frame));
  asm_.jmp(frame.label);
}

void FunctionCompiler::become_unreachable() {
  reachable_ = false;
  drop_operands_to(control_.back().height);
}

// ---- Blocks.

void FunctionCompiler::enter(ControlFrame::Kind kind, const imm::BlockType& type) {
  settle_operands();
  ControlFrame frame;
  frame.kind = kind;
  frame.height = height();
  frame.handlers = control_.back().handlers;
  if (type.kind == imm::BlockType::Kind::Result) frame.result = type.result;
  if (type.kind == imm::BlockType::Kind::Type) {
    frame.type = &module_.types[type.type.value].func;
    frame.height -= static_cast<uint32_t>(frame.type->params.size());
    // Parameters begin in their slots, constants too.
    for (uint32_t i = frame.height; i < height(); ++i) {
      asm_.reserve();
      if (stack_[i].is_constant()) spill(i);
    }
  }
  control_.push_back(frame);
}

void FunctionCompiler::push_label_operands(std::span<const ValueType> types, bool in_slots, uint32_t first) {
  if (!in_slots && types.size() == 1) {
    const ValueKind kind = types[0].kind();
    Value value;
    value.kind = kind;
    if (is_vector_class(kind)) {
      take_xmm(kBlockXmm);
      own_register(value, kBlockXmm);
    } else {
      take_gpr(kBlockGpr);
      own_register(value, kBlockGpr);
    }
    return push_value(value);
  }
  for (uint32_t i = 0; i < types.size(); ++i) {
    Value value;
    value.where = Value::Where::Slot;
    value.kind = types[i].kind();
    value.index = first + i;
    stack_.push_back(value);
  }
}

void FunctionCompiler::unreachable() {
  emit_trap(TrapCode::unreachable, (state_.in_register & pin_bit(kInstancePin)) != 0);
  become_unreachable();
}

void FunctionCompiler::nop() {}

void FunctionCompiler::block(const imm::BlockType& type) {
  enter(ControlFrame::Kind::Block, type);
  // Sooner or later it branches: here no flags wait, and zeroing is cheapest.
  settle_zeros();
}

void FunctionCompiler::loop(const imm::BlockType& type) {
  const module::LoopSummary& summary = summary_->loops[next_loop_++];
  enter(ControlFrame::Kind::Loop, type);
  settle_zeros();
  const uint32_t used = pins_of(summary.locals_used);
  const uint32_t written = pins_of(summary.locals_written);
  EdgeCode code;
  if (summary.has_call) {
    // What a call destroys comes back when it is next used; only what the loop carries along travels in registers.
    code.stores = state_.in_register & ~state_.in_memory & local_pins_ & ~written;
    code.loads = written & ~state_.in_register;
    emit(code);
    state_.in_register = written;
  } else {
    const uint32_t base = summary_->uses_memory0 ? kPseudoPins : 0;
    code.loads = (used | base) & ~state_.in_register;
    emit(code);
    state_.in_register |= code.loads;
  }
  state_.in_memory = (state_.in_memory | code.stores) & ~written;
  ControlFrame& frame = control_.back();
  frame.state = state_;
  forget_flags();
  asm_.bind(frame.label);
}

void FunctionCompiler::if_(const imm::BlockType& type) {
  const Test test = pop_condition();
  enter(ControlFrame::Kind::If, type);
  settle_zeros();
  flags_live_ = false;
  ControlFrame& frame = control_.back();
  frame.else_state = state_;
  jump_if(negate(test), frame.else_label);
}

void FunctionCompiler::else_() {
  ControlFrame& frame = control_.back();
  if (reachable_) {
    place_results(frame);
    emit(join(frame));
    asm_.jmp(frame.label);
  }
  drop_operands_to(frame.height);
  forget_flags();
  asm_.bind(frame.else_label);
  state_ = frame.else_state;
  frame.kind = ControlFrame::Kind::Else;
  push_label_operands(frame.params(), true, frame.height);
  reachable_ = true;
}

void FunctionCompiler::end_if_without_else(ControlFrame& frame) {
  // No operands travel here: such an `if` has as many results as parameters, and with parameters it gets an `else`.
  if (!reachable_) {
    asm_.bind(frame.else_label);
    state_ = frame.else_state;
    reachable_ = true;
    if (frame.end_is_reached) emit(join(frame));
    return;
  }
  if (!frame.end_is_reached) {
    frame.state = frame.else_state;
    frame.end_is_reached = true;
    emit(join(frame));
    asm_.bind(frame.else_label);
    state_ = frame.state;
    return;
  }
  const LocalState both{frame.state.in_register & frame.else_state.in_register, frame.state.in_memory & frame.else_state.in_memory};
  if (local_pins_ & ~(both.in_register | both.in_memory)) {
    emit(join(frame));
    asm_.jmp(frame.label);
    asm_.bind(frame.else_label);
    state_ = frame.else_state;
    emit(join(frame));
  } else {
    frame.state = both;
    emit(join(frame));
    asm_.bind(frame.else_label);
  }
}

void FunctionCompiler::end() {
  ControlFrame& frame = control_.back();
  forget_flags();
  if (frame.kind == ControlFrame::Kind::If) {
    if (frame.params().empty()) {
      if (frame.landing_pads != Value::kNone && !frame.end_is_reached) {
        frame.end_is_reached = true;
        frame.state = landing_state();
      }
      end_if_without_else(frame);
    } else {
      else_();
    }
  }
  const bool has_landing_pads = frame.landing_pads != Value::kNone;
  if (frame.kind == ControlFrame::Kind::Function) {
    if (reachable_) emit_return();
  } else if (frame.kind != ControlFrame::Kind::Loop && (frame.end_is_reached || has_landing_pads)) {
    if (reachable_ && frame.kind != ControlFrame::Kind::If) {
      place_results(frame);
      emit(join(frame));
    }
    if (!frame.end_is_reached) frame.state = landing_state();
    drop_operands_to(frame.height);
    asm_.bind(frame.label);
    state_ = frame.state;
    reachable_ = true;
    push_label_operands(frame.results(), false, frame.height);
  }
  if (has_landing_pads) settle_landing_pads(frame);
  leave_catch(frame);
  control_.pop_back();
}

// ---- Branches.

void FunctionCompiler::br(const imm::LabelIndex& label) {
  settle_zeros();
  emit_branch(frame_at(label.index));
  become_unreachable();
}

void FunctionCompiler::br_if(const imm::LabelIndex& label) {
  const Test test = pop_condition();
  branch_if(test, label.index);
}

void FunctionCompiler::branch_if(Test test, LabelIndex label) {
  settle_zeros();
  ControlFrame& frame = frame_at(label);
  const bool is_return = frame.kind == ControlFrame::Kind::Function;
  const bool moves_slots = !is_return && results_move_slots(frame);
  EdgeCode code;
  if (!is_return && !moves_slots) {
    place_results(frame);
    code = join(frame);
    if (code.empty()) {
      flags_live_ = false;
      return jump_if(test, frame.label);
    }
  }
  flags_live_ = false;
  x64::Label past;
  jump_if(negate(test), past);
  if (is_return || moves_slots) {
    emit_branch(frame);
  } else {
    emit(code);
    asm_.jmp(frame.label);
  }
  asm_.bind(past);
}

void FunctionCompiler::push_again(const Value& value) {
  if (value.where == Value::Where::Local) {
    push_local(value.index);
  } else {
    push_value(value);
  }
}

void FunctionCompiler::br_on_null(const imm::LabelIndex& label) {
  Value reference = pop();
  if (frame_at(label.index).label_types().size() == 1 && reference.where == Value::Where::Register &&
      static_cast<Gpr>(reference.reg) == kBlockGpr) {
    // Where the branch's operand goes.
    const Gpr other = allocate_gpr();
    asm_.mov(Width::W64, other, kBlockGpr);
    release(reference);
    own_register(reference, other);
  } else if (reference.is_constant()) {
    const Gpr reg = allocate_gpr({kBlockGpr});
    load(reg, reference);
    own_register(reference, reg);
  }
  test_value(reference);
  flags_live_ = true;
  branch_if(Test::e, label.index);
  push_again(reference);
}

void FunctionCompiler::br_on_non_null(const imm::LabelIndex& label) {
  Value reference = pop();
  test_value(reference);
  push_again(reference);
  flags_live_ = true;
  branch_if(Test::ne, label.index);
  release(pop());
}

void FunctionCompiler::return_() {
  emit_return();
  become_unreachable();
}

void FunctionCompiler::put_operand_in_block_register() {
  Value value = pop();
  if (is_vector_class(value.kind)) {
    if (value.where != Value::Where::Register || static_cast<Xmm>(value.reg) != kBlockXmm) {
      take_xmm(kBlockXmm);
      load(kBlockXmm, value);
      release(value);
      own_register(value, kBlockXmm);
    }
  } else if (value.where != Value::Where::Register || static_cast<Gpr>(value.reg) != kBlockGpr) {
    take_gpr(kBlockGpr);
    load(kBlockGpr, value);
    release(value);
    own_register(value, kBlockGpr);
  }
  push_value(value);
}

x64::Label& FunctionCompiler::table_target(size_t frame_index) {
  ControlFrame& frame = control_[frame_index];
  if (frame.stub_epoch == stub_epoch_) return frame.stub == 0 ? frame.label : stubs_[frame.stub - 1].label;
  frame.stub_epoch = stub_epoch_;
  frame.stub = 0;
  const size_t count = frame.label_types().size();
  const bool is_return = frame.kind == ControlFrame::Kind::Function;
  const bool in_slots = frame.kind == ControlFrame::Kind::Loop ? count > 0 : count > 1;
  const EdgeCode code = is_return ? EdgeCode{} : join(frame);
  if (!is_return && !in_slots && code.empty()) return frame.label;
  stubs_.push_back({x64::Label{}, frame_index, code});
  frame.stub = static_cast<uint32_t>(stubs_.size());
  return stubs_.back().label;
}

void FunctionCompiler::br_table(const imm::LabelTable& table) {
  constexpr uint32_t kFewLabels = 4;
  Value value = pop();
  settle_zeros();
  Gpr index = own_gpr(value);
  // All targets take the same number of operands; a single one goes where block results go before the paths part.
  uint32_t last_label = 0;
  {
    TrustedReader labels(std::span(table.begin, table.end), table.offset);
    for (uint32_t i = 0; i <= table.count; ++i) last_label = labels.read_u32();
  }
  const size_t default_frame = control_.size() - 1 - last_label;
  if (control_[default_frame].label_types().size() == 1) {
    if (index == kBlockGpr) {
      index = allocate_gpr();
      asm_.mov(Width::W32, index, kBlockGpr);
      free_gpr(kBlockGpr);
      own_register(value, index);
    }
    put_operand_in_block_register();
  }
  ++stub_epoch_;
  stubs_.clear();

  TrustedReader labels(std::span(table.begin, table.end), table.offset);
  if (table.count <= kFewLabels) {
    for (uint32_t i = 0; i < table.count; ++i) {
      const size_t frame = control_.size() - 1 - labels.read_u32();
      if (i == 0) {
        asm_.test(Width::W32, index, index);
      } else {
        asm_.cmp(Width::W32, index, static_cast<int32_t>(i));
      }
      asm_.jcc(Condition::e, table_target(frame));
    }
    asm_.jmp(table_target(default_frame));
  } else {
    asm_.cmp(Width::W32, index, static_cast<int32_t>(table.count));
    asm_.jcc(Condition::ae, table_target(default_frame));
    // Entries are distances from the body's begin, so that the code may lie anywhere.
    asm_.lea(Width::W64, kScratch, Mem::rip(body_begin_));
    asm_.mov(Width::W32, index, Mem(kScratch, index, 2, INT32_MAX));
    const uint32_t displacement = asm_.offset() - 4;
    asm_.add(Width::W64, kScratch, index);
    asm_.jmp(kScratch);
    asm_.align_data(4);
    asm_.patch32(displacement, asm_.offset());
    asm_.reserve(x64::Assembler::kReservedBytes + size_t{table.count} * 4);
    for (uint32_t i = 0; i < table.count; ++i) {
      asm_.emit_offset32(table_target(control_.size() - 1 - labels.read_u32()));
    }
  }
  release(value);

  for (size_t i = 0; i < stubs_.size(); ++i) {
    asm_.reserve();
    Stub& stub = stubs_[i];
    ControlFrame& frame = control_[stub.frame];
    asm_.bind(stub.label);
    if (frame.kind == ControlFrame::Kind::Function) {
      emit_return();
      continue;
    }
    const size_t count = frame.label_types().size();
    if (frame.kind == ControlFrame::Kind::Loop ? count > 0 : count > 1) store_slot_results(frame);
    emit(stub.code);
    asm_.jmp(frame.label);
  }
  become_unreachable();
}

}  // namespace wasmrun::baseline
