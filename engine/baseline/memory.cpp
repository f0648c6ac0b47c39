// Addresses, loads, stores, and bulk operations on memories.
#include "engine/baseline/function_compiler.h"
#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

// ---- Addresses.

bool FunctionCompiler::is_checked(const module::MemoryType& memory) const {
  // Guard pages have the machine's granularity, so they cannot stand for the end of a memory of smaller pages.
  return !options_.guard_pages || memory.page_size_log2 != 16;
}

Mem FunctionCompiler::load_memory(uint32_t memory) {
  if (memory == 0) {
    memory_base();
    return Mem(kInstance, offsetof(abi::InstanceHeader, memory0_size_bytes));
  }
  instance();
  state_.in_register &= ~pin_bit(kMemoryBasePin);
  asm_.mov(Width::W64, kMemoryBase, Mem(kInstance, static_cast<int32_t>(layout_.memory_descriptor(memory))));
  return Mem(kMemoryBase, offsetof(abi::MemoryDescriptor, size_bytes));
}

void FunctionCompiler::load_base(uint32_t memory) {
  if (memory != 0) asm_.mov(Width::W64, kMemoryBase, Mem(kMemoryBase, offsetof(abi::MemoryDescriptor, base)));
}

/// The operand of an access to the popped address; a fresh register may be given to `address`. Uses r11, and rbx for memories
/// other than 0.
///
/// The index is a clean i32 and the offset a u32, so their 64-bit sum cannot wrap: it is below 8 GiB, all of which is either
/// memory or guard. The access is exactly as wide as the instruction says.
Mem FunctionCompiler::effective_address(const imm::MemArg& arg, uint32_t bytes, Value& address) {
  const uint32_t memory = arg.memory.value;
  const module::MemoryType& type = module_.memories[memory];
  if (type.limits.address_type == module::AddressType::I64) return effective_address64(arg, bytes, address);
  uint64_t offset = arg.offset;
  const bool has_index = !address.is_constant();
  if (!has_index) offset += address.bits;
  const Gpr index = has_index ? gpr(address) : kScratch;
  const Mem size = load_memory(memory);

  if (is_checked(type)) {
    instance();  // for the size
    const uint64_t end = offset + bytes;
    if (has_index && end <= INT32_MAX) {
      asm_.lea(Width::W64, kScratch, Mem(index, static_cast<int32_t>(end)));
    } else {
      asm_.mov_imm(kScratch, end);
      if (has_index) asm_.add(Width::W64, kScratch, index);
    }
    asm_.cmp(Width::W64, kScratch, size);
    trap_if(Condition::a, TrapCode::memory_out_of_bounds);
    load_base(memory);
    if (has_index && end <= INT32_MAX) return Mem(kMemoryBase, index, 0, static_cast<int32_t>(offset));
    return Mem(kMemoryBase, kScratch, 0, -static_cast<int32_t>(bytes));
  }
  load_base(memory);
  if (offset <= INT32_MAX) {
    return has_index ? Mem(kMemoryBase, index, 0, static_cast<int32_t>(offset)) : Mem(kMemoryBase, static_cast<int32_t>(offset));
  }
  asm_.mov_imm(kScratch, offset);
  if (has_index) asm_.add(Width::W64, kScratch, index);
  return Mem(kMemoryBase, kScratch, 0);
}

/// Index and offset are any 64-bit numbers, so each sum is checked for wrapping, and always against the size: no guard is large
/// enough. An access that cannot be in bounds still gets an operand, which nothing reaches.
Mem FunctionCompiler::effective_address64(const imm::MemArg& arg, uint32_t bytes, Value& address) {
  const uint32_t memory = arg.memory.value;
  const module::MemoryType& type = module_.memories[memory];
  const bool has_index = !address.is_constant();
  uint64_t end = 0;
  bool wraps = __builtin_add_overflow(arg.offset, uint64_t{bytes}, &end);
  if (!has_index) wraps |= __builtin_add_overflow(end, address.bits, &end);
  const Gpr index = has_index ? gpr(address) : kScratch;
  const Mem size = load_memory(memory);
  instance();  // for the size
  if (wraps) {
    asm_.jmp(trap_label(TrapCode::memory_out_of_bounds));
    return Mem(kMemoryBase);
  }

  if (has_index && end <= INT32_MAX) {
    // A memory never shrinks, so the subtraction can only wrap where the minimum is below `end`.
    asm_.mov(Width::W64, kScratch, size);
    asm_.sub(Width::W64, kScratch, static_cast<int32_t>(end));
    if (end >> type.page_size_log2 >= type.limits.min) trap_if(Condition::b, TrapCode::memory_out_of_bounds);
    asm_.cmp(Width::W64, index, kScratch);
    trap_if(Condition::a, TrapCode::memory_out_of_bounds);
    load_base(memory);
    return Mem(kMemoryBase, index, 0, static_cast<int32_t>(arg.offset));
  }
  asm_.mov_imm(kScratch, end);
  if (has_index) {
    asm_.add(Width::W64, kScratch, index);
    trap_if(Condition::b, TrapCode::memory_out_of_bounds);
  }
  asm_.cmp(Width::W64, kScratch, size);
  trap_if(Condition::a, TrapCode::memory_out_of_bounds);
  load_base(memory);
  return Mem(kMemoryBase, kScratch, 0, -static_cast<int32_t>(bytes));
}

