// Calls, tail calls, returns, and calls of the runtime.
//
// Nothing but rsp and rbp survives a call: operands go to their slots, pinned locals to theirs unless the copy there is valid,
// and everything is loaded again when it is next used, the instance pointer too.
#include "engine/baseline/function_compiler.h"
#include "engine/baseline/machine_convention.h"
#include "engine/baseline/module_compilation.h"
#include "engine/baseline/parallel_moves.h"

namespace wasmrun::baseline {

using abi::ValuePlace;
using module::FuncType;
using module::ValueType;

void FunctionCompiler::save_for_call(uint32_t arguments) {
  spill_registers_below(height() - arguments);
  store_dirty_locals();
}

void FunctionCompiler::forget_registers() {
  state_.in_register = 0;
  free_gprs_ = operand_gprs_;
  free_xmms_ = operand_xmms_;
}

/// Stores arguments beyond those in registers; uses rbx and r11.
void FunctionCompiler::store_spilled_arguments(const FuncType& type) {
  places_.clear();
  abi::assign_parameters(type.params, places_);
  const uint32_t first = height() - static_cast<uint32_t>(type.params.size());
  bool have_area = false;
  for (uint32_t i = 0; i < places_.size(); ++i) {
    if (places_[i].kind != ValuePlace::Kind::Spill) continue;
    if (!have_area) load_spill_area(kMemoryBase);
    have_area = true;
    asm_.reserve();
    store_value(Mem(kMemoryBase, places_[i].index * 16), stack_[first + i]);
  }
}

void FunctionCompiler::load_spill_area(Gpr dst) {
  asm_.mov(Width::W64, dst, Mem(kInstance, offsetof(abi::InstanceHeader, context)));
  asm_.mov(Width::W64, dst, Mem(dst, offsetof(abi::StoreContext, spill_area)));
}

/// The register a value is in, if it is in one now.
std::optional<uint8_t> FunctionCompiler::register_of(const Value& value) const {
  if (value.where == Value::Where::Register) return value.reg;
  if (value.where != Value::Where::Local || !is_pinned(locals_[value.index])) return std::nullopt;
  const Local& local = locals_[value.index];
  if (!(state_.in_register & pin_bit(static_cast<unsigned>(local.pin)))) return std::nullopt;
  return is_vector_class(value.kind) ? x64::encoding(pinned_xmm(local)) : x64::encoding(pinned_gpr(local));
}

/// Moves the top operands to the registers that `places_` and the tables say. Changes nothing known.
void FunctionCompiler::load_places(std::span<const Gpr> gprs, std::span<const Xmm> xmms) {
  const uint32_t first = height() - static_cast<uint32_t>(places_.size());
  ParallelMoves<Gpr> gpr_moves;
  ParallelMoves<Xmm> xmm_moves;
  for (uint32_t i = 0; i < places_.size(); ++i) {
    const std::optional<uint8_t> source = register_of(stack_[first + i]);
    if (!source) continue;
    if (places_[i].kind == ValuePlace::Kind::IntegerRegister) {
      gpr_moves.add(gprs[places_[i].index], static_cast<Gpr>(*source));
    } else if (places_[i].kind == ValuePlace::Kind::VectorRegister) {
      xmm_moves.add(xmms[places_[i].index], static_cast<Xmm>(*source));
    }
  }
  emit_moves(asm_, gpr_moves);
  emit_moves(asm_, xmm_moves);
  for (uint32_t i = 0; i < places_.size(); ++i) {
    const Value& value = stack_[first + i];
    if (places_[i].kind == ValuePlace::Kind::Spill || register_of(value)) continue;
    if (places_[i].kind == ValuePlace::Kind::IntegerRegister) {
      load(gprs[places_[i].index], value);
    } else {
      load(xmms[places_[i].index], value);
    }
  }
}

void FunctionCompiler::push_results(const FuncType& type) {
  places_.clear();
  abi::assign_results(type.results, places_);
  const uint32_t first = height();
  // Results beyond those in registers first: they pass through r11 and xmm15 into their slots.
  bool have_area = false;
  for (uint32_t i = 0; i < places_.size(); ++i) {
    if (places_[i].kind != ValuePlace::Kind::Spill) continue;
    asm_.reserve();
    if (!have_area) {
      instance();
      load_spill_area(kMemoryBase);
      have_area = true;
    }
    const ValueKind kind = type.results[i].kind();
    const Mem source(kMemoryBase, places_[i].index * 16);
    const Mem destination = slot(first + i);
    if (kind == ValueKind::V128) {
      asm_.movups(kScratchXmm, source);
      asm_.movaps(destination, kScratchXmm);
    } else {
      asm_.mov(Width::W64, kScratch, source);
      asm_.mov(Width::W64, destination, kScratch);
    }
  }
  for (const ValuePlace& place : places_) {
    if (place.kind == ValuePlace::Kind::IntegerRegister) free_gprs_.erase(kIntegerResultRegisters[place.index]);
    if (place.kind == ValuePlace::Kind::VectorRegister) free_xmms_.erase(kVectorResultRegisters[place.index]);
  }
  for (uint32_t i = 0; i < places_.size(); ++i) {
    const ValueKind kind = type.results[i].kind();
    // Only the last result can go straight to the local that the next instruction sets.
    const bool is_last = i + 1 == places_.size();
    switch (places_[i].kind) {
      case ValuePlace::Kind::IntegerRegister: {
        const Gpr source = kIntegerResultRegisters[places_[i].index];
        const uint32_t local = is_last ? local_set_next(false) : Value::kNone;
        const Gpr dst = local == Value::kNone ? source : pinned_gpr(locals_[local]);
        if (dst != source) free_gpr(source);
        // A 32-bit move cleans an i32.
        if (kind == ValueKind::I32) {
          asm_.mov(Width::W32, dst, source);
        } else if (dst != source) {
          asm_.mov(Width::W64, dst, source);
        }
        push(kind, dst);
        break;
      }
      case ValuePlace::Kind::VectorRegister: {
        // xmm0 and xmm1 may belong to locals, whose values are in memory now.
        const Xmm source = kVectorResultRegisters[places_[i].index];
        const bool is_operand = operand_xmms_.contains(source);
        const uint32_t local = is_last ? local_set_next(true) : Value::kNone;
        Xmm dst = source;
        if (local != Value::kNone) {
          dst = pinned_xmm(locals_[local]);
          if (is_operand) free_xmm(source);
        } else if (!is_operand) {
          dst = allocate_xmm();
        }
        asm_.movaps(dst, source);
        push(kind, dst);
        break;
      }
      case ValuePlace::Kind::Spill: {
        Value value;
        value.where = Value::Where::Slot;
        value.kind = kind;
        value.index = first + i;
        stack_.push_back(value);
        break;
      }
    }
  }
}

void FunctionCompiler::emit_call(const FuncType& type, const CallTarget& target, bool is_tail) {
  const uint32_t count = static_cast<uint32_t>(type.params.size());
  const bool is_by_object = target.kind == CallTarget::Kind::Indirect || target.kind == CallTarget::Kind::Reference;
  Value callee;
  if (is_by_object) callee = pop();
  if (!is_tail) save_for_call(count);
  instance();
  store_spilled_arguments(type);
  if (target.kind == CallTarget::Kind::Indirect) resolve_callee(*target.indirect, callee);
  if (target.kind == CallTarget::Kind::Reference) resolve_reference(callee);
  release(callee);
  places_.clear();
  abi::assign_parameters(type.params, places_);
  asm_.reserve(x64::Assembler::kReservedBytes * 2);
  load_places(kIntegerArgumentRegisters, kVectorArgumentRegisters);
  for (uint32_t i = 0; i < count; ++i) release(pop());

  constexpr uint8_t kLeave = 0xc9;
  if (is_tail && target.kind == CallTarget::Kind::Defined) asm_.emit8(kLeave);
  switch (target.kind) {
    case CallTarget::Kind::Defined:
      calls_.push_back({is_tail ? asm_.jmp_rel32() : asm_.call_rel32(), target.function});
      break;
    case CallTarget::Kind::Imported: {
      const int32_t entry = static_cast<int32_t>(layout_.imported_function(target.function));
      asm_.mov(Width::W64, kMemoryBase, Mem(kInstance, entry + static_cast<int32_t>(offsetof(abi::FunctionEntry, code))));
      asm_.mov(Width::W64, kInstance, Mem(kInstance, entry + static_cast<int32_t>(offsetof(abi::FunctionEntry, instance))));
      break;
    }
    case CallTarget::Kind::Indirect:
    case CallTarget::Kind::Reference:
      asm_.mov(Width::W64, kInstance, Mem(kMemoryBase, offsetof(abi::FuncObject, instance)));
      if (is_tail) asm_.mov(Width::W64, kMemoryBase, Mem(kMemoryBase, offsetof(abi::FuncObject, code)));
      break;
  }
  if (target.kind != CallTarget::Kind::Defined) {
    if (is_tail) {
      asm_.emit8(kLeave);
      asm_.jmp(kMemoryBase);
    } else if (target.kind == CallTarget::Kind::Imported) {
      asm_.call(kMemoryBase);
    } else {
      asm_.call(Mem(kMemoryBase, offsetof(abi::FuncObject, code)));
    }
  }
  if (is_tail) return become_unreachable();
  add_location(asm_.offset());
  add_handler_site(asm_.offset());
  saves_instance_ = true;
  forget_registers();
  push_results(type);
}

/// The function that table element `index` refers to, checked, in rbx; uses r11.
void FunctionCompiler::resolve_callee(const imm::CallIndirect& target, const Value& index) {
  state_.in_register &= ~pin_bit(kMemoryBasePin);
  Gpr element = kScratch;
  if (const std::optional<uint8_t> reg = register_of(index)) {
    element = static_cast<Gpr>(*reg);
  } else {
    load(element, index);
  }
  const int32_t descriptor = static_cast<int32_t>(layout_.table_descriptor(target.second.value));
  asm_.mov(Width::W64, kMemoryBase, Mem(kInstance, descriptor));
  asm_.cmp(Width::W64, element, Mem(kMemoryBase, offsetof(abi::TableDescriptor, size)));
  trap_if(Condition::ae, TrapCode::undefined_element);
  asm_.mov(Width::W64, kMemoryBase, Mem(kMemoryBase, offsetof(abi::TableDescriptor, elements)));
  asm_.mov(Width::W64, kMemoryBase, Mem(kMemoryBase, element, 3));
  asm_.test(Width::W64, kMemoryBase, kMemoryBase);
  trap_if(Condition::e, TrapCode::uninitialized_element);
  traps_.back().operand = element;
  asm_.mov(Width::W32, kScratch, Mem(kMemoryBase, offsetof(abi::FuncObject, type_tag)));
  x64::Label is_equal;
  test_tag(target.first, is_equal);
  asm_.bind(is_equal);
  trap_if(Condition::ne, TrapCode::indirect_call_type_mismatch);
}

/// The function that is referred to, checked, in rbx.
void FunctionCompiler::resolve_reference(const Value& reference) {
  state_.in_register &= ~pin_bit(kMemoryBasePin);
  load(kMemoryBase, reference);
  asm_.test(Width::W64, kMemoryBase, kMemoryBase);
  trap_if(Condition::e, TrapCode::null_function_reference);
}

void FunctionCompiler::call(const imm::FuncIndex& function) {
  const uint32_t index = function.index.value;
  const bool imported = module_.is_imported(function.index);
  emit_call(module_.func_type(function.index),
            {imported ? CallTarget::Kind::Imported : CallTarget::Kind::Defined, index, nullptr}, false);
}

void FunctionCompiler::return_call(const imm::FuncIndex& function) {
  const uint32_t index = function.index.value;
  const bool imported = module_.is_imported(function.index);
  emit_call(module_.func_type(function.index),
            {imported ? CallTarget::Kind::Imported : CallTarget::Kind::Defined, index, nullptr}, true);
}

void FunctionCompiler::call_indirect(const imm::CallIndirect& target) {
  emit_call(module_.types[target.first.value].func, {CallTarget::Kind::Indirect, 0, &target}, false);
}

void FunctionCompiler::return_call_indirect(const imm::CallIndirect& target) {
  emit_call(module_.types[target.first.value].func, {CallTarget::Kind::Indirect, 0, &target}, true);
}

void FunctionCompiler::call_ref(const imm::TypeIndex& type) {
  emit_call(module_.types[type.index.value].func, {CallTarget::Kind::Reference, 0, nullptr}, false);
}

void FunctionCompiler::return_call_ref(const imm::TypeIndex& type) {
  emit_call(module_.types[type.index.value].func, {CallTarget::Kind::Reference, 0, nullptr}, true);
}

void FunctionCompiler::emit_return() {
  asm_.reserve();
  places_.clear();
  abi::assign_results(type_->results, places_);
  const uint32_t first = height() - static_cast<uint32_t>(places_.size());
  bool have_area = false;
  for (uint32_t i = 0; i < places_.size(); ++i) {
    if (places_[i].kind != ValuePlace::Kind::Spill) continue;
    asm_.reserve();
    if (!have_area) {
      if (!(state_.in_register & pin_bit(kInstancePin))) load_pin_from_home(kInstancePin);
      load_spill_area(kScratch);
      have_area = true;
    }
    store_value(Mem(kScratch, places_[i].index * 16), stack_[first + i], kMemoryBase);
  }
  load_places(kIntegerResultRegisters, kVectorResultRegisters);
  constexpr uint8_t kLeave = 0xc9;
  asm_.emit8(kLeave);
  asm_.ret();
}

void FunctionCompiler::call_builtin(abi::Builtin builtin, uint64_t first, uint32_t operands) {
  save_for_call(operands);
  instance();
  places_.clear();
  for (uint16_t i = 0; i < operands; ++i) places_.push_back({ValuePlace::Kind::IntegerRegister, i});
  load_places(std::span(kBuiltinArgumentRegisters).subspan(2), {});
  for (uint32_t i = 0; i < operands; ++i) release(pop());
  asm_.mov_imm(kBuiltinArgumentRegisters[1], first);
  asm_.mov(Width::W64, kBuiltinArgumentRegisters[0], kInstance);
  // No argument is in rax.
  asm_.mov(Width::W64, Gpr::rax, Mem(kInstance, offsetof(abi::InstanceHeader, builtins)));
  asm_.call(Mem(Gpr::rax, static_cast<int32_t>(builtin) * 8));
  add_location(asm_.offset());
  saves_instance_ = true;
  forget_registers();
}

}  // namespace wasmrun::baseline
