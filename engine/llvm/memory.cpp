// Memories, tables and globals.
//
// Accesses are volatile: each may trap, and a trap must neither vanish nor move past another effect.
#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

using abi::Builtin;
using abi::TrapCode;

llvm::Value* Translator::load_invariant(llvm::Type* type, uint64_t offset) {
  llvm::LoadInst* const load = b_.CreateLoad(type, field(instance_, offset));
  load->setMetadata(llvm::LLVMContext::MD_invariant_load, c_.invariant);
  return load;
}

// ---- Addresses.

bool Translator::is_memory64(uint32_t memory) const { return c_.wasm.memories[memory].limits.address_type == module::AddressType::I64; }

llvm::Value* Translator::memory_base(uint32_t memory) {
  if (memory == 0) return memory0_base_ ? memory0_base_ : load_field(c_.ptr, offsetof(abi::InstanceHeader, memory0_base));
  Value* const descriptor = load_invariant(c_.ptr, c_.layout.memory_descriptor(memory));
  return b_.CreateLoad(c_.ptr, field(descriptor, offsetof(abi::MemoryDescriptor, base)));
}

llvm::Value* Translator::memory_size_bytes(uint32_t memory) {
  if (memory == 0) return load_field(c_.i64, offsetof(abi::InstanceHeader, memory0_size_bytes));
  Value* const descriptor = load_invariant(c_.ptr, c_.layout.memory_descriptor(memory));
  return b_.CreateLoad(c_.i64, field(descriptor, offsetof(abi::MemoryDescriptor, size_bytes)));
}

/// Where the access to the popped index goes. An i32 index is extended: its 64-bit sum with the offset cannot wrap and stays
/// within memory and guard, 8 GiB in all.
llvm::Value* Translator::address(const imm::MemArg& arg, uint32_t bytes) {
  const uint32_t memory = arg.memory.value;
  const module::MemoryType& type = c_.wasm.memories[memory];
  Value* const index = b_.CreateZExt(pop(), c_.i64);
  const bool is_guarded = c_.options.guard_pages && type.page_size_log2 == 16 && !is_memory64(memory);
  if (!is_guarded) {
    // index + offset + bytes <= size, where no sum may wrap.
    Value* const size = memory_size_bytes(memory);
    uint64_t behind;
    if (__builtin_add_overflow(arg.offset, bytes, &behind)) {
      trap_if(b_.getTrue(), TrapCode::memory_out_of_bounds);
      return memory_base(memory);
    }
    Value* const room = b_.CreateSub(size, constant64(behind));
    trap_if(b_.CreateOr(b_.CreateICmpULT(size, constant64(behind)), b_.CreateICmpUGT(index, room)), TrapCode::memory_out_of_bounds);
  }
  Value* const base = b_.CreateGEP(c_.i8, memory_base(memory), index);
  return arg.offset == 0 ? base : b_.CreateGEP(c_.i8, base, constant64(arg.offset));
}

void Translator::load(const imm::MemArg& arg, uint32_t bytes, llvm::Type* stored, llvm::Type* result, bool is_signed) {
  Value* const value = b_.CreateAlignedLoad(stored, address(arg, bytes), llvm::Align(1), true);
  push(stored == result ? value : is_signed ? b_.CreateSExt(value, result) : b_.CreateZExt(value, result));
}

void Translator::store(const imm::MemArg& arg, uint32_t bytes, llvm::Type* stored) {
  Value* const value = pop();
  Value* const where = address(arg, bytes);
  b_.CreateAlignedStore(value->getType() == stored ? value : b_.CreateTrunc(value, stored), where, llvm::Align(1), true);
}

#define LOAD(name, bytes, stored, result, is_signed) \
  void Translator::name(const imm::MemArg& arg) { load(arg, bytes, c_.stored, c_.result, is_signed); }
LOAD(i32_load, 4, i32, i32, false)
LOAD(i64_load, 8, i64, i64, false)
LOAD(f32_load, 4, f32, f32, false)
LOAD(f64_load, 8, f64, f64, false)
LOAD(i32_load8_s, 1, i8, i32, true)
LOAD(i32_load8_u, 1, i8, i32, false)
LOAD(i32_load16_s, 2, i16, i32, true)
LOAD(i32_load16_u, 2, i16, i32, false)
LOAD(i64_load8_s, 1, i8, i64, true)
LOAD(i64_load8_u, 1, i8, i64, false)
LOAD(i64_load16_s, 2, i16, i64, true)
LOAD(i64_load16_u, 2, i16, i64, false)
LOAD(i64_load32_s, 4, i32, i64, true)
LOAD(i64_load32_u, 4, i32, i64, false)
#undef LOAD

#define STORE(name, bytes, stored) \
  void Translator::name(const imm::MemArg& arg) { store(arg, bytes, c_.stored); }
STORE(i32_store, 4, i32)
STORE(i64_store, 8, i64)
STORE(f32_store, 4, f32)
STORE(f64_store, 8, f64)
STORE(i32_store8, 1, i8)
STORE(i32_store16, 2, i16)
STORE(i64_store8, 1, i8)
STORE(i64_store16, 2, i16)
STORE(i64_store32, 4, i32)
#undef STORE

