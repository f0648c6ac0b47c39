// The operand stack during compilation: where operands are, and getting them into registers and out of them.
#include <algorithm>

#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

namespace {

constexpr uint8_t kEqzOpcode = 0x45;
constexpr uint8_t kLocalSetOpcode = 0x21;
constexpr uint8_t kLocalTeeOpcode = 0x22;

/// Whether the instruction that begins with this byte takes its condition from the flags.
constexpr bool consumes_flags(uint8_t opcode) {
  return opcode == 0x04 || opcode == 0x0d || opcode == 0x1b || opcode == 0x1c || opcode == kEqzOpcode;  // if br_if select
}

}  // namespace

void FunctionCompiler::push_value(const Value& value) {
  if (value.where == Value::Where::Register) {
    uint32_t& spilled_below = is_vector_class(value.kind) ? spilled_xmms_below_ : spilled_gprs_below_;
    spilled_below = std::min(spilled_below, height());
  }
  stack_.push_back(value);
}

void FunctionCompiler::push_local(uint32_t index) {
  Local& local = locals_[index];
  Value value;
  value.where = Value::Where::Local;
  value.kind = local.kind;
  value.index = index;
  value.next_reference = local.references;
  local.references = height();
  references_begin_ = std::min(references_begin_, height());
  stack_.push_back(value);
}

void FunctionCompiler::push(ValueKind kind, Gpr reg) {
  if (!operand_gprs_.contains(reg)) return finish_local_set();
  Value value;
  value.kind = kind;
  own_register(value, reg);
  push_value(value);
}

void FunctionCompiler::push(ValueKind kind, Xmm reg) {
  if (__builtin_expect(nans_ != instructions::NanResult::None, 0)) canonicalize_nans(reg);
  if (!operand_xmms_.contains(reg)) return finish_local_set();
  Value value;
  value.kind = kind;
  own_register(value, reg);
  push_value(value);
}

void FunctionCompiler::push_test(Test test) {
  if (consumes_flags(peek_opcode())) {
    Value value;
    value.where = Value::Where::Flags;
    value.condition = static_cast<uint8_t>(test);
    flags_live_ = true;
    stack_.push_back(value);
    return;
  }
  flags_live_ = true;
  const Gpr dst = result_gpr();
  flags_live_ = false;
  emit_test_as_bool(dst, test);
  push(ValueKind::I32, dst);
}

void FunctionCompiler::emit_test_as_bool(Gpr dst, Test test) {
  if (test == Test::FloatEqual || test == Test::FloatNotEqual) {
    const bool equal = test == Test::FloatEqual;
    asm_.setcc(equal ? Condition::np : Condition::p, kScratch);
    asm_.setcc(equal ? Condition::e : Condition::ne, dst);
    if (equal) {
      asm_.and_(Width::W32, dst, kScratch);
    } else {
      asm_.or_(Width::W32, dst, kScratch);
    }
  } else {
    asm_.setcc(static_cast<Condition>(test), dst);
  }
  asm_.movzx(Width::W8, dst, dst);
}

Test FunctionCompiler::pop_condition() {
  Value value = pop();
  if (value.where == Value::Where::Flags) return static_cast<Test>(value.condition);
  test_value(value);
  release(value);
  flags_live_ = true;
  return Test::ne;
}

void FunctionCompiler::note_flags(ValueKind kind, Gpr reg) {
  flags_kind_ = kind;
  flags_reg_ = reg;
  flags_offset_ = asm_.offset();
}

void FunctionCompiler::test_value(Value& value) {
  const Width width = is_64_bit(value.kind) ? Width::W64 : Width::W32;
  if (in_memory(value)) return asm_.cmp(width, memory(value), 0);
  const Gpr reg = gpr(value);
  if (flags_offset_ == asm_.offset() && flags_reg_ == reg && flags_kind_ == value.kind) return;
  asm_.test(width, reg, reg);
}

// ---- Getting a value into a register.

