// Instructions on tables.
#include "engine/baseline/function_compiler.h"
#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

void FunctionCompiler::load_table_descriptor(uint32_t table) {
  instance();
  asm_.mov(Width::W64, kScratch, Mem(kInstance, static_cast<int32_t>(layout_.table_descriptor(table))));
}

/// The element that `index` names, as an operand of one instruction; uses r11.
Mem FunctionCompiler::table_element(uint32_t table, Gpr index) {
  load_table_descriptor(table);
  asm_.cmp(Width::W64, index, Mem(kScratch, offsetof(abi::TableDescriptor, size)));
  trap_if(Condition::ae, TrapCode::table_out_of_bounds);
  asm_.mov(Width::W64, kScratch, Mem(kScratch, offsetof(abi::TableDescriptor, elements)));
  return Mem(kScratch, index, 3);
}

void FunctionCompiler::table_get(const imm::TableIndex& table) {
  Value index = pop();
  const Mem element = table_element(table.index.value, gpr(index));
  release(index);
  const Gpr dst = result_gpr();
  asm_.mov(Width::W64, dst, element);
  push(ValueKind::Ref, dst);
}

void FunctionCompiler::table_set(const imm::TableIndex& table) {
  Value value = pop();
  Value index = pop();
  const Gpr reg = gpr(value);
  asm_.mov(Width::W64, table_element(table.index.value, gpr(index)), reg);
  release(index);
  release(value);
}

void FunctionCompiler::table_size(const imm::TableIndex& table) {
  load_table_descriptor(table.index.value);
  const Gpr dst = result_gpr();
  // Fewer than 2^32 elements in either kind of table.
  asm_.mov(Width::W32, dst, Mem(kScratch, offsetof(abi::TableDescriptor, size)));
  const bool is_64_bit = module_.tables[table.index.value].type.limits.address_type == module::AddressType::I64;
  push(is_64_bit ? ValueKind::I64 : ValueKind::I32, dst);
}

void FunctionCompiler::table_grow(const imm::TableIndex& table) {
  call_builtin(abi::Builtin::table_grow, table.index.value, 2);
  push_builtin_result(module_.tables[table.index.value].type.limits.address_type);
}

void FunctionCompiler::table_fill(const imm::TableIndex& table) {
  call_builtin(abi::Builtin::table_fill, table.index.value, 3);
}

void FunctionCompiler::table_copy(const imm::TablePair& tables) {
  call_builtin(abi::Builtin::table_copy, uint64_t{tables.first.value} << 32 | tables.second.value, 3);
}

void FunctionCompiler::table_init(const imm::ElemTable& init) {
  call_builtin(abi::Builtin::table_init, uint64_t{init.first.value} << 32 | init.second.value, 3);
}

void FunctionCompiler::elem_drop(const imm::ElemIndex& elem) { call_builtin(abi::Builtin::elem_drop, elem.index.value, 0); }

}  // namespace wasmrun::baseline
