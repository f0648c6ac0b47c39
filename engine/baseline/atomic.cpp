// Atomic accesses, the fence, and wait and notify. Loads are plain moves and stores are exchanges: with locked instructions
// for the rest, that is sequentially consistent on x86-64.
#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

// ---- Addresses.

/// The operand of an access to the popped address, which traps unless it is a multiple of `bytes`. Uses r11, and rbx for
/// memories other than 0.
Mem FunctionCompiler::atomic_address(const imm::MemArg& arg, uint32_t bytes, Value& address) {
  const int32_t mask = static_cast<int32_t>(bytes - 1);
  const uint32_t offset = static_cast<uint32_t>(arg.offset) & (bytes - 1);
  if (address.is_constant()) {
    if ((address.bits + arg.offset) & (bytes - 1)) {
      asm_.cmp(Width::W32, kScratch, kScratch);
      trap_if(Condition::e, TrapCode::unaligned_atomic);
    }
  } else if (bytes > 1) {
    const Gpr index = gpr(address);
    if (offset == 0) {
      asm_.test(Width::W32, index, mask);
    } else {
      asm_.lea(Width::W32, kScratch, Mem(index, static_cast<int32_t>(offset)));
      asm_.test(Width::W32, kScratch, mask);
    }
    trap_if(Condition::ne, TrapCode::unaligned_atomic);
  }
  return effective_address(arg, bytes, address);
}

Access FunctionCompiler::pop_atomic_address(const imm::MemArg& arg, Width width) {
  Value address = pop();
  const Mem operand = atomic_address(arg, 1u << static_cast<unsigned>(width), address);
  return {operand, address};
}

/// Clears what lies above `width`. Locked 32-bit instructions may leave the upper half as it was.
void FunctionCompiler::zero_extend_in_place(Width width, Gpr reg) {
  switch (width) {
    case Width::W8:
    case Width::W16: asm_.movzx(width, reg, reg); break;
    case Width::W32: asm_.mov(Width::W32, reg, reg); break;
    case Width::W64: break;
  }
}

// ---- Accesses.

void FunctionCompiler::atomic_load(const imm::MemArg& arg, Width width, ValueKind kind) {
  const Access access = pop_atomic_address(arg, width);
  release(access);
  const Gpr dst = result_gpr();
  mark_memory_access();
  if (width == Width::W8 || width == Width::W16) {
    asm_.movzx(width, dst, access.operand);
  } else {
    asm_.mov(width, dst, access.operand);
  }
  push(kind, dst);
}

void FunctionCompiler::atomic_store(const imm::MemArg& arg, Width width) {
  Value value = pop();
  // The value comes first, because the address may use r11 until the access.
  const Gpr reg = own_gpr(value);
  const Access access = pop_atomic_address(arg, width);
  mark_memory_access();
  asm_.xchg(width, access.operand, reg);
  release(access);
  release(value);
}

void FunctionCompiler::atomic_modify(AtomicOp op, const imm::MemArg& arg, Width width, ValueKind kind) {
  switch (op) {
    case AtomicOp::Add:
    case AtomicOp::Sub:
    case AtomicOp::Xchg: break;
    case AtomicOp::And:
    case AtomicOp::Or:
    case AtomicOp::Xor: return atomic_loop(op, arg, width, kind);
  }
  Value value = pop();
  const Gpr reg = own_gpr(value);
  if (op == AtomicOp::Sub) asm_.neg(is_64_bit(kind) ? Width::W64 : Width::W32, reg);
  const Access access = pop_atomic_address(arg, width);
  mark_memory_access();
  if (op == AtomicOp::Xchg) {
    asm_.xchg(width, access.operand, reg);
  } else {
    asm_.lock_xadd(width, access.operand, reg);
  }
  release(access);
  zero_extend_in_place(width, reg);
  push(kind, reg);
}

/// For what no instruction does that also gives the old value: tries until nobody else wrote in between.
void FunctionCompiler::atomic_loop(AtomicOp op, const imm::MemArg& arg, Width width, ValueKind kind) {
  const Width full = is_64_bit(kind) ? Width::W64 : Width::W32;
  take_gpr(Gpr::rax);
  Value value = pop();
  const Gpr operand = gpr(value);
  const Access access = pop_atomic_address(arg, width);
  const Gpr next = allocate_gpr();
  mark_memory_access();
  if (width == Width::W8 || width == Width::W16) {
    asm_.movzx(width, Gpr::rax, access.operand);
  } else {
    asm_.mov(width, Gpr::rax, access.operand);
  }
  x64::Label again;
  asm_.bind(again);
  asm_.mov(full, next, Gpr::rax);
  switch (op) {
    case AtomicOp::And: asm_.and_(full, next, operand); break;
    case AtomicOp::Or: asm_.or_(full, next, operand); break;
    default: asm_.xor_(full, next, operand); break;
  }
  mark_memory_access();
  asm_.lock_cmpxchg(width, access.operand, next);
  asm_.jcc(Condition::ne, again);
  free_gpr(next);
  release(access);
  release(value);
  zero_extend_in_place(width, Gpr::rax);
  push(kind, Gpr::rax);
}

