// Reading and writing structs and arrays. A reference is a distance from the heap's base; see abi/object_layout.h.
#include "engine/baseline/function_compiler.h"
#include "engine/baseline/machine_convention.h"
#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

using abi::FieldLayout;

void FunctionCompiler::trap_if_null(Gpr reference, TrapCode code) {
  asm_.test(Width::W32, reference, reference);
  trap_if(Condition::e, code);
}

// ---- Structs.

void FunctionCompiler::get_field(const imm::TypeField& field, bool is_signed) {
  const FieldLayout& layout = objects_.field(field.first, field.second.value);
  Value object = pop();
  const Gpr reference = gpr(object);
  trap_if_null(reference, TrapCode::null_structure_reference);
  load_heap_base();
  release(object);
  load_field(layout, module_.types[field.first.value].fields[field.second.value].type,
             Mem(kScratch, reference, 0, static_cast<int32_t>(layout.offset)), is_signed);
}

void FunctionCompiler::struct_get(const imm::TypeField& field) { get_field(field, false); }
void FunctionCompiler::struct_get_s(const imm::TypeField& field) { get_field(field, true); }
void FunctionCompiler::struct_get_u(const imm::TypeField& field) { get_field(field, false); }

void FunctionCompiler::struct_set(const imm::TypeField& field) {
  const FieldLayout& layout = objects_.field(field.first, field.second.value);
  Value value = pop();
  Value object = pop();
  const Gpr reference = gpr(object);
  prepare_field(value);
  trap_if_null(reference, TrapCode::null_structure_reference);
  load_heap_base();
  store_field(layout, Mem(kScratch, reference, 0, static_cast<int32_t>(layout.offset)), value);
  release(object);
  release(value);
}

// ---- Arrays.

/// The element that the popped `index` names in the popped `array`, checked, as the operand of one instruction; uses r11, and
/// `tmp` for vectors.
Mem FunctionCompiler::element(const FieldLayout& layout, Value& array, Value& index, std::optional<Gpr> tmp) {
  constexpr uint64_t kNearIndices = 1 << 24;
  const Gpr reference = gpr(array);
  const bool is_near = index.is_constant() && index.bits < kNearIndices;
  if (!is_near) gpr(index);
  trap_if_null(reference, TrapCode::null_array_reference);
  load_heap_base();
  const Mem length(kScratch, reference, 0, abi::kArrayLengthOffset);
  if (is_near) {
    const auto number = static_cast<int32_t>(index.bits);
    asm_.cmp(Width::W32, length, number);
    trap_if(Condition::be, TrapCode::array_out_of_bounds);
    return Mem(kScratch, reference, 0, abi::kArrayElementsOffset + (number << layout.size_log2));
  }
  const Gpr number = gpr(index);
  asm_.cmp(Width::W32, number, length);
  trap_if(Condition::ae, TrapCode::array_out_of_bounds);
  asm_.add(Width::W64, kScratch, reference);
  if (layout.size_log2 <= 3) return Mem(kScratch, number, layout.size_log2, abi::kArrayElementsOffset);
  asm_.mov(Width::W32, *tmp, number);
  asm_.shl(Width::W64, *tmp, 4);
  return Mem(kScratch, *tmp, 0, abi::kArrayElementsOffset);
}

void FunctionCompiler::get_element(TypeIndex type, bool is_signed) {
  const FieldLayout& layout = objects_.element(type);
  Value index = pop();
  Value array = pop();
  std::optional<Gpr> tmp;
  if (layout.size_log2 == 4) tmp = allocate_gpr();
  const Mem where = element(layout, array, index, tmp);
  release(index);
  release(array);
  if (tmp) free_gpr(*tmp);
  load_field(layout, module_.types[type.value].fields[0].type, where, is_signed);
}

void FunctionCompiler::array_get(const imm::TypeIndex& type) { get_element(type.index, false); }
void FunctionCompiler::array_get_s(const imm::TypeIndex& type) { get_element(type.index, true); }
void FunctionCompiler::array_get_u(const imm::TypeIndex& type) { get_element(type.index, false); }

void FunctionCompiler::array_set(const imm::TypeIndex& type) {
  const FieldLayout& layout = objects_.element(type.index);
  Value value = pop();
  Value index = pop();
  Value array = pop();
  prepare_field(value);
  std::optional<Gpr> tmp;
  if (layout.size_log2 == 4) tmp = allocate_gpr();
  const Mem where = element(layout, array, index, tmp);
  store_field(layout, where, value);
  if (tmp) free_gpr(*tmp);
  release(array);
  release(index);
  release(value);
}