Access FunctionCompiler::pop_address(const imm::MemArg& arg, uint32_t bytes) {
  Value address = pop();
  const Mem operand = effective_address(arg, bytes, address);
  return {operand, address};
}

// ---- Loads.

void FunctionCompiler::load_gpr(const imm::MemArg& arg, Width memory, Extension extension, ValueKind kind) {
  const Access access = pop_address(arg, 1u << static_cast<unsigned>(memory));
  release(access);
  const Gpr dst = result_gpr();
  mark_memory_access();
  switch (extension) {
    case Extension::None: asm_.mov(memory, dst, access.operand); break;
    case Extension::Sign: asm_.movsx(memory, is_64_bit(kind) ? Width::W64 : Width::W32, dst, access.operand); break;
    case Extension::Zero:
      if (memory == Width::W32) {
        asm_.mov(Width::W32, dst, access.operand);
      } else {
        asm_.movzx(memory, dst, access.operand);
      }
      break;
  }
  push(kind, dst);
}

constexpr uint32_t bytes_of(ValueKind kind) { return kind == ValueKind::F32 ? 4 : kind == ValueKind::F64 ? 8 : 16; }

void FunctionCompiler::load_xmm(const imm::MemArg& arg, ValueKind kind) {
  const Access access = pop_address(arg, bytes_of(kind));
  release(access);
  const Xmm dst = result_xmm();
  mark_memory_access();
  switch (kind) {
    case ValueKind::F32: asm_.movss(dst, access.operand); break;
    case ValueKind::F64: asm_.movsd(dst, access.operand); break;
    default: asm_.movups(dst, access.operand); break;
  }
  push(kind, dst);
}

void FunctionCompiler::i32_load(const imm::MemArg32& arg) { load_gpr(arg, Width::W32, Extension::None, ValueKind::I32); }
void FunctionCompiler::i64_load(const imm::MemArg64& arg) { load_gpr(arg, Width::W64, Extension::None, ValueKind::I64); }
void FunctionCompiler::i32_load8_s(const imm::MemArg8& arg) { load_gpr(arg, Width::W8, Extension::Sign, ValueKind::I32); }
void FunctionCompiler::i32_load8_u(const imm::MemArg8& arg) { load_gpr(arg, Width::W8, Extension::Zero, ValueKind::I32); }
void FunctionCompiler::i32_load16_s(const imm::MemArg16& arg) { load_gpr(arg, Width::W16, Extension::Sign, ValueKind::I32); }
void FunctionCompiler::i32_load16_u(const imm::MemArg16& arg) { load_gpr(arg, Width::W16, Extension::Zero, ValueKind::I32); }
void FunctionCompiler::i64_load8_s(const imm::MemArg8& arg) { load_gpr(arg, Width::W8, Extension::Sign, ValueKind::I64); }
void FunctionCompiler::i64_load8_u(const imm::MemArg8& arg) { load_gpr(arg, Width::W8, Extension::Zero, ValueKind::I64); }
void FunctionCompiler::i64_load16_s(const imm::MemArg16& arg) { load_gpr(arg, Width::W16, Extension::Sign, ValueKind::I64); }
void FunctionCompiler::i64_load16_u(const imm::MemArg16& arg) { load_gpr(arg, Width::W16, Extension::Zero, ValueKind::I64); }
void FunctionCompiler::i64_load32_s(const imm::MemArg32& arg) { load_gpr(arg, Width::W32, Extension::Sign, ValueKind::I64); }
void FunctionCompiler::i64_load32_u(const imm::MemArg32& arg) { load_gpr(arg, Width::W32, Extension::Zero, ValueKind::I64); }
void FunctionCompiler::f32_load(const imm::MemArg32& arg) { load_xmm(arg, ValueKind::F32); }
void FunctionCompiler::f64_load(const imm::MemArg64& arg) { load_xmm(arg, ValueKind::F64); }

// ---- Stores.

