// Exceptions: throw, throw_ref, try_table, and the legacy try, catch, catch_all, delegate, rethrow.
//
// A try block emits nothing. Each call inside it gets a handler site: its return address, and the chain of clauses that an exception
// of the call meets (abi::Handler). At a call all operands and locals lie in the frame, so a landing pad needs the frame pointer only:
// it fetches the arguments from the exception, loads what its label wants in registers, and branches there. Pads of try_table lie
// behind the body; they adapt to the state of their label, never the other way round, so no other path to it pays for them. The
// clauses of a legacy try are in line like the branches of an `if`; its chain begins with a link that grows as clauses come.
#include "engine/abi/object_layout.h"
#include "engine/baseline/function_compiler.h"
#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

using abi::Handler;
using module::FuncType;

namespace {

/// Where the exception arrives.
constexpr Gpr kException = Gpr::rax;
constexpr Gpr kTemporary = Gpr::rcx;

}  // namespace

// ---- Throwing.

void FunctionCompiler::throw_(const imm::TagIndex& tag) {
  const uint32_t count = static_cast<uint32_t>(tag_type(tag.index).params.size());
  if (count != 0) {
    save_for_call(count);
    instance();
    state_.in_register &= ~pin_bit(kMemoryBasePin);
    load_spill_area(kMemoryBase);
    for (uint32_t i = 0; i < count; ++i) {
      asm_.reserve();
      store_value(Mem(kMemoryBase, static_cast<int32_t>(i * sizeof(abi::Slot))), stack_[height() - count + i]);
    }
    for (uint32_t i = 0; i < count; ++i) release(pop());
    asm_.reserve();
  }
  call_builtin(abi::Builtin::throw_, tag.index.value, 0);
  add_handler_site(asm_.offset());
  become_unreachable();
}

void FunctionCompiler::throw_ref() {
  call_builtin(abi::Builtin::throw_ref, 0, 1);
  add_handler_site(asm_.offset());
  become_unreachable();
}

void FunctionCompiler::rethrow(const imm::LabelIndex& label) {
  const Gpr exception = allocate_gpr();
  asm_.mov(Width::W64, exception, Mem(Gpr::rbp, frame_at(label.index).exception_offset));
  push(ValueKind::Ref, exception);
  throw_ref();
}

// ---- try_table.

void FunctionCompiler::try_table(const imm::TryTable& table) {
  enter(ControlFrame::Kind::Block, table.type);
  settle_zeros();
  // Labels count from outside; the chain is linked from its end.
  uint32_t next = control_.back().handlers;
  for (size_t i = table.catches.size(); i-- > 0;) {
    const imm::Catch& clause = table.catches[i];
    const bool has_tag = clause.kind == imm::Catch::Kind::Catch || clause.kind == imm::Catch::Kind::CatchRef;
    next = add_handler(has_tag ? clause.tag.value : Handler::kAllTags, next);
    LandingPad pad;
    pad.handler = next;
    pad.tag = has_tag ? &tag_type(clause.tag) : nullptr;
    pad.has_reference = clause.kind == imm::Catch::Kind::CatchRef || clause.kind == imm::Catch::Kind::CatchAllRef;
    ControlFrame& target = control_[control_.size() - 2 - clause.label.value];
    pad.next = target.landing_pads;
    target.landing_pads = static_cast<uint32_t>(landing_pads_.size());
    landing_pads_.push_back(pad);
  }
  control_.back().handlers = next;
}

/// The frame is about to be left: its landing pads learn where its label is and what is expected there.
void FunctionCompiler::settle_landing_pads(ControlFrame& frame) {
  for (uint32_t i = frame.landing_pads; i != Value::kNone; i = landing_pads_[i].next) {
    LandingPad& pad = landing_pads_[i];
    if (frame.kind == ControlFrame::Kind::Function) {
      pad.target = LandingPad::Target::Return;
      continue;
    }
    const bool is_loop = frame.kind == ControlFrame::Kind::Loop;
    pad.target = is_loop || frame.label_types().size() > 1 ? LandingPad::Target::Slots : LandingPad::Target::Register;
    pad.label = frame.label;
    pad.loads = frame.state.in_register;
    pad.height = frame.height;
  }
}

