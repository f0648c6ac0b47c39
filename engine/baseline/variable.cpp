// Locals: which live in registers, what is known of their copies; local.* and global.*.
#include <algorithm>
#include <bit>

#include "engine/baseline/function_compiler.h"
#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

using module::FunctionSummary;

namespace {

/// The hottest locals of one register class, at most `kCount`, hottest first.
template <unsigned kCount>
struct Hottest {
  std::array<uint32_t, kCount> locals{};
  std::array<uint32_t, kCount> weights{};
  unsigned count = 0;

  void offer(uint32_t local, uint32_t weight) {
    if (count == kCount && weight <= weights[kCount - 1]) return;
    unsigned at = count < kCount ? count++ : kCount - 1;
    for (; at > 0 && weights[at - 1] < weight; --at) {
      weights[at] = weights[at - 1];
      locals[at] = locals[at - 1];
    }
    weights[at] = weight;
    locals[at] = local;
  }
};

/// The pin that is the register in which integer parameter `index` arrives, or kGprPins.
constexpr unsigned arrival_pin(uint32_t index) {
  constexpr std::array<uint8_t, 9> kPins = {0, 1, 2, 3, 4, kGprPins, kGprPins, kGprPins, 5};
  return index < kPins.size() ? kPins[index] : kGprPins;
}

}  // namespace

void FunctionCompiler::choose_pins(const FunctionSummary& summary) {
  Hottest<kGprPins> gprs;
  Hottest<kXmmPins> xmms;
  const uint32_t params = static_cast<uint32_t>(type_->params.size());
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    // A local that is only once set or once read gains nothing, a parameter is there already.
    const uint32_t weight = summary.local_weights[i];
    if (weight < (i < params ? 1u : 2u)) continue;
    if (is_vector_class(locals_[i].kind)) {
      xmms.offer(i, weight);
    } else {
      gprs.offer(i, weight);
    }
  }

  uint32_t free_pins = (1u << kLocalPins) - 1;
  const auto give = [&](uint32_t local, unsigned pin) {
    locals_[local].pin = static_cast<int8_t>(pin);
    local_of_pin_[pin] = local;
    free_pins &= ~pin_bit(pin);
  };
  // Parameters stay where they arrive if they can.
  uint32_t integers = 0, vectors = 0;
  for (uint32_t i = 0; i < params; ++i) {
    const bool vector_class = is_vector_class(locals_[i].kind);
    const uint32_t position = vector_class ? vectors++ : integers++;
    const unsigned pin = vector_class ? (position < kXmmPins ? kGprPins + position : kLocalPins) : arrival_pin(position);
    if (pin == (vector_class ? kLocalPins : kGprPins)) continue;
    const auto is_in = [&](const auto& hottest) {
      return std::find(hottest.locals.begin(), hottest.locals.begin() + hottest.count, i) !=
             hottest.locals.begin() + hottest.count;
    };
    if (vector_class ? is_in(xmms) : is_in(gprs)) give(i, pin);
  }
  for (unsigned i = 0; i < gprs.count; ++i) {
    if (!is_pinned(locals_[gprs.locals[i]])) give(gprs.locals[i], static_cast<unsigned>(std::countr_zero(free_pins)));
  }
  for (unsigned i = 0; i < xmms.count; ++i) {
    if (!is_pinned(locals_[xmms.locals[i]])) {
      give(xmms.locals[i], static_cast<unsigned>(std::countr_zero(free_pins & ~((1u << kGprPins) - 1))));
    }
  }

  local_pins_ = ((1u << kLocalPins) - 1) & ~free_pins;
  operand_gprs_ = {Gpr::rax, Gpr::rcx, Gpr::rdx, Gpr::r8};
  operand_xmms_ = {Xmm::xmm8, Xmm::xmm9, Xmm::xmm10, Xmm::xmm11, Xmm::xmm12, Xmm::xmm13};
  for (unsigned pin = 0; pin < kGprPins; ++pin) {
    if (free_pins & pin_bit(pin)) operand_gprs_.insert(kPinnedGprs[pin]);
  }
  for (unsigned pin = kGprPins; pin < kLocalPins; ++pin) {
    if (free_pins & pin_bit(pin)) operand_xmms_.insert(static_cast<Xmm>(pin - kGprPins));
  }
  free_gprs_ = operand_gprs_;
  free_xmms_ = operand_xmms_;

  // Pinned parameters arrive in registers; the others are known to be zero until code divides.
  zero_pins_ = 0;
  state_ = LocalState{};
  state_.in_register = pin_bit(kInstancePin);
  for (unsigned pin = 0; pin < kLocalPins; ++pin) {
    if (!(local_pins_ & pin_bit(pin))) continue;
    (local_of_pin_[pin] < params ? state_.in_register : zero_pins_) |= pin_bit(pin);
  }
}