void FunctionCompiler::load(Gpr dst, const Value& value) {
  const Width width = is_64_bit(value.kind) ? Width::W64 : Width::W32;
  switch (value.where) {
    case Value::Where::Constant: asm_.mov_imm(dst, value.bits, flags_live_); return;
    case Value::Where::Register:
      if (dst != static_cast<Gpr>(value.reg)) asm_.mov(width, dst, static_cast<Gpr>(value.reg));
      return;
    case Value::Where::Slot: asm_.mov(width, dst, slot(value.index)); return;
    case Value::Where::Local: {
      const Local& local = locals_[value.index];
      if (is_pinned(local)) {
        const uint32_t pin = pin_bit(static_cast<unsigned>(local.pin));
        if (state_.in_register & pin) {
          if (dst != pinned_gpr(local)) asm_.mov(width, dst, pinned_gpr(local));
          return;
        }
        if (zero_pins_ & pin) return asm_.mov_imm(dst, 0, flags_live_);
      }
      asm_.mov(width, dst, home(value.index));
      return;
    }
    case Value::Where::Flags: CHECK(!"flags are consumed by the next instruction");
  }
}

void FunctionCompiler::load(Xmm dst, const Value& value) {
  Mem source(Gpr::rbp);
  switch (value.where) {
    case Value::Where::Constant:
      if (value.bits == 0) return asm_.zero(dst);
      source = constant_operand(value);
      break;
    case Value::Where::Register: return asm_.movaps(dst, static_cast<Xmm>(value.reg));
    case Value::Where::Slot: source = slot(value.index); break;
    case Value::Where::Local: {
      const Local& local = locals_[value.index];
      if (is_pinned(local)) {
        const uint32_t pin = pin_bit(static_cast<unsigned>(local.pin));
        if (state_.in_register & pin) return asm_.movaps(dst, pinned_xmm(local));
        if (zero_pins_ & pin) return asm_.zero(dst);
      }
      source = home(value.index);
      break;
    }
    case Value::Where::Flags: CHECK(!"flags are consumed by the next instruction");
  }
  switch (value.kind) {
    case ValueKind::F32: return asm_.movss(dst, source);
    case ValueKind::F64: return asm_.movsd(dst, source);
    default: return asm_.movaps(dst, source);
  }
}

Gpr FunctionCompiler::gpr(Value& value) {
  if (value.where == Value::Where::Register) return static_cast<Gpr>(value.reg);
  if (value.where == Value::Where::Local && is_pinned(locals_[value.index])) {
    load_pinned(value.index);
    return pinned_gpr(locals_[value.index]);
  }
  return own_gpr(value);
}

Xmm FunctionCompiler::xmm(Value& value) {
  if (value.where == Value::Where::Register) return static_cast<Xmm>(value.reg);
  if (value.where == Value::Where::Local && is_pinned(locals_[value.index])) {
    load_pinned(value.index);
    return pinned_xmm(locals_[value.index]);
  }
  return own_xmm(value);
}

Gpr FunctionCompiler::own_gpr(Value& value) {
  if (value.where == Value::Where::Register) return static_cast<Gpr>(value.reg);
  const Gpr reg = allocate_gpr();
  load(reg, value);
  own_register(value, reg);
  return reg;
}

Xmm FunctionCompiler::own_xmm(Value& value) {
  if (value.where == Value::Where::Register) return static_cast<Xmm>(value.reg);
  const Xmm reg = allocate_xmm();
  load(reg, value);
  own_register(value, reg);
  return reg;
}

GprSet FunctionCompiler::gprs_of(const Value& value) const {
  if (is_vector_class(value.kind)) return {};
  if (value.where == Value::Where::Register) return {static_cast<Gpr>(value.reg)};
  if (value.where == Value::Where::Local && is_pinned(locals_[value.index])) return {pinned_gpr(locals_[value.index])};
  return {};
}

XmmSet FunctionCompiler::xmms_of(const Value& value) const {
  if (!is_vector_class(value.kind)) return {};
  if (value.where == Value::Where::Register) return {static_cast<Xmm>(value.reg)};
  if (value.where == Value::Where::Local && is_pinned(locals_[value.index])) return {pinned_xmm(locals_[value.index])};
  return {};
}

// ---- Registers for results.