/// Copies the arguments to the slots of the operands from `height` on. The exception stays where it is.
void FunctionCompiler::load_exception_arguments(const FuncType& tag, uint32_t height) {
  const auto type_at = [this](wasmrun::TypeIndex index) -> const module::SubType& { return module_.types[index.value]; };
  const module::SubType exception = abi::exception_type(tag);
  uint32_t end = abi::kFirstFieldOffset;
  abi::lay_field(exception.fields[0], false, end);
  load_pin_from_home(kInstancePin);
  asm_.mov(Width::W64, kScratch, Mem(kInstance, offsetof(abi::InstanceHeader, gc_base)));
  asm_.add(Width::W64, kScratch, kException);
  for (uint32_t i = 0; i < tag.params.size(); ++i) {
    asm_.reserve();
    const module::FieldType& field = exception.fields[i + 1];
    const abi::FieldLayout layout = abi::lay_field(field, abi::is_collected(field.type, type_at), end);
    const Mem source(kScratch, static_cast<int32_t>(layout.offset));
    if (field.type.kind() == ValueKind::V128) {
      asm_.movups(kScratchXmm, source);
      asm_.movaps(slot(height + i), kScratchXmm);
    } else {
      // A 32-bit load of a reference clears the upper half.
      asm_.mov(layout.size_log2 == 3 ? Width::W64 : Width::W32, kTemporary, source);
      const bool is_wide = is_64_bit(field.type.kind()) || field.type.kind() == ValueKind::F64;
      asm_.mov(is_wide ? Width::W64 : Width::W32, slot(height + i), kTemporary);
    }
  }
}

void FunctionCompiler::emit_landing_pad(LandingPad& pad) {
  const uint32_t count = pad.tag ? static_cast<uint32_t>(pad.tag->params.size()) : 0;
  if (count != 0) load_exception_arguments(*pad.tag, pad.height);
  asm_.reserve();
  const uint32_t values = count + pad.has_reference;
  if (pad.target == LandingPad::Target::Register) {
    // An exception reference alone is there already: kException is kBlockGpr.
    static_assert(kException == kBlockGpr);
    if (count == 1) {
      Value value;
      value.where = Value::Where::Slot;
      value.kind = pad.tag->params[0].kind();
      value.index = pad.height;
      if (is_vector_class(value.kind)) {
        load(kBlockXmm, value);
      } else {
        load(kBlockGpr, value);
      }
    }
  } else if (pad.has_reference) {
    asm_.mov(Width::W64, slot(pad.height + count), kException);
  }
  if (pad.target != LandingPad::Target::Return) {
    emit(EdgeCode{pad.loads, 0});
    return asm_.jmp(pad.label);
  }
  stack_.clear();
  for (uint32_t i = 0; i < values; ++i) {
    Value value;
    value.where = Value::Where::Slot;
    value.kind = type_->results[i].kind();
    value.index = i;
    stack_.push_back(value);
  }
  emit_return();
  stack_.clear();
}

void FunctionCompiler::emit_landing_pads() {
  for (LandingPad& pad : landing_pads_) {
    asm_.reserve();
    state_ = landing_state();
    handlers_[pad.handler].landing_pad = asm_.offset();
    emit_landing_pad(pad);
  }
}

// ---- The legacy instructions.

void FunctionCompiler::try_(const imm::BlockType& type) {
  enter(ControlFrame::Kind::Try, type);
  settle_zeros();
  ControlFrame& frame = control_.back();
  frame.handlers = frame.last_handler = add_handler(Handler::kForward, frame.handlers);
}

void FunctionCompiler::begin_catch(uint32_t tag, const FuncType* type) {
  ControlFrame& frame = control_.back();
  if (reachable_) {
    place_results(frame);
    emit(join(frame));
    asm_.jmp(frame.label);
  }
  drop_operands_to(frame.height);
  forget_flags();
  forget_registers();
  state_ = landing_state();
  reachable_ = true;
  // Exceptions of the clause itself go to the blocks around.
  frame.handlers = control_[control_.size() - 2].handlers;
  const uint32_t handler = add_handler(tag, frame.handlers);
  handlers_[handler].landing_pad = asm_.offset();
  handlers_[frame.last_handler].next = handler;
  frame.last_handler = handler;
  if (frame.kind == ControlFrame::Kind::Try) {
    frame.kind = ControlFrame::Kind::Catch;
    if (catch_depth_ == exception_slots_.size()) exception_slots_.push_back(allocate_frame(8));
    frame.exception_offset = exception_slots_[catch_depth_++];
  }
  asm_.mov(Width::W64, Mem(Gpr::rbp, frame.exception_offset), kException);
  if (!type || type->params.empty()) return;
  load_exception_arguments(*type, frame.height);
  state_.in_register |= pin_bit(kInstancePin);
  push_label_operands(type->params, true, frame.height);
}

void FunctionCompiler::catch_(const imm::TagIndex& tag) { begin_catch(tag.index.value, &tag_type(tag.index)); }

void FunctionCompiler::catch_all() { begin_catch(Handler::kAllTags, nullptr); }

void FunctionCompiler::delegate(const imm::LabelIndex& label) {
  // The label counts from outside.
  handlers_[control_.back().last_handler].next = control_[control_.size() - 2 - label.index.value].handlers;
  end();
}

}  // namespace wasmrun::baseline