void FunctionCompiler::store_gpr(const imm::MemArg& arg, Width memory) {
  Value value = pop();
  // The value comes first, because the address may use r11 until the access.
  const bool immediate = value.is_immediate();
  const Gpr reg = immediate ? kScratch : gpr(value);
  const Access access = pop_address(arg, 1u << static_cast<unsigned>(memory));
  mark_memory_access();
  if (immediate) {
    asm_.mov(memory, access.operand, value.immediate());
  } else {
    asm_.mov(memory, access.operand, reg);
  }
  release(access);
  release(value);
}

void FunctionCompiler::store_xmm(const imm::MemArg& arg, ValueKind kind) {
  Value value = pop();
  const bool immediate = value.is_constant() && (kind == ValueKind::F32 || (kind == ValueKind::F64 && value.bits == 0));
  const Xmm reg = immediate ? kScratchXmm : xmm(value);
  const Access access = pop_address(arg, bytes_of(kind));
  mark_memory_access();
  if (immediate) {
    asm_.mov(kind == ValueKind::F32 ? Width::W32 : Width::W64, access.operand, value.immediate());
  } else if (kind == ValueKind::V128) {
    asm_.movups(access.operand, reg);
  } else {
    store(access.operand, kind, reg);
  }
  release(access);
  release(value);
}

void FunctionCompiler::i32_store(const imm::MemArg32& arg) { store_gpr(arg, Width::W32); }
void FunctionCompiler::i64_store(const imm::MemArg64& arg) { store_gpr(arg, Width::W64); }
void FunctionCompiler::i32_store8(const imm::MemArg8& arg) { store_gpr(arg, Width::W8); }
void FunctionCompiler::i32_store16(const imm::MemArg16& arg) { store_gpr(arg, Width::W16); }
void FunctionCompiler::i64_store8(const imm::MemArg8& arg) { store_gpr(arg, Width::W8); }
void FunctionCompiler::i64_store16(const imm::MemArg16& arg) { store_gpr(arg, Width::W16); }
void FunctionCompiler::i64_store32(const imm::MemArg32& arg) { store_gpr(arg, Width::W32); }
void FunctionCompiler::f32_store(const imm::MemArg32& arg) { store_xmm(arg, ValueKind::F32); }
void FunctionCompiler::f64_store(const imm::MemArg64& arg) { store_xmm(arg, ValueKind::F64); }

// ---- The memory as a whole.

void FunctionCompiler::memory_size(const imm::MemoryIndex& memory) {
  const uint32_t index = memory.index.value;
  instance();
  const Gpr dst = result_gpr();
  if (index == 0) {
    asm_.mov(Width::W64, dst, Mem(kInstance, offsetof(abi::InstanceHeader, memory0_size_bytes)));
  } else {
    asm_.mov(Width::W64, dst, Mem(kInstance, static_cast<int32_t>(layout_.memory_descriptor(index))));
    asm_.mov(Width::W64, dst, Mem(dst, offsetof(abi::MemoryDescriptor, size_bytes)));
  }
  // 64 bits wide: 65536 pages are 4 GiB.
  const module::MemoryType& type = module_.memories[index];
  if (type.page_size_log2 != 0) asm_.shr(Width::W64, dst, type.page_size_log2);
  push(type.limits.address_type == module::AddressType::I64 ? ValueKind::I64 : ValueKind::I32, dst);
}

void FunctionCompiler::push_builtin_result(module::AddressType type) {
  free_gprs_.erase(Gpr::rax);
  if (type == module::AddressType::I64) return push(ValueKind::I64, Gpr::rax);
  asm_.mov(Width::W32, Gpr::rax, Gpr::rax);
  push(ValueKind::I32, Gpr::rax);
}

void FunctionCompiler::memory_grow(const imm::MemoryIndex& memory) {
  call_builtin(abi::Builtin::memory_grow, memory.index.value, 1);
  push_builtin_result(module_.memories[memory.index.value].limits.address_type);
}

void FunctionCompiler::memory_fill(const imm::MemoryIndex& memory) {
  call_builtin(abi::Builtin::memory_fill, memory.index.value, 3);
}

void FunctionCompiler::memory_copy(const imm::MemoryPair& memories) {
  call_builtin(abi::Builtin::memory_copy, uint64_t{memories.first.value} << 32 | memories.second.value, 3);
}

void FunctionCompiler::memory_init(const imm::DataMemory& init) {
  call_builtin(abi::Builtin::memory_init, uint64_t{init.first.value} << 32 | init.second.value, 3);
}

void FunctionCompiler::data_drop(const imm::DataIndex& data) { call_builtin(abi::Builtin::data_drop, data.index.value, 0); }

}  // namespace wasmrun::baseline
