// Tests and casts of references, also by descriptor.
//
// A tag is compared with the target's first. A type that may have subtypes also finds its tag in the display of theirs, at its own
// depth. The memory at the heap's base is zero, so null has a tag that is of no type.
#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

using abi::TrapCode;
using module::AbstractHeapType;
using module::HeapType;
using module::ValueType;

/// Several ways to one answer.
void Translator::answer_if(Answer& answer, Value* condition, bool value) {
  if (!answer.block) answer.block = new_block();
  llvm::BasicBlock* const next = new_block();
  answer.known.emplace_back(b_.getInt1(value), b_.GetInsertBlock());
  b_.CreateCondBr(condition, answer.block, next);
  go_to(next);
}

llvm::Value* Translator::finish(Answer& answer, Value* otherwise) {
  if (!answer.block) return otherwise;
  answer.known.emplace_back(otherwise, b_.GetInsertBlock());
  b_.CreateBr(answer.block);
  go_to(answer.block);
  llvm::PHINode* const result = b_.CreatePHI(c_.i1, static_cast<unsigned>(answer.known.size()));
  for (const auto& [value, block] : answer.known) result->addIncoming(value, block);
  return result;
}

/// Whether an object or function with this tag is of the type.
llvm::Value* Translator::tag_is_of(Value* tag, HeapType type) {
  Value* const wanted = load_invariant(c_.i32, c_.layout.type_id(type.index().value));
  Value* const is_same = b_.CreateICmpEQ(tag, wanted);
  if (c_.wasm.types[type.index().value].is_final || type.is_exact()) return is_same;
  Answer answer;
  answer_if(answer, is_same, true);
  Value* const place = b_.CreateZExt(b_.CreateAnd(tag, constant32(abi::kTagIndexMask)), c_.i64);
  Value* const records = touching(b_.CreateLoad(c_.ptr, field(instance_, offsetof(abi::InstanceHeader, type_records))), HeapAccess::Header);
  Value* const record = touching(b_.CreateLoad(c_.ptr, b_.CreateGEP(c_.ptr, records, place)), HeapAccess::Header);
  const uint32_t depth = depth_of(c_.wasm, type.index());
  if (depth >= abi::TypeRecord::kLeastDisplay) {
    Value* const its_depth = b_.CreateLoad(c_.i32, field(record, offsetof(abi::TypeRecord, depth)));
    answer_if(answer, b_.CreateICmpULT(its_depth, constant32(depth)), false);
  }
  Value* const shown = touching(b_.CreateLoad(c_.i32, field(record, abi::kDisplayOffset + depth * sizeof(abi::TypeTag))), HeapAccess::Header);
  return finish(answer, b_.CreateICmpEQ(shown, wanted));
}

llvm::Value* Translator::is_of(Value* reference, ValueType target) {
  const HeapType type = target.heap_type();
  Value* const is_null = b_.CreateIsNull(reference);
  const auto is_i31 = [&] { return b_.CreateTrunc(reference, c_.i1); };
  const auto kind_of = [&] { return b_.CreateLShr(load_tag(reference), constant32(abi::kTagKindShift)); };
  const auto kind_is = [&](abi::TagKind kind) { return b_.CreateICmpEQ(kind_of(), constant32(static_cast<uint32_t>(kind))); };
  Answer answer;
  if (type.is_index()) {
    const bool is_function = c_.wasm.types[type.index().value].kind == module::SubType::Kind::Func;
    if (is_function || target.nullable()) answer_if(answer, is_null, target.nullable());
    if (is_function) {
      Value* const object = b_.CreateIntToPtr(reference, c_.ptr);
      return finish(answer, tag_is_of(b_.CreateLoad(c_.i32, field(object, offsetof(abi::FuncObject, type_tag))), type));
    }
    answer_if(answer, is_i31(), false);
    return finish(answer, tag_is_of(load_tag(reference), type));
  }
  switch (type.abstract()) {
    case AbstractHeapType::Any:
    case AbstractHeapType::Extern:
    case AbstractHeapType::Func:
    case AbstractHeapType::Exn: return target.nullable() ? b_.getTrue() : b_.CreateNot(is_null);
    case AbstractHeapType::None:
    case AbstractHeapType::NoExtern:
    case AbstractHeapType::NoFunc:
    case AbstractHeapType::NoExn: return target.nullable() ? is_null : b_.getFalse();
    case AbstractHeapType::I31: return target.nullable() ? b_.CreateOr(is_i31(), is_null) : is_i31();
    case AbstractHeapType::Eq:
      if (target.nullable()) answer_if(answer, is_null, true);
      answer_if(answer, is_i31(), true);
      return finish(answer, b_.CreateOr(kind_is(abi::TagKind::Struct), kind_is(abi::TagKind::Array)));
    case AbstractHeapType::Struct:
    case AbstractHeapType::Array:
      if (target.nullable()) answer_if(answer, is_null, true);
      answer_if(answer, is_i31(), false);
      return finish(answer, kind_is(type.abstract() == AbstractHeapType::Struct ? abi::TagKind::Struct : abi::TagKind::Array));
  }
  return b_.getFalse();
}