uint32_t FunctionCompiler::local_set_next(bool vector_class) const {
  const uint8_t opcode = peek_opcode();
  if (opcode != kLocalSetOpcode && opcode != kLocalTeeOpcode) return Value::kNone;
  TrustedReader ahead = reader_;
  ahead.read_u8();
  const uint32_t index = ahead.read_u32();
  const Local& local = locals_[index];
  // Operands that are this local would have to be copied first, perhaps into registers released a moment ago.
  if (!is_pinned(local) || local.references != Value::kNone) return Value::kNone;
  CHECK(is_vector_class(local.kind) == vector_class);
  return index;
}

void FunctionCompiler::finish_local_set() {
  const uint8_t opcode = reader_.read_u8();
  const uint32_t index = reader_.read_u32();
  wrote_pinned(locals_[index]);
  if (opcode == kLocalTeeOpcode) push_local(index);
}

Gpr FunctionCompiler::result_gpr(GprSet avoid) {
  const uint32_t local = local_set_next(false);
  if (local != Value::kNone && !avoid.contains(pinned_gpr(locals_[local]))) return pinned_gpr(locals_[local]);
  return allocate_gpr(avoid);
}

Xmm FunctionCompiler::result_xmm(XmmSet avoid) {
  const uint32_t local = local_set_next(true);
  if (local != Value::kNone && !avoid.contains(pinned_xmm(locals_[local]))) return pinned_xmm(locals_[local]);
  return allocate_xmm(avoid);
}

Gpr FunctionCompiler::result_from(Value& value, const Value& other) {
  const uint32_t local = local_set_next(false);
  if (local != Value::kNone) {
    const Gpr reg = pinned_gpr(locals_[local]);
    if (!gprs_of(other).contains(reg)) {
      load(reg, value);
      release(value);
      return reg;
    }
  }
  return own_gpr(value);
}

// ---- Memory, spilling.

bool FunctionCompiler::in_memory(const Value& value) const {
  return value.where == Value::Where::Slot || (value.where == Value::Where::Local && !is_pinned(locals_[value.index]));
}

Mem FunctionCompiler::memory(const Value& value) {
  return value.where == Value::Where::Slot ? slot(value.index) : home(value.index);
}

int32_t FunctionCompiler::allocate_frame(uint32_t bytes) {
  frame_bytes_ = static_cast<int32_t>((static_cast<uint32_t>(frame_bytes_) + 2 * bytes - 1) / bytes * bytes);
  return -frame_bytes_;
}

int32_t FunctionCompiler::slot_offset(uint32_t operand_index) {
  if (operand_index >= slot_offsets_.size()) slot_offsets_.resize(operand_index + 1, 0);
  int32_t& offset = slot_offsets_[operand_index];
  if (offset == 0) offset = allocate_frame(16);
  return offset;
}

void FunctionCompiler::store(const Mem& where, ValueKind kind, Xmm reg) {
  switch (kind) {
    case ValueKind::F32: return asm_.movss(where, reg);
    case ValueKind::F64: return asm_.movsd(where, reg);
    default: return asm_.movaps(where, reg);
  }
}

void FunctionCompiler::store_value(const Mem& where, const Value& value, Gpr temporary) {
  if (is_vector_class(value.kind)) {
    Xmm reg = kScratchXmm;
    if (value.where == Value::Where::Register) {
      reg = static_cast<Xmm>(value.reg);
    } else if (value.where == Value::Where::Local && is_pinned(locals_[value.index]) &&
               (state_.in_register & pin_bit(static_cast<unsigned>(locals_[value.index].pin)))) {
      reg = pinned_xmm(locals_[value.index]);
    } else {
      load(reg, value);
    }
    return store(where, value.kind, reg);
  }
  if (value.is_immediate()) {
    return asm_.mov(is_64_bit(value.kind) ? Width::W64 : Width::W32, where, value.immediate());
  }
  Gpr reg = temporary;
  if (value.where == Value::Where::Register) {
    reg = static_cast<Gpr>(value.reg);
  } else if (value.where == Value::Where::Local && is_pinned(locals_[value.index]) &&
             (state_.in_register & pin_bit(static_cast<unsigned>(locals_[value.index].pin)))) {
    reg = pinned_gpr(locals_[value.index]);
  } else {
    load(reg, value);
  }
  store(where, value.kind, reg);
}

