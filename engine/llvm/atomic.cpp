// Atomic accesses, the fence, and wait and notify; all in one order that every thread sees.
#include "engine/llvm/translator.h"

namespace wasmrun::llvm_compiler {

using llvm::AtomicOrdering;
using llvm::AtomicRMWInst;

/// Where the access to the popped index goes, which traps unless it is a multiple of `bytes`. Only the lowest bits of index and offset
/// matter for that, so their sum may wrap.
llvm::Value* Translator::atomic_address(const imm::MemArg& arg, uint32_t bytes) {
  if (bytes > 1) {
    Value* const index = stack_.back();
    llvm::Type* const type = index->getType();
    const uint64_t mask = bytes - 1;
    Value* const low = b_.CreateAnd(b_.CreateAdd(index, llvm::ConstantInt::get(type, arg.offset & mask)), llvm::ConstantInt::get(type, mask));
    trap_if(b_.CreateIsNotNull(low), abi::TrapCode::unaligned_atomic);
  }
  return address(arg, bytes);
}

namespace {

llvm::Align alignment_of(llvm::Type* type) { return llvm::Align(type->getIntegerBitWidth() / 8); }

}  // namespace

void Translator::atomic_load(const imm::MemArg& arg, llvm::Type* stored, llvm::Type* result) {
  llvm::LoadInst* const value = b_.CreateAlignedLoad(stored, atomic_address(arg, stored->getIntegerBitWidth() / 8), alignment_of(stored), true);
  value->setAtomic(AtomicOrdering::SequentiallyConsistent);
  push(b_.CreateZExt(value, result));
}

void Translator::atomic_store(const imm::MemArg& arg, llvm::Type* stored) {
  Value* const value = b_.CreateTrunc(pop(), stored);
  b_.CreateAlignedStore(value, atomic_address(arg, stored->getIntegerBitWidth() / 8), alignment_of(stored), true)
      ->setAtomic(AtomicOrdering::SequentiallyConsistent);
}

void Translator::atomic_modify(AtomicRMWInst::BinOp op, const imm::MemArg& arg, llvm::Type* stored) {
  Value* const value = pop();
  Value* const where = atomic_address(arg, stored->getIntegerBitWidth() / 8);
  AtomicRMWInst* const old =
      b_.CreateAtomicRMW(op, where, b_.CreateTrunc(value, stored), alignment_of(stored), AtomicOrdering::SequentiallyConsistent);
  old->setVolatile(true);
  push(b_.CreateZExt(old, value->getType()));
}

void Translator::atomic_compare_exchange(const imm::MemArg& arg, llvm::Type* stored) {
  Value* const replacement = pop();
  Value* const expected = pop();
  Value* const where = atomic_address(arg, stored->getIntegerBitWidth() / 8);
  llvm::AtomicCmpXchgInst* const exchange =
      b_.CreateAtomicCmpXchg(where, b_.CreateTrunc(expected, stored), b_.CreateTrunc(replacement, stored), alignment_of(stored),
                             AtomicOrdering::SequentiallyConsistent, AtomicOrdering::SequentiallyConsistent);
  exchange->setVolatile(true);
  push(b_.CreateZExt(b_.CreateExtractValue(exchange, 0), expected->getType()));
}

#define LOAD(name, stored, result) \
  void Translator::name(const imm::MemArg& arg) { atomic_load(arg, c_.stored, c_.result); }
LOAD(i32_atomic_load, i32, i32)
LOAD(i64_atomic_load, i64, i64)
LOAD(i32_atomic_load8_u, i8, i32)
LOAD(i32_atomic_load16_u, i16, i32)
LOAD(i64_atomic_load8_u, i8, i64)
LOAD(i64_atomic_load16_u, i16, i64)
LOAD(i64_atomic_load32_u, i32, i64)
#undef LOAD

#define STORE(name, stored) \
  void Translator::name(const imm::MemArg& arg) { atomic_store(arg, c_.stored); }
STORE(i32_atomic_store, i32)
STORE(i64_atomic_store, i64)
STORE(i32_atomic_store8, i8)
STORE(i32_atomic_store16, i16)
STORE(i64_atomic_store8, i8)
STORE(i64_atomic_store16, i16)
STORE(i64_atomic_store32, i32)
#undef STORE

#define WIDTHS(op, CALL)                                                             \
  void Translator::i32_atomic_rmw_##op(const imm::MemArg& arg) { CALL(i32); }        \
  void Translator::i64_atomic_rmw_##op(const imm::MemArg& arg) { CALL(i64); }        \
  void Translator::i32_atomic_rmw8_##op##_u(const imm::MemArg& arg) { CALL(i8); }    \
  void Translator::i32_atomic_rmw16_##op##_u(const imm::MemArg& arg) { CALL(i16); }  \
  void Translator::i64_atomic_rmw8_##op##_u(const imm::MemArg& arg) { CALL(i8); }    \
  void Translator::i64_atomic_rmw16_##op##_u(const imm::MemArg& arg) { CALL(i16); }  \
  void Translator::i64_atomic_rmw32_##op##_u(const imm::MemArg& arg) { CALL(i32); }
#define ADD(stored) atomic_modify(AtomicRMWInst::Add, arg, c_.stored)
#define SUB(stored) atomic_modify(AtomicRMWInst::Sub, arg, c_.stored)
#define AND(stored) atomic_modify(AtomicRMWInst::And, arg, c_.stored)
#define OR(stored) atomic_modify(AtomicRMWInst::Or, arg, c_.stored)
#define XOR(stored) atomic_modify(AtomicRMWInst::Xor, arg, c_.stored)
#define XCHG(stored) atomic_modify(AtomicRMWInst::Xchg, arg, c_.stored)
#define CMPXCHG(stored) atomic_compare_exchange(arg, c_.stored)
WIDTHS(add, ADD)
WIDTHS(sub, SUB)
WIDTHS(and, AND)
WIDTHS(or, OR)
WIDTHS(xor, XOR)
WIDTHS(xchg, XCHG)
WIDTHS(cmpxchg, CMPXCHG)
#undef ADD
#undef SUB
#undef AND
#undef OR
#undef XOR
#undef XCHG
#undef CMPXCHG
#undef WIDTHS

// ---- Fence, wait, notify.

void Translator::atomic_fence(const imm::ZeroByte&) { b_.CreateFence(AtomicOrdering::SequentiallyConsistent); }

void Translator::wait_or_notify(abi::Builtin builtin, const imm::MemArg& arg, uint32_t operands) {
  // An offset that does not fit is out of bounds, whatever it is.
  constexpr uint64_t kMaxOffset = (uint64_t{1} << 48) - 1;
  push(b_.CreateTrunc(bulk(builtin, uint64_t{arg.memory.value} << 48 | std::min(arg.offset, kMaxOffset), operands), c_.i32));
}

void Translator::memory_atomic_notify(const imm::MemArg& arg) { wait_or_notify(abi::Builtin::memory_atomic_notify, arg, 2); }
void Translator::memory_atomic_wait32(const imm::MemArg& arg) { wait_or_notify(abi::Builtin::memory_atomic_wait32, arg, 3); }
void Translator::memory_atomic_wait64(const imm::MemArg& arg) { wait_or_notify(abi::Builtin::memory_atomic_wait64, arg, 3); }

}  // namespace wasmrun::llvm_compiler