Mem FunctionCompiler::home(uint32_t index) {
  Local& local = locals_[index];
  if (local.frame_offset == 0) {
    local.frame_offset = allocate_frame(local.kind == ValueKind::V128 ? 16 : 8);
    // A parameter is stored there by the prologue.
    if (!is_pinned(local) && index >= type_->params.size()) zeroed_locals_.push_back(index);
  }
  return Mem(Gpr::rbp, local.frame_offset);
}

void FunctionCompiler::load_pin_from_home(unsigned pin) {
  if (pin == kInstancePin) {
    saves_instance_ = true;
    asm_.mov(Width::W64, kInstance, Mem(Gpr::rbp, -8));
    return;
  }
  if (pin == kMemoryBasePin) {
    asm_.mov(Width::W64, kMemoryBase, Mem(kInstance, offsetof(abi::InstanceHeader, memory0_base)));
    return;
  }
  const uint32_t index = local_of_pin_[pin];
  const Local& local = locals_[index];
  const Mem source = home(index);
  switch (local.kind) {
    case ValueKind::F32: return asm_.movss(pinned_xmm(local), source);
    case ValueKind::F64: return asm_.movsd(pinned_xmm(local), source);
    case ValueKind::V128: return asm_.movaps(pinned_xmm(local), source);
    default: return asm_.mov(is_64_bit(local.kind) ? Width::W64 : Width::W32, pinned_gpr(local), source);
  }
}

void FunctionCompiler::store_pin_to_home(unsigned pin) {
  const uint32_t index = local_of_pin_[pin];
  const Local& local = locals_[index];
  if (is_vector_class(local.kind)) {
    store(home(index), local.kind, pinned_xmm(local));
  } else {
    store(home(index), local.kind, pinned_gpr(local));
  }
}

void FunctionCompiler::load_pinned(uint32_t index) {
  const Local& local = locals_[index];
  const unsigned pin = static_cast<unsigned>(local.pin);
  if (state_.in_register & pin_bit(pin)) return;
  if (!(zero_pins_ & pin_bit(pin))) {
    load_pin_from_home(pin);
  } else if (is_vector_class(local.kind)) {
    asm_.zero(pinned_xmm(local));
  } else {
    asm_.mov_imm(pinned_gpr(local), 0, flags_live_);
  }
  state_.in_register |= pin_bit(pin);
}

void FunctionCompiler::wrote_pinned(const Local& local) {
  const uint32_t pin = pin_bit(static_cast<unsigned>(local.pin));
  state_.in_register |= pin;
  state_.in_memory &= ~pin;
  zero_pins_ &= ~pin;
}

void FunctionCompiler::settle_zeros() {
  for (uint32_t rest = zero_pins_ & ~state_.in_register; rest; rest &= rest - 1) {
    load_pinned(local_of_pin_[static_cast<unsigned>(std::countr_zero(rest))]);
  }
  state_.in_memory &= ~zero_pins_;
  zero_pins_ = 0;
}

void FunctionCompiler::store_dirty_locals() {
  const uint32_t dirty = state_.in_register & ~state_.in_memory & ~zero_pins_ & local_pins_;
  for (uint32_t rest = dirty; rest; rest &= rest - 1) store_pin_to_home(static_cast<unsigned>(std::countr_zero(rest)));
  state_.in_memory |= dirty;
}

uint32_t FunctionCompiler::pins_of(uint64_t local_bits) const {
  uint32_t pins = 0;
  for (uint32_t rest = local_pins_; rest; rest &= rest - 1) {
    const unsigned pin = static_cast<unsigned>(std::countr_zero(rest));
    if (local_bits & module::local_bit(local_of_pin_[pin])) pins |= pin_bit(pin);
  }
  return pins;
}

