// What the assembly of x64/stubs.S and the C++ around it share. Visible: ExecutionContext, RegisterFile, the stubs.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/abi/calling_convention.h"
#include "engine/abi/instance_layout.h"
#include "engine/abi/traps.h"
#include "engine/runtime/wait.h"
#include "engine/runtime/x64/offsets.h"

namespace wasmrun::runtime {

class Store;
struct Tag;

/// Values of the argument registers, and of the result registers in the first two of each kind.
struct RegisterFile {
  uint64_t integers[abi::kIntegerArguments + 1] = {};  ///< the last one only aligns
  abi::Slot vectors[abi::kVectorArguments];
};

/// One entry from the host into the guest that has not returned, with what it covers up; linked outwards.
struct Activation {
  Activation* outer;
  void* host_stack_pointer;
  void* guest_frame_pointer;
  void* guest_program_counter;
  void* guest_stack_pointer;
};

/// StoreContext as generated code sees it, and the runtime's own part behind it.
struct ExecutionContext {
  abi::StoreContext shared;
  /// Where the guest's stack continues: its top, or where the guest left for the host.
  void* guest_stack_pointer = nullptr;
  /// Store::interrupt was called. Tested by the stubs on each way into the guest.
  std::atomic<uint32_t> interrupt{0};
  /// What generated code gave with its trap: the table index of uninitialized_element.
  uint64_t trap_operand = 0;
  /// A signal handler stopped the guest: guest_program_counter is an instruction, not a return address.
  bool stopped_by_signal = false;
  void* stopped_stack_pointer = nullptr;
  /// The address that faulted, for the trap's message.
  const void* fault_address = nullptr;
  Store* store = nullptr;
  /// Of the exception that no handler took.
  const Tag* uncaught_tag = nullptr;
  Activation* activation = nullptr;
  uint32_t depth = 0;
  /// What the thread sleeps on in memory.atomic.wait.
  WaitWord wait_word;
  /// The thread inside the guest or a host function of it; 0 when there is none.
  std::atomic<pid_t> thread{0};
};

static_assert(offsetof(ExecutionContext, shared) == 0);
static_assert(offsetof(abi::StoreContext, host_stack_pointer) == CONTEXT_HOST_SP);
static_assert(offsetof(abi::StoreContext, guest_frame_pointer) == CONTEXT_GUEST_FP);
static_assert(offsetof(abi::StoreContext, guest_program_counter) == CONTEXT_GUEST_PC);
static_assert(offsetof(ExecutionContext, guest_stack_pointer) == CONTEXT_GUEST_SP);
static_assert(offsetof(ExecutionContext, interrupt) == CONTEXT_INTERRUPT);
static_assert(offsetof(ExecutionContext, trap_operand) == CONTEXT_TRAP_OPERAND);
static_assert(sizeof(std::atomic<uint32_t>) == 4 && std::atomic<uint32_t>::is_always_lock_free);
static_assert(offsetof(RegisterFile, integers) == REGISTERS_INTEGERS);
static_assert(offsetof(RegisterFile, vectors) == REGISTERS_VECTORS);
static_assert(sizeof(RegisterFile) == REGISTERS_BYTES);
static_assert(static_cast<uint32_t>(abi::TrapCode::interrupted) == TRAP_INTERRUPTED);
static_assert(offsetof(abi::InstanceHeader, context) == 0);

/// A builtin's value and its trap, `none` in the usual case; travels in rax and rdx.
struct BuiltinResult {
  uint64_t value;
  uint64_t trap;
};

extern "C" {

/// The context of the innermost guest on this thread. Plain thread-local: assembly and signal handlers read it.
extern __thread ExecutionContext* wasmrun_current_context __attribute__((tls_model("initial-exec"), visibility("hidden")));

/// Runs guest code on the guest's stack. Returns a TrapCode: `none` when it returned, with the results in `registers`.
uint32_t wasmrun_enter_guest(ExecutionContext* context, const void* code, abi::InstanceHeader* instance,
                             RegisterFile* registers);

// Code addresses; see stubs.S. None is called from C++.
extern const char wasmrun_trap_exit[];
extern const char wasmrun_trap_recorded[];
extern const char wasmrun_host_trampoline[];
extern const char wasmrun_stubs_begin[], wasmrun_stubs_end[];
extern const char wasmrun_enter_uninterrupted[], wasmrun_enter_end[];
extern const char wasmrun_return_uninterrupted[], wasmrun_return_end[];
extern const char wasmrun_stub_gc_allocate[];
#define BUILTIN(name, parameters) extern const char wasmrun_stub_##name[];
#include "engine/abi/builtins.def"
#undef BUILTIN

}  // extern "C"

}  // namespace wasmrun::runtime