void FunctionCompiler::atomic_compare_exchange(const imm::MemArg& arg, Width width, ValueKind kind) {
  take_gpr(Gpr::rax);
  Value replacement = pop();
  const Gpr next = gpr(replacement);
  Value expected = pop();
  load(Gpr::rax, expected);
  release(expected);
  const Access access = pop_atomic_address(arg, width);
  mark_memory_access();
  asm_.lock_cmpxchg(width, access.operand, next);
  release(access);
  release(replacement);
  zero_extend_in_place(width, Gpr::rax);
  push(kind, Gpr::rax);
}

#define ATOMIC_ROWS(i32_full, i64_full, i32_8, i32_16, i64_8, i64_16, i64_32, CALL)                                   \
  void FunctionCompiler::i32_full(const imm::AtomicMemArg32& arg) { CALL(Width::W32, ValueKind::I32); }               \
  void FunctionCompiler::i64_full(const imm::AtomicMemArg64& arg) { CALL(Width::W64, ValueKind::I64); }               \
  void FunctionCompiler::i32_8(const imm::AtomicMemArg8& arg) { CALL(Width::W8, ValueKind::I32); }                    \
  void FunctionCompiler::i32_16(const imm::AtomicMemArg16& arg) { CALL(Width::W16, ValueKind::I32); }                 \
  void FunctionCompiler::i64_8(const imm::AtomicMemArg8& arg) { CALL(Width::W8, ValueKind::I64); }                    \
  void FunctionCompiler::i64_16(const imm::AtomicMemArg16& arg) { CALL(Width::W16, ValueKind::I64); }                 \
  void FunctionCompiler::i64_32(const imm::AtomicMemArg32& arg) { CALL(Width::W32, ValueKind::I64); }
#define RMW_ROWS(op, CALL)                                                                                            \
  ATOMIC_ROWS(i32_atomic_rmw_##op, i64_atomic_rmw_##op, i32_atomic_rmw8_##op##_u, i32_atomic_rmw16_##op##_u,          \
              i64_atomic_rmw8_##op##_u, i64_atomic_rmw16_##op##_u, i64_atomic_rmw32_##op##_u, CALL)

#define LOAD(width, kind) atomic_load(arg, width, kind)
ATOMIC_ROWS(i32_atomic_load, i64_atomic_load, i32_atomic_load8_u, i32_atomic_load16_u, i64_atomic_load8_u,
            i64_atomic_load16_u, i64_atomic_load32_u, LOAD)
#undef LOAD
#define STORE(width, kind) atomic_store(arg, width)
ATOMIC_ROWS(i32_atomic_store, i64_atomic_store, i32_atomic_store8, i32_atomic_store16, i64_atomic_store8,
            i64_atomic_store16, i64_atomic_store32, STORE)
#undef STORE
#define MODIFY(width, kind) atomic_modify(AtomicOp::Add, arg, width, kind)
RMW_ROWS(add, MODIFY)
#undef MODIFY
#define MODIFY(width, kind) atomic_modify(AtomicOp::Sub, arg, width, kind)
RMW_ROWS(sub, MODIFY)
#undef MODIFY
#define MODIFY(width, kind) atomic_modify(AtomicOp::And, arg, width, kind)
RMW_ROWS(and, MODIFY)
#undef MODIFY
#define MODIFY(width, kind) atomic_modify(AtomicOp::Or, arg, width, kind)
RMW_ROWS(or, MODIFY)
#undef MODIFY
#define MODIFY(width, kind) atomic_modify(AtomicOp::Xor, arg, width, kind)
RMW_ROWS(xor, MODIFY)
#undef MODIFY
#define MODIFY(width, kind) atomic_modify(AtomicOp::Xchg, arg, width, kind)
RMW_ROWS(xchg, MODIFY)
#undef MODIFY
#define MODIFY(width, kind) atomic_compare_exchange(arg, width, kind)
RMW_ROWS(cmpxchg, MODIFY)
#undef MODIFY
#undef RMW_ROWS
#undef ATOMIC_ROWS

// ---- Fence, wait, notify.

void FunctionCompiler::atomic_fence(const imm::ZeroByte&) { asm_.mfence(); }

void FunctionCompiler::call_wait_builtin(abi::Builtin builtin, const imm::MemArg& arg, uint32_t operands) {
  // An offset that does not fit is out of bounds, whatever it is.
  constexpr uint64_t kMaxOffset = (uint64_t{1} << 48) - 1;
  const uint64_t offset = arg.offset < kMaxOffset ? arg.offset : kMaxOffset;
  call_builtin(builtin, uint64_t{arg.memory.value} << 48 | offset, operands);
  push_builtin_result(module::AddressType::I32);
}

void FunctionCompiler::memory_atomic_notify(const imm::AtomicMemArg32& arg) {
  call_wait_builtin(abi::Builtin::memory_atomic_notify, arg, 2);
}
void FunctionCompiler::memory_atomic_wait32(const imm::AtomicMemArg32& arg) {
  call_wait_builtin(abi::Builtin::memory_atomic_wait32, arg, 3);
}
void FunctionCompiler::memory_atomic_wait64(const imm::AtomicMemArg64& arg) {
  call_wait_builtin(abi::Builtin::memory_atomic_wait64, arg, 3);
}

}  // namespace wasmrun::baseline
