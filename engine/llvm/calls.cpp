// Calls of functions and of the runtime, traps, and references to functions.
#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

using abi::TrapCode;
using abi::ValuePlace;

// ---- Outside calls.
//
// The trap stub and the builtins take their arguments in registers that are arguments of the guest convention too, and keep no more than
// it does: they are called as guest functions whose other arguments are left open.

namespace {

/// Positions among a guest function's integer arguments.
enum Position : unsigned { kRdi = 4, kRsi, kRdx, kRcx, kR8, kR9, kR11, kRax };

}  // namespace

llvm::CallBase* Translator::call_stub(Value* code, const std::vector<std::pair<unsigned, Value*>>& given, bool may_throw) {
  std::vector<Value*> arguments(kRax + 1);
  for (unsigned i = 0; i < arguments.size(); ++i) arguments[i] = llvm::PoisonValue::get(i == 0 ? c_.ptr : c_.i64);
  for (const auto& [position, value] : given) arguments[position] = b_.CreateZExt(value, c_.i64);
  return call_or_invoke(c_.stub_type, code, arguments, may_throw);
}

/// Does not return: the code in eax, the operand in rcx.
void Translator::trap(TrapCode code, Value* operand) {
  Value* const stub = load_field(c_.ptr, offsetof(abi::InstanceHeader, trap_exit));
  std::vector<std::pair<unsigned, Value*>> arguments = {{kRax, constant32(static_cast<uint32_t>(code))}};
  if (operand) arguments.push_back({kRcx, operand});
  llvm::CallBase* const call = call_stub(stub, arguments);
  call->setDoesNotReturn();
  // Each trap keeps its own place.
  call->addFnAttr(llvm::Attribute::NoMerge);
  call->addFnAttr(llvm::Attribute::Cold);
  b_.CreateUnreachable();
}

void Translator::trap_if(Value* condition, TrapCode code, Value* operand) {
  if (auto* const known = llvm::dyn_cast<llvm::ConstantInt>(condition); known && known->isZero()) return;
  llvm::BasicBlock* const trap_block = new_block();
  llvm::BasicBlock* const next = new_block();
  b_.CreateCondBr(condition, trap_block, next, c_.unlikely);
  go_to(trap_block);
  trap(code, operand);
  go_to(next);
}

llvm::CallBase* Translator::call_builtin(abi::Builtin builtin, const std::vector<Value*>& words, bool may_throw) {
  Value* const builtins = load_field(c_.ptr, offsetof(abi::InstanceHeader, builtins));
  Value* const code = b_.CreateLoad(c_.ptr, field(builtins, static_cast<uint64_t>(builtin) * 8));
  std::vector<std::pair<unsigned, Value*>> arguments = {{kRdi, b_.CreatePtrToInt(instance_, c_.i64)}};
  for (size_t i = 0; i < words.size(); ++i) arguments.push_back({kRsi + static_cast<unsigned>(i), words[i]});
  return call_stub(code, arguments, may_throw);
}

// ---- Values in registers.

llvm::Value* Translator::to_register(Value* value) {
  llvm::Type* const type = value->getType();
  if (type == c_.v128) return value;
  if (type->isFloatingPointTy()) {
    auto* const vector = llvm::FixedVectorType::get(type, type == c_.f32 ? 4 : 2);
    return b_.CreateBitCast(b_.CreateInsertElement(llvm::PoisonValue::get(vector), value, uint64_t{0}), c_.v128);
  }
  return b_.CreateZExt(value, c_.i64);
}

llvm::Value* Translator::from_register(Value* word, module::ValueType type) {
  llvm::Type* const wanted = type_of(type);
  if (wanted == c_.v128) return word;
  if (wanted->isFloatingPointTy()) {
    auto* const vector = llvm::FixedVectorType::get(wanted, wanted == c_.f32 ? 4 : 2);
    return b_.CreateExtractElement(b_.CreateBitCast(word, vector), uint64_t{0});
  }
  return b_.CreateTrunc(word, wanted);
}

llvm::Value* Translator::spill_slot(uint32_t index) {
  Value* const context = load_invariant(c_.ptr, offsetof(abi::InstanceHeader, context));
  Value* const area = b_.CreateLoad(c_.ptr, field(context, offsetof(abi::StoreContext, spill_area)));
  return field(area, uint64_t{index} * sizeof(abi::Slot));
}

// ---- Calls.

Translator::Callee Translator::callee_of(FuncIndex function) {
  if (!c_.wasm.is_imported(function)) return {nullptr, c_.function(function), instance_};
  const uint32_t entry = c_.layout.imported_function(function.value);
  return {load_invariant(c_.ptr, entry + offsetof(abi::FunctionEntry, code)), nullptr,
          load_invariant(c_.ptr, entry + offsetof(abi::FunctionEntry, instance))};
}

