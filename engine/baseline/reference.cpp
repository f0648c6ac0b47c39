// Instructions on references: 64-bit words, null is 0.
#include "engine/baseline/function_compiler.h"
#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

void FunctionCompiler::ref_null(const imm::HeapType&) { push_constant(ValueKind::Ref, 0); }

void FunctionCompiler::ref_is_null() { equal_to_zero(); }

void FunctionCompiler::ref_func(const imm::FuncIndex& function) {
  instance();
  const Gpr dst = result_gpr();
  asm_.lea(Width::W64, dst, Mem(kInstance, static_cast<int32_t>(layout_.func_object(module_.reference_slot(function.index)))));
  push(ValueKind::Ref, dst);
}

void FunctionCompiler::ref_as_non_null() {
  Value reference = pop();
  test_value(reference);
  trap_if(Condition::e, TrapCode::null_reference);
  push_again(reference);
}

}  // namespace wasmrun::baseline
