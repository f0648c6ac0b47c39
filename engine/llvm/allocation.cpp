// Making objects: from the memory that the collector set apart, inline; where that does not do, by InstanceHeader::gc_allocate, which
// keeps the registers of the code around it.
#include <llvm/IR/InlineAsm.h>

#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

using abi::Builtin;
using abi::TrapCode;

// ---- Allocation.

/// gc_allocate takes and gives r11 and wants the instance in r12. Of vector registers it keeps what WebAssembly knows, 128 bits; LLVM
/// may use more of them.
llvm::Value* Translator::allocate_slowly(TypeIndex type, Value* length) {
  static const std::string kCall = "callq *" + std::to_string(offsetof(abi::InstanceHeader, gc_allocate)) + "(%r12)";
  static const std::string kRegisters = [] {
    std::string text = "={r11},{r11},{r12},~{memory},~{dirflag},~{fpsr},~{flags}";
    for (int i = 0; i < 16; ++i) text += ",~{xmm" + std::to_string(i) + "}";
    return text;
  }();
  auto* const call_type = llvm::FunctionType::get(c_.i64, {c_.i64, c_.ptr}, false);
  Value* const request = b_.CreateOr(b_.CreateShl(b_.CreateZExt(length, c_.i64), constant64(32)), constant64(type.value));
  llvm::CallInst* const call = b_.CreateCall(call_type, llvm::InlineAsm::get(call_type, kCall, kRegisters, true, true), {request, instance_});
  call->setDoesNotThrow();
  return call;
}

/// The context of instance and store, where the next object goes.
llvm::Value* Translator::store_context_field(uint64_t offset) {
  return field(load_invariant(c_.ptr, offsetof(abi::InstanceHeader, context)), offset);
}

/// A new object of `size_bytes`, whose fields or elements are zero; `length` is 0 for a struct. `is_small`: whether it is among those
/// that are made inline; null: it is.
llvm::Value* Translator::allocate(TypeIndex type, Value* size_bytes, Value* length, Value* is_small) {
  llvm::BasicBlock* const fast = new_block();
  llvm::BasicBlock* const slow = new_block();
  llvm::BasicBlock* const done = new_block();
  if (is_small) {
    llvm::BasicBlock* const small = new_block();
    b_.CreateCondBr(is_small, small, slow, c_.likely);
    go_to(small);
  }
  Value* const next_place = store_context_field(offsetof(abi::StoreContext, gc_next));
  Value* const reference = touching(b_.CreateLoad(c_.i64, next_place), HeapAccess::Next);
  Value* const end = b_.CreateNUWAdd(reference, size_bytes);
  Value* const limit = touching(b_.CreateLoad(c_.i64, store_context_field(offsetof(abi::StoreContext, gc_limit))), HeapAccess::Next);
  b_.CreateCondBr(b_.CreateICmpULE(end, limit), fast, slow, c_.likely);

  // Volatile: where an interrupt stops the guest, every object that another names has its tag.
  go_to(fast);
  touching(b_.CreateStore(end, next_place, true), HeapAccess::Next);
  Value* const tag = load_invariant(c_.i32, c_.layout.type_id(type.value));
  Value* const object = object_address(reference);
  touching(b_.CreateStore(tag, object, true), HeapAccess::Tag);
  if (c_.wasm.types[type.value].kind == module::SubType::Kind::Array) {
    touching(b_.CreateStore(length, field(object, abi::kArrayLengthOffset), true), HeapAccess::Length);
  }
  b_.CreateBr(done);

  go_to(slow);
  Value* const other = allocate_slowly(type, length);
  b_.CreateBr(done);

  go_to(done);
  llvm::PHINode* const result = b_.CreatePHI(c_.i64, 2);
  result->addIncoming(reference, fast);
  result->addIncoming(other, slow);
  return result;
}

llvm::Value* Translator::allocate(TypeIndex type, uint64_t size_bytes, uint32_t length) {
  if (size_bytes > abi::kInlineObjectBytes) return allocate_slowly(type, constant32(length));
  return allocate(type, constant64(size_bytes), constant32(length), nullptr);
}

// ---- Structs.

namespace {

/// Fresh memory is zero. -0.0 is not.
bool is_zero(const llvm::Value* value) {
  const auto* const constant = llvm::dyn_cast<llvm::Constant>(value);
  return constant && constant->isNullValue();
}

}  // namespace

void Translator::new_struct(TypeIndex type, bool is_default) {
  const module::SubType& sub_type = c_.wasm.types[type.value];
  Value* descriptor = nullptr;
  if (sub_type.descriptor) {
    descriptor = pop();
    trap_if_null(descriptor, TrapCode::null_descriptor_reference);
  }
  Value* const reference = allocate(type, c_.objects.size_bytes(type), 0);
  if (descriptor) store_item(descriptor_of(reference, type), descriptor, true);
  for (size_t i = is_default ? 0 : sub_type.fields.size(); i-- > 0;) {
    Value* const value = pop();
    if (!is_zero(value)) store_item(field_of(reference, type, static_cast<uint32_t>(i)), value, true);
  }
  push(reference);
}

void Translator::struct_new(const imm::TypeIndex& given) { new_struct(given.index, false); }
void Translator::struct_new_default(const imm::TypeIndex& given) { new_struct(given.index, true); }
void Translator::struct_new_desc(const imm::TypeIndex& given) { new_struct(given.index, false); }
void Translator::struct_new_default_desc(const imm::TypeIndex& given) { new_struct(given.index, true); }

// ---- Arrays.

llvm::Value* Translator::allocate_array(TypeIndex type, Value* length) {
  const uint8_t log2 = c_.objects.element(type).size_log2;
  Value* const is_small = b_.CreateICmpULE(length, constant32((abi::kInlineObjectBytes - abi::kArrayElementsOffset) >> log2));
  Value* const elements = b_.CreateShl(b_.CreateZExt(length, c_.i64), constant64(log2));
  Value* const size = b_.CreateAnd(b_.CreateAdd(elements, constant64(abi::kArrayElementsOffset + 7)), constant64(~uint64_t{7}));
  return allocate(type, size, length, is_small);
}

void Translator::array_new(const imm::TypeIndex& given) {
  Value* const length = pop();
  Value* const value = pop();
  Value* const reference = allocate_array(given.index, length);
  if (!is_zero(value)) fill_elements(reference, given.index, constant32(0), length, value, true);
  push(reference);
}

void Translator::array_new_default(const imm::TypeIndex& given) { push(allocate_array(given.index, pop())); }

void Translator::array_new_fixed(const imm::TypeCount& given) {
  const uint64_t end = abi::kArrayElementsOffset + (uint64_t{given.count} << c_.objects.element(given.type).size_log2);
  Value* const reference = allocate(given.type, abi::object_size(end), given.count);
  for (uint32_t i = given.count; i-- > 0;) {
    Value* const value = pop();
    if (!is_zero(value)) store_item(element_of(reference, given.type, constant32(i)), value, true);
  }
  push(reference);
}

void Translator::new_array_from_segment(Builtin builtin, TypeIndex type, uint32_t segment) {
  Value* const length = pop();
  Value* const offset = pop();
  push(call_builtin(builtin, {constant64(uint64_t{type.value} << 32 | segment), offset, length}));
}

void Translator::array_new_data(const imm::TypeData& given) { new_array_from_segment(Builtin::array_new_data, given.first, given.second.value); }
void Translator::array_new_elem(const imm::TypeElem& given) { new_array_from_segment(Builtin::array_new_elem, given.first, given.second.value); }

}  // namespace wasmrun::llvm_compiler