uint32_t depth_of(const module::Module& module, TypeIndex type) {
  uint32_t depth = 0;
  for (const module::SubType* each = &module.types[type.value]; each->supertype; each = &module.types[each->supertype->value]) ++depth;
  return depth;
}

Translator::Callee Translator::callee_of(const imm::CallIndirect& target) {
  Value* const index = b_.CreateZExt(pop(), c_.i64);
  Value* const table = table_descriptor(target.second.value);
  const bool is_fixed = c_.tables.is_fixed(target.second);
  Value* const size = is_fixed ? constant64(c_.tables.size(target.second)) : b_.CreateLoad(c_.i64, field(table, offsetof(abi::TableDescriptor, size)));
  trap_if(b_.CreateICmpUGE(index, size), TrapCode::undefined_element);
  llvm::LoadInst* const elements = b_.CreateLoad(c_.ptr, field(table, offsetof(abi::TableDescriptor, elements)));
  llvm::LoadInst* const object = b_.CreateLoad(c_.ptr, b_.CreateGEP(c_.ptr, elements, index));
  if (is_fixed) {
    elements->setMetadata(llvm::LLVMContext::MD_invariant_load, c_.invariant);
    object->setMetadata(llvm::LLVMContext::MD_invariant_load, c_.invariant);
  }
  trap_if(b_.CreateIsNull(object), TrapCode::uninitialized_element, index);

  Value* const tag = b_.CreateLoad(c_.i32, field(object, offsetof(abi::FuncObject, type_tag)));
  Value* const wanted = load_invariant(c_.i32, c_.layout.type_id(target.first.value));
  Value* const is_same = b_.CreateICmpEQ(tag, wanted);
  if (c_.wasm.types[target.first.value].is_final) {
    trap_if(b_.CreateNot(is_same), TrapCode::indirect_call_type_mismatch);
  } else {
    llvm::BasicBlock* const other = new_block();
    llvm::BasicBlock* const next = new_block();
    b_.CreateCondBr(is_same, next, other, c_.likely);
    go_to(other);
    Value* const place = b_.CreateZExt(b_.CreateAnd(tag, constant32(abi::kTagIndexMask)), c_.i64);
    Value* const record = b_.CreateLoad(c_.ptr, b_.CreateGEP(c_.ptr, load_field(c_.ptr, offsetof(abi::InstanceHeader, type_records)), place));
    const uint32_t depth = depth_of(c_.wasm, target.first);
    if (depth >= abi::TypeRecord::kLeastDisplay) {
      Value* const its_depth = b_.CreateLoad(c_.i32, field(record, offsetof(abi::TypeRecord, depth)));
      trap_if(b_.CreateICmpULT(its_depth, constant32(depth)), TrapCode::indirect_call_type_mismatch);
    }
    Value* const shown = b_.CreateLoad(c_.i32, field(record, abi::kDisplayOffset + depth * sizeof(abi::TypeTag)));
    trap_if(b_.CreateICmpNE(shown, wanted), TrapCode::indirect_call_type_mismatch);
    b_.CreateBr(next);
    go_to(next);
  }
  Value* const code = b_.CreateLoad(c_.ptr, field(object, offsetof(abi::FuncObject, code)));
  if (c_.tables.is_own(target.second)) return {code, nullptr, instance_};
  return {code, nullptr, b_.CreateLoad(c_.ptr, field(object, offsetof(abi::FuncObject, instance)))};
}

Translator::Callee Translator::callee_of_reference() {
  Value* const object = b_.CreateIntToPtr(pop(), c_.ptr);
  trap_if(b_.CreateIsNull(object), TrapCode::null_function_reference);
  return {b_.CreateLoad(c_.ptr, field(object, offsetof(abi::FuncObject, code))), nullptr,
          b_.CreateLoad(c_.ptr, field(object, offsetof(abi::FuncObject, instance)))};
}

void Translator::store_spilled(const std::vector<ValuePlace>& places, size_t first) {
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].kind == ValuePlace::Kind::Spill) b_.CreateStore(stack_[first + i], spill_slot(places[i].index));
  }
}

void Translator::emit_call(const module::FuncType& type, const Callee& callee) {
  std::vector<ValuePlace> places;
  abi::assign_parameters(type.params, places);
  const size_t first = stack_.size() - places.size();
  store_spilled(places, first);
  std::vector<Value*> arguments = {callee.instance};
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].kind != ValuePlace::Kind::Spill) arguments.push_back(stack_[first + i]);
  }
  stack_.resize(first);
  llvm::CallBase* const call = call_or_invoke(c_.type_of(type), callee.direct ? callee.direct : callee.code, arguments, true);

  places.clear();
  abi::assign_results(type.results, places);
  unsigned next = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].kind == ValuePlace::Kind::Spill) {
      push(b_.CreateLoad(type_of(type.results[i]), spill_slot(places[i].index)));
    } else {
      push(call->getType()->isStructTy() ? b_.CreateExtractValue(call, next++) : call);
    }
  }
}

