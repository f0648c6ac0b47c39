// drop and select.
#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

void FunctionCompiler::drop() { release(pop()); }

void FunctionCompiler::select() {
  const Test test = pop_condition();
  Value second = pop();
  Value first = pop();
  const ValueKind kind = first.kind;
  if (is_vector_class(kind)) {
    const Xmm dst = own_xmm(first);
    x64::Label keep;
    jump_if(test, keep);
    load(dst, second);
    asm_.bind(keep);
    flags_live_ = false;
    release(second);
    return push(kind, dst);
  }

  const Width width = is_64_bit(kind) ? Width::W64 : Width::W32;
  const auto move_if = [&](Condition condition, Gpr dst, Value& value) {
    if (in_memory(value)) {
      asm_.cmov(condition, width, dst, memory(value));
    } else {
      asm_.cmov(condition, width, dst, gpr(value));
    }
  };
  Gpr dst;
  if (test == Test::FloatNotEqual) {
    if (!in_memory(first)) gpr(first);
    dst = result_from(second, first);
    move_if(Condition::ne, dst, first);
    move_if(Condition::p, dst, first);
    release(first);
  } else {
    if (!in_memory(second)) gpr(second);
    dst = result_from(first, second);
    if (test == Test::FloatEqual) {
      move_if(Condition::ne, dst, second);
      move_if(Condition::p, dst, second);
    } else {
      move_if(static_cast<Condition>(negate(test)), dst, second);
    }
    release(second);
  }
  flags_live_ = false;
  push(kind, dst);
}

void FunctionCompiler::select_t(const imm::SelectTypes&) { select(); }

}  // namespace wasmrun::baseline
