// Reading and writing structs and arrays, and i31. A reference is a distance from the heap's base; see abi/object_layout.h.
//
// The collector knows a live object by a word on the stack that is its reference, or lies inside it. So that LLVM keeps such a word:
// an address is made where it is used, from a base that is loaded again after every call. No call is crossed by an address, only by
// references, which the next access needs; and the length of an array is no constant for LLVM, so its check needs the reference too.
#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

using abi::Builtin;
using abi::FieldLayout;
using abi::TrapCode;

// ---- The heap.

llvm::Value* Translator::heap_base() {
  return touching(b_.CreateLoad(c_.ptr, field(instance_, offsetof(abi::InstanceHeader, gc_base))), HeapAccess::Header);
}

llvm::Value* Translator::object_address(Value* reference) { return b_.CreateGEP(c_.i8, heap_base(), reference); }

llvm::Value* Translator::load_tag(Value* reference) { return touching(b_.CreateLoad(c_.i32, object_address(reference)), HeapAccess::Tag); }

void Translator::trap_if_null(Value* reference, TrapCode code) { trap_if(b_.CreateIsNull(reference), code); }

namespace {

/// Objects begin at multiples of 8, and nothing in them is aligned more.
llvm::Align align_of(const FieldLayout& layout) { return llvm::Align(uint64_t{1} << std::min<uint8_t>(layout.size_log2, 3)); }

}  // namespace

llvm::Type* Translator::stored_type(const FieldLayout& layout, module::ValueType type) const {
  switch (layout.storage) {
    case FieldLayout::Storage::I8: return c_.i8;
    case FieldLayout::Storage::I16: return c_.i16;
    case FieldLayout::Storage::Reference: return c_.i32;
    case FieldLayout::Storage::Number:
    case FieldLayout::Storage::Word: break;
  }
  return type_of(type);
}

llvm::Value* Translator::load_item(const Item& item, bool is_signed) {
  llvm::LoadInst* const load = b_.CreateAlignedLoad(stored_type(item.layout, item.type), item.address, align_of(item.layout));
  touching(load, item.access, item.which);
  llvm::Type* const wanted = type_of(item.type);
  if (load->getType() == wanted) return load;
  return is_signed ? b_.CreateSExt(load, wanted) : b_.CreateZExt(load, wanted);
}

/// What was stored before a trap is seen after it: where a load from memory may trap, the store must not be left out for a later one.
void Translator::store_item(const Item& item, Value* value, bool is_new) {
  llvm::Type* const stored = stored_type(item.layout, item.type);
  if (stored != value->getType()) value = b_.CreateTrunc(value, stored);
  llvm::StoreInst* const store = b_.CreateAlignedStore(value, item.address, align_of(item.layout), !is_new && !c_.wasm.memories.empty());
  touching(store, item.access, item.which);
}

Translator::Item Translator::field_of(Value* reference, TypeIndex type, uint32_t index) {
  const FieldLayout& layout = c_.objects.field(type, index);
  return {field(object_address(reference), layout.offset), layout, c_.wasm.types[type.value].fields[index].type, HeapAccess::Field, layout.offset};
}

/// The element of an index that was checked.
Translator::Item Translator::element_of(Value* reference, TypeIndex type, Value* index) {
  const FieldLayout& layout = c_.objects.element(type);
  const module::ValueType value_type = c_.wasm.types[type.value].fields[0].type;
  Value* const first = field(object_address(reference), abi::kArrayElementsOffset);
  Value* const address = b_.CreateGEP(stored_type(layout, value_type), first, b_.CreateZExt(index, c_.i64));
  // Objects differ where elements are stored differently.
  return {address, layout, value_type, HeapAccess::Element, static_cast<uint32_t>(layout.storage) << 8 | layout.size_log2};
}

llvm::Value* Translator::array_length(Value* reference) {
  return touching(b_.CreateLoad(c_.i32, field(object_address(reference), abi::kArrayLengthOffset)), HeapAccess::Length);
}

/// Checks what lies in front of every access to elements. Where the heap begins there are zeros: null has no element.
void Translator::check_element(Value* reference, Value* index) {
  llvm::BasicBlock* const outside = new_block();
  llvm::BasicBlock* const next = new_block();
  b_.CreateCondBr(b_.CreateICmpUGE(index, array_length(reference)), outside, next, c_.unlikely);
  go_to(outside);
  trap_if_null(reference, TrapCode::null_array_reference);
  trap(TrapCode::array_out_of_bounds, nullptr);
  go_to(next);
}

// ---- Structs.