void FunctionCompiler::copy_references(uint32_t index) {
  Local& local = locals_[index];
  for (uint32_t i = local.references; i != Value::kNone;) {
    const uint32_t next = static_cast<uint32_t>(stack_[i].next_reference);
    asm_.reserve();
    if (is_vector_class(local.kind)) {
      const Xmm reg = allocate_xmm();
      load(reg, stack_[i]);
      own_register(stack_[i], reg);
      spilled_xmms_below_ = std::min(spilled_xmms_below_, i);
    } else {
      const Gpr reg = allocate_gpr();
      load(reg, stack_[i]);
      own_register(stack_[i], reg);
      spilled_gprs_below_ = std::min(spilled_gprs_below_, i);
    }
    i = next;
  }
  local.references = Value::kNone;
}

void FunctionCompiler::set_local(uint32_t index, Value value) {
  Local& local = locals_[index];
  if (local.references != Value::kNone) copy_references(index);
  if (!is_pinned(local)) {
    store_value(home(index), value);
  } else if (is_vector_class(local.kind)) {
    load(pinned_xmm(local), value);
    wrote_pinned(local);
  } else {
    load(pinned_gpr(local), value);
    wrote_pinned(local);
  }
}

void FunctionCompiler::local_get(const imm::LocalIndex& local) { push_local(local.index.value); }

void FunctionCompiler::local_set(const imm::LocalIndex& local) {
  const Value value = pop();
  set_local(local.index.value, value);
  release(value);
}

void FunctionCompiler::local_tee(const imm::LocalIndex& local) {
  const uint32_t index = local.index.value;
  const Value value = pop();
  set_local(index, value);
  if (value.is_constant() || (value.where == Value::Where::Register && !is_pinned(locals_[index]))) {
    push_value(value);
  } else {
    release(value);
    push_local(index);
  }
}

Gpr FunctionCompiler::instance() {
  if (!(state_.in_register & pin_bit(kInstancePin))) {
    load_pin_from_home(kInstancePin);
    state_.in_register |= pin_bit(kInstancePin);
  }
  return kInstance;
}

Gpr FunctionCompiler::memory_base() {
  if (!(state_.in_register & pin_bit(kMemoryBasePin))) {
    instance();
    load_pin_from_home(kMemoryBasePin);
    state_.in_register |= pin_bit(kMemoryBasePin);
  }
  return kMemoryBase;
}

Mem FunctionCompiler::global(uint32_t index) {
  instance();
  if (index >= module_.imported_globals) {
    return Mem(kInstance, static_cast<int32_t>(layout_.defined_global(index - module_.imported_globals)));
  }
  asm_.mov(Width::W64, kScratch, Mem(kInstance, static_cast<int32_t>(layout_.imported_global(index))));
  return Mem(kScratch);
}

void FunctionCompiler::global_get(const imm::GlobalIndex& index) {
  const ValueKind kind = module_.globals[index.index.value].type.type.kind();
  const Mem cell = global(index.index.value);
  if (is_vector_class(kind)) {
    const Xmm dst = result_xmm();
    switch (kind) {
      case ValueKind::F32: asm_.movss(dst, cell); break;
      case ValueKind::F64: asm_.movsd(dst, cell); break;
      default: asm_.movups(dst, cell); break;
    }
    push(kind, dst);
  } else {
    const Gpr dst = result_gpr();
    asm_.mov(is_64_bit(kind) ? Width::W64 : Width::W32, dst, cell);
    push(kind, dst);
  }
}

void FunctionCompiler::global_set(const imm::GlobalIndex& index) {
  Value value = pop();
  if (is_vector_class(value.kind)) {
    const Xmm reg = xmm(value);
    const Mem cell = global(index.index.value);
    if (value.kind == ValueKind::V128) {
      asm_.movups(cell, reg);
    } else {
      store(cell, value.kind, reg);
    }
  } else if (value.is_immediate()) {
    asm_.mov(is_64_bit(value.kind) ? Width::W64 : Width::W32, global(index.index.value), value.immediate());
  } else {
    const Gpr reg = gpr(value);
    store(global(index.index.value), value.kind, reg);
  }
  release(value);
}

}  // namespace wasmrun::baseline