void FunctionCompiler::array_len() {
  Value array = pop();
  const Gpr reference = gpr(array);
  trap_if_null(reference, TrapCode::null_array_reference);
  load_heap_base();
  release(array);
  const Gpr dst = result_gpr();
  asm_.mov(Width::W32, dst, Mem(kScratch, reference, 0, abi::kArrayLengthOffset));
  push(ValueKind::I32, dst);
}

void FunctionCompiler::array_fill(const imm::TypeIndex& type) {
  const FieldLayout& layout = objects_.element(type.index);
  Value count = pop();
  Value value = pop();
  Value index = pop();
  Value array = pop();
  const Gpr reference = gpr(array);
  const Gpr number = gpr(index);
  prepare_field(value);
  const Gpr left = own_gpr(count);
  trap_if_null(reference, TrapCode::null_array_reference);
  load_heap_base();
  // All four operand registers may be in use; the memory's base is loaded again when it is next needed.
  state_.in_register &= ~pin_bit(kMemoryBasePin);
  asm_.mov(Width::W32, kScratch, Mem(kScratch, reference, 0, abi::kArrayLengthOffset));
  asm_.lea(Width::W64, kMemoryBase, Mem(number, left, 0));
  asm_.cmp(Width::W64, kMemoryBase, kScratch);
  trap_if(Condition::a, TrapCode::array_out_of_bounds);
  load_heap_base();
  asm_.add(Width::W64, kScratch, reference);
  asm_.mov(Width::W32, kMemoryBase, number);
  if (layout.size_log2 != 0) asm_.shl(Width::W64, kMemoryBase, layout.size_log2);
  asm_.add(Width::W64, kScratch, kMemoryBase);
  fill_elements(layout, Mem(kScratch, abi::kArrayElementsOffset), left, value);
  release(count);
  release(value);
  release(index);
  release(array);
}

/// Five operands and nothing else: one more than call_builtin has room for.
void FunctionCompiler::array_copy(const imm::TypePair&) {
  constexpr uint32_t kOperands = 5;
  save_for_call(kOperands);
  instance();
  places_.clear();
  for (uint16_t i = 0; i < kOperands; ++i) places_.push_back({abi::ValuePlace::Kind::IntegerRegister, i});
  load_places(std::span(kBuiltinArgumentRegisters).subspan(1), {});
  for (uint32_t i = 0; i < kOperands; ++i) release(pop());
  asm_.mov(Width::W64, kBuiltinArgumentRegisters[0], kInstance);
  asm_.mov(Width::W64, Gpr::rax, Mem(kInstance, offsetof(abi::InstanceHeader, builtins)));
  asm_.call(Mem(Gpr::rax, static_cast<int32_t>(abi::Builtin::array_copy) * 8));
  add_location(asm_.offset());
  saves_instance_ = true;
  forget_registers();
}

void FunctionCompiler::array_init_data(const imm::TypeData& source) {
  call_builtin(abi::Builtin::array_init_data, source.second.value, 4);
}

void FunctionCompiler::array_init_elem(const imm::TypeElem& source) {
  call_builtin(abi::Builtin::array_init_elem, source.second.value, 4);
}

// ---- i31.

void FunctionCompiler::ref_i31() {
  Value value = pop();
  if (value.is_constant()) return push_constant(ValueKind::Ref, abi::i31_reference(static_cast<uint32_t>(value.bits)));
  const Gpr source = gpr(value);
  release(value);
  const Gpr dst = result_gpr();
  asm_.lea(Width::W32, dst, Mem(source, source, 0, 1));
  push(ValueKind::Ref, dst);
}

void FunctionCompiler::get_i31(bool is_signed) {
  Value value = pop();
  const Gpr source = gpr(value);
  trap_if_null(source, TrapCode::null_i31_reference);
  release(value);
  const Gpr dst = result_gpr();
  if (dst != source) asm_.mov(Width::W32, dst, source);
  if (is_signed) {
    asm_.sar(Width::W32, dst, 1);
  } else {
    asm_.shr(Width::W32, dst, 1);
  }
  push(ValueKind::I32, dst);
}

void FunctionCompiler::i31_get_s() { get_i31(true); }
void FunctionCompiler::i31_get_u() { get_i31(false); }

// Both hierarchies write references alike.
void FunctionCompiler::any_convert_extern() {}
void FunctionCompiler::extern_convert_any() {}

void FunctionCompiler::ref_eq() { compare(Condition::e, ValueKind::Ref); }

}  // namespace wasmrun::baseline
