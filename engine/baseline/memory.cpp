// Addresses, loads, stores, and bulk operations on memories.
#include "engine/baseline/function_compiler.h"
#include "engine/baseline/module_compilation.h"

namespace wasmrun::baseline {

// ---- Addresses.

bool FunctionCompiler::is_checked(const module::MemoryType& memory) const {
  // Guard pages have the machine's granularity, so they cannot stand for the end of a memory of smaller pages.
  return !options_.guard_pages || memory.page_size_log2 != 16;
}

/// The operand of an access to the popped address; a fresh register may be given to `address`. Uses r11, and rbx for memories
/// other than 0.
///
/// The index is a clean i32 and the offset a u32, so their 64-bit sum cannot wrap: it is below 8 GiB, all of which is either
/// memory or guard. The access is exactly as wide as the instruction says.
Mem FunctionCompiler::effective_address(const imm::MemArg& arg, uint32_t bytes, Value& address) {
  const uint32_t memory_index = arg.memory.value;
  const module::MemoryType& type = module_.memories[memory_index];
  if (type.limits.address_type == module::AddressType::I64) {
    fail_unsupported("memory64");
    return Mem(kScratch);
  }
  const bool checked = is_checked(type);
  uint64_t offset = arg.offset;
  const bool has_index = !address.is_constant();
  if (!has_index) offset += address.bits;
  const Gpr index = has_index ? gpr(address) : kScratch;

  Mem size(kMemoryBase, offsetof(abi::MemoryDescriptor, size_bytes));
  if (memory_index == 0) {
    memory_base();
    if (checked) size = Mem(instance(), offsetof(abi::InstanceHeader, memory0_size_bytes));
  } else {
    instance();
    state_.in_register &= ~pin_bit(kMemoryBasePin);
    asm_.mov(Width::W64, kMemoryBase, Mem(kInstance, static_cast<int32_t>(layout_.memory_descriptor(memory_index))));
  }

  const auto load_other_base = [&] {
    if (memory_index != 0) asm_.mov(Width::W64, kMemoryBase, Mem(kMemoryBase, offsetof(abi::MemoryDescriptor, base)));
  };
  if (checked) {
    const uint64_t end = offset + bytes;
    if (has_index && end <= INT32_MAX) {
      asm_.lea(Width::W64, kScratch, Mem(index, static_cast<int32_t>(end)));
    } else {
      asm_.mov_imm(kScratch, end);
      if (has_index) asm_.add(Width::W64, kScratch, index);
    }
    asm_.cmp(Width::W64, kScratch, size);
    trap_if(Condition::a, TrapCode::memory_out_of_bounds);
    load_other_base();
    if (has_index && end <= INT32_MAX) return Mem(kMemoryBase, index, 0, static_cast<int32_t>(offset));
    return Mem(kMemoryBase, kScratch, 0, -static_cast<int32_t>(bytes));
  }
  load_other_base();
  if (offset <= INT32_MAX) {
    return has_index ? Mem(kMemoryBase, index, 0, static_cast<int32_t>(offset)) : Mem(kMemoryBase, static_cast<int32_t>(offset));
  }
  asm_.mov_imm(kScratch, offset);
  if (has_index) asm_.add(Width::W64, kScratch, index);
  return Mem(kMemoryBase, kScratch, 0);
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

bool FunctionCompiler::check_memory(uint32_t memory) {
  if (module_.memories[memory].limits.address_type == module::AddressType::I32) return true;
  return fail_unsupported("memory64");
}

void FunctionCompiler::memory_size(const imm::MemoryIndex& memory) {
  const uint32_t index = memory.index.value;
  if (!check_memory(index)) return;
  instance();
  const Gpr dst = result_gpr();
  if (index == 0) {
    asm_.mov(Width::W64, dst, Mem(kInstance, offsetof(abi::InstanceHeader, memory0_size_bytes)));
  } else {
    asm_.mov(Width::W64, dst, Mem(kInstance, static_cast<int32_t>(layout_.memory_descriptor(index))));
    asm_.mov(Width::W64, dst, Mem(dst, offsetof(abi::MemoryDescriptor, size_bytes)));
  }
  // 64 bits wide: 65536 pages are 4 GiB.
  asm_.shr(Width::W64, dst, module_.memories[index].page_size_log2);
  push(ValueKind::I32, dst);
}

void FunctionCompiler::push_builtin_i32() {
  free_gprs_.erase(Gpr::rax);
  asm_.mov(Width::W32, Gpr::rax, Gpr::rax);
  push(ValueKind::I32, Gpr::rax);
}

void FunctionCompiler::memory_grow(const imm::MemoryIndex& memory) {
  if (!check_memory(memory.index.value)) return;
  call_builtin(abi::Builtin::memory_grow, memory.index.value, 1);
  push_builtin_i32();
}

void FunctionCompiler::memory_fill(const imm::MemoryIndex& memory) {
  if (!check_memory(memory.index.value)) return;
  call_builtin(abi::Builtin::memory_fill, memory.index.value, 3);
}

void FunctionCompiler::memory_copy(const imm::MemoryPair& memories) {
  if (!check_memory(memories.first.value) || !check_memory(memories.second.value)) return;
  call_builtin(abi::Builtin::memory_copy, uint64_t{memories.first.value} << 32 | memories.second.value, 3);
}

void FunctionCompiler::memory_init(const imm::DataMemory& init) {
  if (!check_memory(init.second.value)) return;
  call_builtin(abi::Builtin::memory_init, uint64_t{init.first.value} << 32 | init.second.value, 3);
}

void FunctionCompiler::data_drop(const imm::DataIndex& data) { call_builtin(abi::Builtin::data_drop, data.index.value, 0); }

}  // namespace wasmrun::baseline
