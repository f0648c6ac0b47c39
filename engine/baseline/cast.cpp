// Tests and casts of references. All leave the zero flag set where the reference is of the target type.
//
// A tag is compared with the target's first. A type that may have subtypes also finds its tag in the display of theirs, at its
// own depth. The memory at the heap's base is zero, so null has a tag that is of no type.
#include "engine/baseline/function_compiler.h"
#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

using module::AbstractHeapType;
using module::HeapType;
using module::ValueType;

namespace {

uint32_t depth_of(const module::Module& module, TypeIndex type) {
  uint32_t depth = 0;
  for (auto super = module.types[type.value].supertype; super; super = module.types[super->value].supertype) ++depth;
  return depth;
}

}  // namespace

void FunctionCompiler::test_tag(HeapType type, x64::Label& done) {
  const Mem wanted(kInstance, static_cast<int32_t>(layout_.type_id(type.index().value)));
  asm_.cmp(Width::W32, kScratch, wanted);
  if (module_.types[type.index().value].is_final || type.is_exact()) return;
  asm_.jcc(Condition::e, done);
  asm_.and_(Width::W32, kScratch, static_cast<int32_t>(abi::kTagIndexMask));
  asm_.shl(Width::W64, kScratch, 3);
  asm_.add(Width::W64, kScratch, Mem(kInstance, offsetof(abi::InstanceHeader, type_records)));
  asm_.mov(Width::W64, kScratch, Mem(kScratch));
  const uint32_t depth = depth_of(module_, type.index());
  if (depth >= abi::TypeRecord::kLeastDisplay) {
    asm_.cmp(Width::W32, Mem(kScratch, offsetof(abi::TypeRecord, depth)), static_cast<int32_t>(depth));
    asm_.jcc(Condition::b, done);  // not equal, then
  }
  asm_.mov(Width::W32, kScratch, Mem(kScratch, abi::kDisplayOffset + static_cast<int32_t>(depth * sizeof(abi::TypeTag))));
  asm_.cmp(Width::W32, kScratch, wanted);
}

FunctionCompiler::CastTest FunctionCompiler::cast_top(ValueType target) {
  const HeapType type = target.heap_type();
  const auto is_null_test = [&](Test test) {
    Value value = pop();
    test_value(value);
    if (value.where == Value::Where::Local) {
      push_local(value.index);
    } else {
      push_value(value);
    }
    return CastTest{std::nullopt, test};
  };
  if (!type.is_index()) {
    switch (type.abstract()) {
      case AbstractHeapType::Any:
      case AbstractHeapType::Extern:
      case AbstractHeapType::Func:
      case AbstractHeapType::Exn:
        if (target.nullable()) return {true, Test::e};
        return is_null_test(Test::ne);
      case AbstractHeapType::None:
      case AbstractHeapType::NoExtern:
      case AbstractHeapType::NoFunc:
      case AbstractHeapType::NoExn:
        if (!target.nullable()) return {false, Test::e};
        return is_null_test(Test::e);
      case AbstractHeapType::Eq:
      case AbstractHeapType::I31:
      case AbstractHeapType::Struct:
      case AbstractHeapType::Array: break;
    }
  }

  Value value = pop();
  const Gpr reference = gpr(value);
  instance();
  x64::Label done;
  if (target.nullable()) {
    asm_.test(Width::W64, reference, reference);
    asm_.jcc(Condition::e, done);
  }
  const auto load_tag = [&] {
    load_heap_base();
    asm_.mov(Width::W32, kScratch, Mem(kScratch, reference, 0));
  };
  // What an i31 is not: below, the zero flag is clear if it is one.
  const auto refuse_i31 = [&] {
    asm_.test(Width::W32, reference, 1);
    asm_.jcc(Condition::ne, done);
  };
  if (type.is_index() && module_.types[type.index().value].kind == module::SubType::Kind::Func) {
    if (!target.nullable()) {
      asm_.cmp(Width::W64, reference, 1);
      asm_.jcc(Condition::b, done);  // null: not equal
    }
    asm_.mov(Width::W32, kScratch, Mem(reference, offsetof(abi::FuncObject, type_tag)));
    test_tag(type, done);
  } else if (type.is_index()) {
    refuse_i31();
    load_tag();
    test_tag(type, done);
  } else if (type.abstract() == AbstractHeapType::I31 || type.abstract() == AbstractHeapType::Eq) {
    asm_.mov(Width::W32, kScratch, reference);
    asm_.and_(Width::W32, kScratch, 1);
    asm_.xor_(Width::W32, kScratch, 1);
    if (type.abstract() == AbstractHeapType::Eq) {
      asm_.jcc(Condition::e, done);
      load_tag();
      // Struct and Array are 1 and 2: less one, and without the lowest bit, they are zero and others are not.
      asm_.shr(Width::W32, kScratch, abi::kTagKindShift);
      asm_.sub(Width::W32, kScratch, 1);
      asm_.shr(Width::W32, kScratch, 1);
    }
  } else {
    refuse_i31();
    load_tag();
    asm_.shr(Width::W32, kScratch, abi::kTagKindShift);
    const bool is_struct = type.abstract() == AbstractHeapType::Struct;
    asm_.cmp(Width::W32, kScratch, static_cast<int32_t>(is_struct ? abi::TagKind::Struct : abi::TagKind::Array));
  }
  asm_.bind(done);
  forget_flags();
  if (value.where == Value::Where::Local) {
    push_local(value.index);
  } else {
    push_value(value);
  }
  return {std::nullopt, Test::e};
}

// ---- ref.test.

void FunctionCompiler::test_reference(HeapType type, bool nullable) {
  const CastTest test = cast_top(ValueType::ref(type, nullable));
  release(pop());
  if (test.constant) return push_constant(ValueKind::I32, *test.constant);
  push_test(test.test);
}

void FunctionCompiler::ref_test(const imm::HeapType& type) { test_reference(type.type, false); }
void FunctionCompiler::ref_test_null(const imm::HeapType& type) { test_reference(type.type, true); }

// ---- ref.cast.

void FunctionCompiler::cast(ValueType target) {
  const CastTest test = cast_top(target);
  if (!test.constant) return trap_if(static_cast<Condition>(negate(test.test)), TrapCode::cast_failure);
  if (!*test.constant) asm_.jmp(trap_label(TrapCode::cast_failure));
}

void FunctionCompiler::ref_cast(const imm::HeapType& type) { cast(ValueType::ref(type.type, false)); }
void FunctionCompiler::ref_cast_null(const imm::HeapType& type) { cast(ValueType::ref(type.type, true)); }

// ---- br_on_cast. The reference stays on the stack on both ways.

void FunctionCompiler::branch_on_cast(LabelIndex label, ValueType target, bool on_success) {
  CastTest test = cast_top(target);
  if (test.constant) {
    if (*test.constant != on_success) return;
    // Always, but what follows is still compiled as if it could be reached.
    asm_.cmp(Width::W64, Gpr::rsp, Gpr::rsp);
    test.test = on_success ? Test::e : Test::ne;  // equal
  }
  flags_live_ = true;
  branch_if(on_success ? test.test : negate(test.test), label);
}

void FunctionCompiler::br_on_cast(const imm::BrOnCast& cast) { branch_on_cast(cast.label, cast.to, true); }
void FunctionCompiler::br_on_cast_fail(const imm::BrOnCast& cast) { branch_on_cast(cast.label, cast.to, false); }

}  // namespace wasmrun::baseline