void Translator::get_field(const imm::TypeField& given, bool is_signed) {
  Value* const reference = pop();
  trap_if_null(reference, TrapCode::null_structure_reference);
  push(load_item(field_of(reference, given.first, given.second.value), is_signed));
}

void Translator::struct_get(const imm::TypeField& given) { get_field(given, false); }
void Translator::struct_get_s(const imm::TypeField& given) { get_field(given, true); }
void Translator::struct_get_u(const imm::TypeField& given) { get_field(given, false); }

void Translator::struct_set(const imm::TypeField& given) {
  Value* const value = pop();
  Value* const reference = pop();
  trap_if_null(reference, TrapCode::null_structure_reference);
  store_item(field_of(reference, given.first, given.second.value), value, false);
}

// ---- Arrays.

void Translator::get_element(TypeIndex type, bool is_signed) {
  Value* const index = pop();
  Value* const reference = pop();
  check_element(reference, index);
  push(load_item(element_of(reference, type, index), is_signed));
}

void Translator::array_get(const imm::TypeIndex& given) { get_element(given.index, false); }
void Translator::array_get_s(const imm::TypeIndex& given) { get_element(given.index, true); }
void Translator::array_get_u(const imm::TypeIndex& given) { get_element(given.index, false); }

void Translator::array_set(const imm::TypeIndex& given) {
  Value* const value = pop();
  Value* const index = pop();
  Value* const reference = pop();
  check_element(reference, index);
  store_item(element_of(reference, given.index, index), value, false);
}

void Translator::array_len() {
  Value* const reference = pop();
  trap_if_null(reference, TrapCode::null_array_reference);
  push(array_length(reference));
}

/// Stores `value` at `count` elements from `first` on.
void Translator::fill_elements(Value* reference, TypeIndex type, Value* first, Value* count, Value* value, bool is_new) {
  llvm::BasicBlock* const before = b_.GetInsertBlock();
  llvm::BasicBlock* const loop = new_block();
  llvm::BasicBlock* const next = new_block();
  b_.CreateCondBr(b_.CreateIsNull(count), next, loop);
  go_to(loop);
  llvm::PHINode* const done = b_.CreatePHI(c_.i32, 2);
  done->addIncoming(constant32(0), before);
  store_item(element_of(reference, type, b_.CreateNUWAdd(first, done)), value, is_new);
  Value* const more = b_.CreateNUWAdd(done, constant32(1));
  done->addIncoming(more, loop);
  b_.CreateCondBr(b_.CreateICmpEQ(more, count), next, loop);
  go_to(next);
}

void Translator::array_fill(const imm::TypeIndex& given) {
  Value* const count = pop();
  Value* const value = pop();
  Value* const index = pop();
  Value* const reference = pop();
  trap_if_null(reference, TrapCode::null_array_reference);
  Value* const end = b_.CreateAdd(b_.CreateZExt(index, c_.i64), b_.CreateZExt(count, c_.i64));
  trap_if(b_.CreateICmpUGT(end, b_.CreateZExt(array_length(reference), c_.i64)), TrapCode::array_out_of_bounds);
  fill_elements(reference, given.index, index, count, value, false);
}

void Translator::array_copy(const imm::TypePair&) {
  std::vector<Value*> words(stack_.end() - 5, stack_.end());
  stack_.resize(stack_.size() - 5);
  call_builtin(Builtin::array_copy, words);
}

void Translator::array_init_data(const imm::TypeData& given) { bulk(Builtin::array_init_data, given.second.value, 4); }
void Translator::array_init_elem(const imm::TypeElem& given) { bulk(Builtin::array_init_elem, given.second.value, 4); }

// ---- i31, and what needs no object.

void Translator::ref_i31() {
  Value* const shifted = b_.CreateShl(pop(), constant32(1));
  push(b_.CreateZExt(b_.CreateOr(shifted, constant32(1)), c_.i64));
}

void Translator::get_i31(bool is_signed) {
  Value* const reference = pop();
  trap_if_null(reference, TrapCode::null_i31_reference);
  Value* const low = b_.CreateTrunc(reference, c_.i32);
  push(is_signed ? b_.CreateAShr(low, constant32(1)) : b_.CreateLShr(low, constant32(1)));
}

void Translator::i31_get_s() { get_i31(true); }
void Translator::i31_get_u() { get_i31(false); }

// Both hierarchies write references alike.
void Translator::any_convert_extern() {}
void Translator::extern_convert_any() {}

void Translator::ref_eq() {
  Value* const right = pop();
  Value* const left = pop();
  push_bool(b_.CreateICmpEQ(left, right));
}

}  // namespace wasmrun::llvm_compiler
