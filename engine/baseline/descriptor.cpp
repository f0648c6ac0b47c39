// Custom descriptors: reading them, and casts that compare them. A reference to the descriptor lies in each object whose type has
// one (abi::ObjectLayouts::descriptor_offset), so a cast first asks for the type, and then for the very descriptor.
#include "engine/baseline/function_compiler.h"
#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

using module::HeapType;
using module::ValueType;

void FunctionCompiler::ref_get_desc(const imm::TypeIndex& type) {
  Value object = pop();
  const Gpr reference = gpr(object);
  trap_if_null(reference, TrapCode::null_reference);
  load_heap_base();
  release(object);
  const Gpr dst = result_gpr();
  asm_.mov(Width::W32, dst, Mem(kScratch, reference, 0, static_cast<int32_t>(objects_.descriptor_offset(type.index))));
  push(ValueKind::Ref, dst);
}

/// Pops a descriptor and sets the zero flag if the reference below, which stays, is of the target type and has it.
void FunctionCompiler::test_descriptor(ValueType target) {
  const HeapType type = target.heap_type();
  Value descriptor = pop();
  const Gpr wanted = gpr(descriptor);
  trap_if_null(wanted, TrapCode::null_descriptor_reference);
  Value value = pop();
  const Gpr reference = gpr(value);
  instance();
  x64::Label typed, done;
  if (target.nullable()) {
    asm_.test(Width::W64, reference, reference);
    asm_.jcc(Condition::e, done);
  }
  asm_.test(Width::W32, reference, 1);
  asm_.jcc(Condition::ne, done);  // an i31
  load_heap_base();
  asm_.mov(Width::W32, kScratch, Mem(kScratch, reference, 0));
  test_tag(type, typed);
  asm_.bind(typed);
  asm_.jcc(Condition::ne, done);
  load_heap_base();
  asm_.cmp(Width::W32, wanted, Mem(kScratch, reference, 0, static_cast<int32_t>(objects_.descriptor_offset(type.index()))));
  asm_.bind(done);
  forget_flags();
  release(descriptor);
  if (value.where == Value::Where::Local) {
    push_local(value.index);
  } else {
    push_value(value);
  }
}

void FunctionCompiler::cast_by_descriptor(ValueType target) {
  test_descriptor(target);
  trap_if(Condition::ne, TrapCode::descriptor_cast_failure);
}

void FunctionCompiler::ref_cast_desc_eq(const imm::HeapType& type) { cast_by_descriptor(ValueType::ref(type.type, false)); }
void FunctionCompiler::ref_cast_desc_eq_null(const imm::HeapType& type) {
  cast_by_descriptor(ValueType::ref(type.type, true));
}

void FunctionCompiler::br_on_cast_desc_eq(const imm::BrOnCast& cast) {
  test_descriptor(cast.to);
  flags_live_ = true;
  branch_if(Test::e, cast.label);
}

void FunctionCompiler::br_on_cast_desc_eq_fail(const imm::BrOnCast& cast) {
  test_descriptor(cast.to);
  flags_live_ = true;
  branch_if(Test::ne, cast.label);
}

}  // namespace wasmrun::baseline