void FunctionCompiler::spill(uint32_t operand_index) {
  Value& value = stack_[operand_index];
  store_value(slot(operand_index), value);
  release(value);
  value.where = Value::Where::Slot;
  value.index = operand_index;
}

Gpr FunctionCompiler::spill_for_gpr(GprSet avoid) {
  bool skipped = false;
  for (uint32_t i = spilled_gprs_below_; i < height(); ++i) {
    const Value& value = stack_[i];
    if (value.where == Value::Where::Register && !is_vector_class(value.kind)) {
      const Gpr reg = static_cast<Gpr>(value.reg);
      if (!avoid.contains(reg)) {
        spill(i);
        if (!skipped) spilled_gprs_below_ = i + 1;
        free_gprs_.erase(reg);
        return reg;
      }
      skipped = true;
    }
  }
  CHECK(!"out of general registers");
  return kScratch;
}

Xmm FunctionCompiler::spill_for_xmm(XmmSet avoid) {
  bool skipped = false;
  for (uint32_t i = spilled_xmms_below_; i < height(); ++i) {
    const Value& value = stack_[i];
    if (value.where == Value::Where::Register && is_vector_class(value.kind)) {
      const Xmm reg = static_cast<Xmm>(value.reg);
      if (!avoid.contains(reg)) {
        spill(i);
        if (!skipped) spilled_xmms_below_ = i + 1;
        free_xmms_.erase(reg);
        return reg;
      }
      skipped = true;
    }
  }
  CHECK(!"out of vector registers");
  return kScratchXmm;
}

void FunctionCompiler::take_gpr(Gpr reg) {
  if (free_gprs_.contains(reg)) return free_gprs_.erase(reg);
  for (uint32_t i = height(); i-- > spilled_gprs_below_;) {
    Value& value = stack_[i];
    if (value.where != Value::Where::Register || is_vector_class(value.kind) || static_cast<Gpr>(value.reg) != reg) continue;
    if (free_gprs_.empty()) {
      spill(i);
      free_gprs_.erase(reg);
    } else {
      const Gpr other = allocate_gpr();
      asm_.mov(is_64_bit(value.kind) ? Width::W64 : Width::W32, other, reg);
      own_register(value, other);
    }
    return;
  }
  CHECK(!"the register belongs to a popped operand");
}

void FunctionCompiler::take_xmm(Xmm reg) {
  if (free_xmms_.contains(reg)) return free_xmms_.erase(reg);
  for (uint32_t i = height(); i-- > spilled_xmms_below_;) {
    Value& value = stack_[i];
    if (value.where != Value::Where::Register || !is_vector_class(value.kind) || static_cast<Xmm>(value.reg) != reg) continue;
    if (free_xmms_.empty()) {
      spill(i);
      free_xmms_.erase(reg);
    } else {
      const Xmm other = allocate_xmm();
      asm_.movaps(other, reg);
      own_register(value, other);
    }
    return;
  }
  CHECK(!"the register belongs to a popped operand");
}

void FunctionCompiler::spill_registers_below(uint32_t limit) {
  for (uint32_t i = std::min(spilled_gprs_below_, spilled_xmms_below_); i < limit; ++i) {
    if (stack_[i].where == Value::Where::Register) spill(i);
  }
  spilled_gprs_below_ = std::max(spilled_gprs_below_, limit);
  spilled_xmms_below_ = std::max(spilled_xmms_below_, limit);
}

void FunctionCompiler::settle_operands() {
  const uint32_t begin = std::min({spilled_gprs_below_, spilled_xmms_below_, references_begin_});
  for (uint32_t i = begin; i < height(); ++i) {
    asm_.reserve();
    Value& value = stack_[i];
    if (value.where == Value::Where::Local) {
      locals_[value.index].references = Value::kNone;  // every operand that is this local is settled here
      spill(i);
    } else if (value.where == Value::Where::Register) {
      spill(i);
    }
  }
  spilled_gprs_below_ = spilled_xmms_below_ = references_begin_ = std::max(begin, height());
}

void FunctionCompiler::drop_operands_to(uint32_t height_left) {
  while (height() > height_left) release(pop());
}

}  // namespace wasmrun::baseline