// ---- ref.test and ref.cast.

void Translator::ref_test(const imm::HeapType& given) { push_bool(is_of(pop(), ValueType::ref(given.type, false))); }
void Translator::ref_test_null(const imm::HeapType& given) { push_bool(is_of(pop(), ValueType::ref(given.type, true))); }

/// The reference stays on the stack.
void Translator::cast(ValueType target) { trap_if(b_.CreateNot(is_of(stack_.back(), target)), TrapCode::cast_failure); }
void Translator::ref_cast(const imm::HeapType& given) { cast(ValueType::ref(given.type, false)); }
void Translator::ref_cast_null(const imm::HeapType& given) { cast(ValueType::ref(given.type, true)); }

void Translator::br_on_cast(const imm::BrOnCast& given) { branch_if(is_of(stack_.back(), given.to), given.label); }
void Translator::br_on_cast_fail(const imm::BrOnCast& given) { branch_if(b_.CreateNot(is_of(stack_.back(), given.to)), given.label); }

// ---- References that may be null.

void Translator::ref_as_non_null() { trap_if_null(stack_.back(), TrapCode::null_reference); }

void Translator::br_on_null(const imm::LabelIndex& given) {
  Value* const reference = pop();
  branch_if(b_.CreateIsNull(reference), given.index);
  push(reference);
}

void Translator::br_on_non_null(const imm::LabelIndex& given) {
  branch_if(b_.CreateIsNotNull(stack_.back()), given.index);
  pop();
}

// ---- Descriptors. An object whose type has one refers to it.

Translator::Item Translator::descriptor_of(Value* reference, TypeIndex type) {
  const uint32_t offset = c_.objects.descriptor_offset(type);
  uint32_t end = offset;
  return {field(object_address(reference), offset), abi::lay_descriptor(end), ValueType::ref(AbstractHeapType::Any, true), HeapAccess::Field, offset};
}

void Translator::ref_get_desc(const imm::TypeIndex& given) {
  Value* const reference = pop();
  trap_if_null(reference, TrapCode::null_reference);
  push(load_item(descriptor_of(reference, given.index), false));
}

/// Pops a descriptor; whether the reference below, which stays, is of the target type and has it.
llvm::Value* Translator::has_descriptor(ValueType target) {
  Value* const wanted = pop();
  trap_if_null(wanted, TrapCode::null_descriptor_reference);
  Value* const reference = stack_.back();
  Answer answer;
  if (target.nullable()) answer_if(answer, b_.CreateIsNull(reference), true);
  answer_if(answer, b_.CreateNot(is_of(reference, ValueType::ref(target.heap_type(), false))), false);
  return finish(answer, b_.CreateICmpEQ(load_item(descriptor_of(reference, target.heap_type().index()), false), wanted));
}

void Translator::cast_by_descriptor(ValueType target) { trap_if(b_.CreateNot(has_descriptor(target)), TrapCode::descriptor_cast_failure); }
void Translator::ref_cast_desc_eq(const imm::HeapType& given) { cast_by_descriptor(ValueType::ref(given.type, false)); }
void Translator::ref_cast_desc_eq_null(const imm::HeapType& given) { cast_by_descriptor(ValueType::ref(given.type, true)); }

void Translator::br_on_cast_desc_eq(const imm::BrOnCast& given) { branch_if(has_descriptor(given.to), given.label); }
void Translator::br_on_cast_desc_eq_fail(const imm::BrOnCast& given) { branch_if(b_.CreateNot(has_descriptor(given.to)), given.label); }

}  // namespace wasmrun::llvm_compiler