// ---- Sizes and bulk operations.

void Translator::memory_size(const imm::MemoryIndex& given) {
  const uint32_t memory = given.index.value;
  Value* const pages = b_.CreateLShr(memory_size_bytes(memory), constant64(c_.wasm.memories[memory].page_size_log2));
  push(is_memory64(memory) ? pages : b_.CreateTrunc(pages, c_.i32));
}

void Translator::memory_grow(const imm::MemoryIndex& given) {
  Value* const delta = pop();
  Value* const old = call_builtin(Builtin::memory_grow, {constant64(given.index.value), delta});
  push(is_memory64(given.index.value) ? old : b_.CreateTrunc(old, c_.i32));
}

namespace {

constexpr uint64_t pair(uint32_t high, uint32_t low) { return uint64_t{high} << 32 | low; }

}  // namespace

llvm::Value* Translator::bulk(Builtin builtin, uint64_t first, uint32_t operands) {
  std::vector<Value*> words = {constant64(first)};
  words.insert(words.end(), stack_.end() - operands, stack_.end());
  stack_.resize(stack_.size() - operands);
  return call_builtin(builtin, words);
}

void Translator::memory_fill(const imm::MemoryIndex& given) { bulk(Builtin::memory_fill, given.index.value, 3); }
void Translator::memory_copy(const imm::MemoryPair& given) { bulk(Builtin::memory_copy, pair(given.first.value, given.second.value), 3); }
void Translator::memory_init(const imm::DataMemory& given) { bulk(Builtin::memory_init, pair(given.first.value, given.second.value), 3); }
void Translator::data_drop(const imm::DataIndex& given) { bulk(Builtin::data_drop, given.index.value, 0); }
void Translator::table_fill(const imm::TableIndex& given) { bulk(Builtin::table_fill, given.index.value, 3); }
void Translator::table_copy(const imm::TablePair& given) { bulk(Builtin::table_copy, pair(given.first.value, given.second.value), 3); }
void Translator::table_init(const imm::ElemTable& given) { bulk(Builtin::table_init, pair(given.first.value, given.second.value), 3); }
void Translator::elem_drop(const imm::ElemIndex& given) { bulk(Builtin::elem_drop, given.index.value, 0); }

// ---- Tables.

llvm::Value* Translator::table_descriptor(uint32_t table) { return load_invariant(c_.ptr, c_.layout.table_descriptor(table)); }

/// Where the element of the popped index lies.
llvm::Value* Translator::table_element(TableIndex table) {
  Value* const index = b_.CreateZExt(pop(), c_.i64);
  Value* const descriptor = table_descriptor(table.value);
  Value* const size = b_.CreateLoad(c_.i64, field(descriptor, offsetof(abi::TableDescriptor, size)));
  trap_if(b_.CreateICmpUGE(index, size), TrapCode::table_out_of_bounds);
  return b_.CreateGEP(c_.i64, b_.CreateLoad(c_.ptr, field(descriptor, offsetof(abi::TableDescriptor, elements))), index);
}

void Translator::table_get(const imm::TableIndex& given) { push(b_.CreateLoad(c_.i64, table_element(given.index))); }

void Translator::table_set(const imm::TableIndex& given) {
  Value* const value = pop();
  b_.CreateStore(value, table_element(given.index), true);
}

void Translator::table_size(const imm::TableIndex& given) {
  Value* const size = b_.CreateLoad(c_.i64, field(table_descriptor(given.index.value), offsetof(abi::TableDescriptor, size)));
  const bool is_64 = c_.wasm.tables[given.index.value].type.limits.address_type == module::AddressType::I64;
  push(is_64 ? size : b_.CreateTrunc(size, c_.i32));
}

void Translator::table_grow(const imm::TableIndex& given) {
  Value* const delta = pop();
  Value* const value = pop();
  Value* const old = call_builtin(Builtin::table_grow, {constant64(given.index.value), value, delta});
  const bool is_64 = c_.wasm.tables[given.index.value].type.limits.address_type == module::AddressType::I64;
  push(is_64 ? old : b_.CreateTrunc(old, c_.i32));
}

// ---- Globals.

llvm::Value* Translator::global_cell(GlobalIndex global) {
  if (global.value < c_.wasm.imported_globals) return load_invariant(c_.ptr, c_.layout.imported_global(global.value));
  return field(instance_, c_.layout.defined_global(global.value - c_.wasm.imported_globals));
}

void Translator::global_get(const imm::GlobalIndex& given) {
  llvm::LoadInst* const load = b_.CreateLoad(type_of(c_.wasm.globals[given.index.value].type.type), global_cell(given.index));
  load->setAlignment(llvm::Align(16));
  push(load);
}

/// Volatile: what was set before a trap is seen after it.
void Translator::global_set(const imm::GlobalIndex& given) {
  Value* const value = pop();
  b_.CreateAlignedStore(value, global_cell(given.index), llvm::Align(16), true);
}

}  // namespace wasmrun::llvm_compiler