void Translator::emit_tail_call(const module::FuncType& type, const Callee& callee) {
  std::vector<ValuePlace> places;
  abi::assign_parameters(type.params, places);
  const size_t first = stack_.size() - places.size();
  store_spilled(places, first);
  std::vector<Value*> arguments(1 + abi::kIntegerArguments + abi::kVectorArguments);
  for (size_t i = 0; i < arguments.size(); ++i) arguments[i] = llvm::PoisonValue::get(c_.wide_type->getParamType(static_cast<unsigned>(i)));
  arguments[0] = callee.instance;
  uint32_t integers = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].kind == ValuePlace::Kind::Spill) continue;
    const bool is_integer = places[i].kind == ValuePlace::Kind::IntegerRegister;
    integers += is_integer;
    arguments[1 + (is_integer ? 0 : abi::kIntegerArguments) + places[i].index] = to_register(stack_[first + i]);
  }
  stack_.resize(first);
  // LLVM jumps through argument registers only, and these have none left.
  if (!callee.direct && integers == abi::kIntegerArguments) fail_unsupported("indirect tail call with every integer register in use");
  llvm::CallInst* const call = b_.CreateCall(c_.wide_type, callee.direct ? callee.direct : callee.code, arguments);
  call->setCallingConv(llvm::CallingConv::PreserveNone);
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  b_.CreateRet(call);
  become_unreachable();
}

void Translator::call(const imm::FuncIndex& given) { emit_call(c_.wasm.func_type(given.index), callee_of(given.index)); }
void Translator::return_call(const imm::FuncIndex& given) { emit_tail_call(c_.wasm.func_type(given.index), callee_of(given.index)); }
void Translator::emit_likely_call(const imm::CallIndirect& given, const FixedTables::Target& target) {
  const module::FuncType& type = c_.wasm.types[given.first.value].func;
  llvm::BasicBlock* const direct = new_block();
  llvm::BasicBlock* const other = new_block();
  llvm::BasicBlock* const next = new_block();
  Value* const index = stack_.back();
  b_.CreateCondBr(b_.CreateICmpEQ(index, llvm::ConstantInt::get(index->getType(), target.element)), direct, other, c_.likely);

  const std::vector<Value*> operands = stack_;
  go_to(direct);
  pop();
  emit_call(type, callee_of(target.function));
  const std::vector<Value*> direct_results(stack_.end() - static_cast<ptrdiff_t>(type.results.size()), stack_.end());
  llvm::BasicBlock* const direct_end = b_.GetInsertBlock();
  b_.CreateBr(next);

  stack_ = operands;
  go_to(other);
  const Callee callee = callee_of(given);
  emit_call(type, callee);
  llvm::BasicBlock* const other_end = b_.GetInsertBlock();
  b_.CreateBr(next);

  go_to(next);
  for (size_t i = 0; i < direct_results.size(); ++i) {
    Value*& result = stack_[stack_.size() - direct_results.size() + i];
    llvm::PHINode* const phi = b_.CreatePHI(result->getType(), 2);
    phi->addIncoming(direct_results[i], direct_end);
    phi->addIncoming(result, other_end);
    result = phi;
  }
}

void Translator::call_indirect(const imm::CallIndirect& given) {
  if (const auto only = c_.tables.only_target(given.second, given.first)) {
    emit_likely_call(given, *only);
    return;
  }
  const Callee callee = callee_of(given);
  emit_call(c_.wasm.types[given.first.value].func, callee);
}
void Translator::return_call_indirect(const imm::CallIndirect& given) {
  const Callee callee = callee_of(given);
  emit_tail_call(c_.wasm.types[given.first.value].func, callee);
}
void Translator::call_ref(const imm::TypeIndex& given) {
  const Callee callee = callee_of_reference();
  emit_call(c_.wasm.types[given.index.value].func, callee);
}
void Translator::return_call_ref(const imm::TypeIndex& given) {
  const Callee callee = callee_of_reference();
  emit_tail_call(c_.wasm.types[given.index.value].func, callee);
}

// ---- References.

void Translator::ref_null(const imm::HeapType&) { push(constant64(0)); }
void Translator::ref_is_null() { push_bool(b_.CreateICmpEQ(pop(), constant64(0))); }
void Translator::ref_func(const imm::FuncIndex& given) {
  push(b_.CreatePtrToInt(field(instance_, c_.layout.func_object(c_.wasm.reference_slot(given.index))), c_.i64));
}

}  // namespace wasmrun::llvm_compiler
