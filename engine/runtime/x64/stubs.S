// The border between host and guest on x86-64. Visible to C++ through execution_context.h.
//
//     host stack                         guest stack (grows down too)
//     ┌───────────────────────┐          ┌──────────────────────────┐
//     │ C++: Store::call      │          │ frames of an outer entry │
//     ├───────────────────────┤          ├──────────────────────────┤
//     │ saved rbp rbx r12-r15 │  enter   │ return into enter_guest  │
//     │ registers*, MXCSR     │ ───────► │ guest frames, chained by │
//     ├───────────────────────┤ ◄ HOST_SP│ rbp; the outermost saved │
//     │ C++: builtin or host  │  leave   │ rbp is 0                 │
//     │ function              │ ◄─────── └──────────────────────────┘ ◄ GUEST_SP while outside
//     └───────────────────────┘
//
// C++ runs on the host stack only, so leaving guest frames behind (a trap) never skips a C++ frame. The context lives in
// thread-local storage too, because a trapping guest names no instance.
//
// An interrupt signal must not get lost between the test of the flag and the guest's next instruction: in the ranges
// between `..._uninterrupted` and `..._end` the handler leaves the guest as if it had hit guest code.

#include "engine/runtime/x64/offsets.h"

.intel_syntax noprefix
.text

#define FUNCTION(name) .globl name; .hidden name; .type name, @function; .p2align 4; name:
#define LABEL(name) .globl name; .hidden name; name:

.macro LOAD_CONTEXT reg
  mov \reg, qword ptr wasmrun_current_context@gottpoff[rip]
  mov \reg, qword ptr fs:[\reg]
.endm

LABEL(wasmrun_stubs_begin)

// uint32_t wasmrun_enter_guest(ExecutionContext* rdi, const void* code rsi, InstanceHeader* rdx, RegisterFile* rcx)
FUNCTION(wasmrun_enter_guest)
  .cfi_startproc
  push rbp
  .cfi_def_cfa_offset 16
  .cfi_offset rbp, -16
  mov rbp, rsp
  .cfi_def_cfa_register rbp
  push rbx
  .cfi_offset rbx, -24
  push r12
  .cfi_offset r12, -32
  push r13
  .cfi_offset r13, -40
  push r14
  .cfi_offset r14, -48
  push r15
  .cfi_offset r15, -56
  push rcx
  sub rsp, 16
  stmxcsr [rsp]
  mov [rdi + CONTEXT_HOST_SP], rsp
  ldmxcsr [rip + default_mxcsr]
  // For debuggers the guest's frames end here.
  .cfi_undefined rip
  mov rsp, [rdi + CONTEXT_GUEST_SP]
  cmp dword ptr [rdi + CONTEXT_INTERRUPT], 0
LABEL(wasmrun_enter_uninterrupted)
  jne wasmrun_interrupted
  mov r10, rsi
  mov r12, rdx
  mov rbx, rcx
  mov r13, [rbx + REGISTERS_INTEGERS + 0]
  mov r14, [rbx + REGISTERS_INTEGERS + 8]
  mov r15, [rbx + REGISTERS_INTEGERS + 16]
  mov rdi, [rbx + REGISTERS_INTEGERS + 24]
  mov rsi, [rbx + REGISTERS_INTEGERS + 32]
  mov rdx, [rbx + REGISTERS_INTEGERS + 40]
  mov rcx, [rbx + REGISTERS_INTEGERS + 48]
  mov r8, [rbx + REGISTERS_INTEGERS + 56]
  mov r9, [rbx + REGISTERS_INTEGERS + 64]
  mov r11, [rbx + REGISTERS_INTEGERS + 72]
  mov rax, [rbx + REGISTERS_INTEGERS + 80]
  movaps xmm0, [rbx + REGISTERS_VECTORS + 0]
  movaps xmm1, [rbx + REGISTERS_VECTORS + 16]
  movaps xmm2, [rbx + REGISTERS_VECTORS + 32]
  movaps xmm3, [rbx + REGISTERS_VECTORS + 48]
  movaps xmm4, [rbx + REGISTERS_VECTORS + 64]
  movaps xmm5, [rbx + REGISTERS_VECTORS + 80]
  movaps xmm6, [rbx + REGISTERS_VECTORS + 96]
  movaps xmm7, [rbx + REGISTERS_VECTORS + 112]
  xor ebp, ebp
  call r10
LABEL(wasmrun_enter_end)
  LOAD_CONTEXT rcx
  mov rsp, [rcx + CONTEXT_HOST_SP]
  mov rcx, [rsp + 16]
  mov [rcx + REGISTERS_INTEGERS + 0], rax
  mov [rcx + REGISTERS_INTEGERS + 8], rdx
  movaps [rcx + REGISTERS_VECTORS + 0], xmm0
  movaps [rcx + REGISTERS_VECTORS + 16], xmm1
  xor eax, eax
leave_guest:
  ldmxcsr [rsp]
  add rsp, 24
  pop r15
  pop r14
  pop r13
  pop r12
  pop rbx
  pop rbp
  cld
  ret
  .cfi_endproc

// TrapCode in eax, what the message names in rcx. Called from generated code: the return address names the trapping
// instruction.
FUNCTION(wasmrun_trap_exit)
  LOAD_CONTEXT r11
  mov [r11 + CONTEXT_TRAP_OPERAND], rcx
  mov rdx, [rsp]
  mov [r11 + CONTEXT_GUEST_PC], rdx
  mov [r11 + CONTEXT_GUEST_FP], rbp
  mov rsp, [r11 + CONTEXT_HOST_SP]
  jmp leave_guest

wasmrun_interrupted:
  mov eax, TRAP_INTERRUPTED
// TrapCode in eax; who jumps here has recorded the guest's frame and program counter.
FUNCTION(wasmrun_trap_recorded)
  LOAD_CONTEXT r11
  mov rsp, [r11 + CONTEXT_HOST_SP]
  jmp leave_guest

// Back to the guest with results loaded; context in rbx.
return_to_guest:
  mov rsp, [rbx + CONTEXT_GUEST_SP]
  cmp dword ptr [rbx + CONTEXT_INTERRUPT], 0
LABEL(wasmrun_return_uninterrupted)
  jne wasmrun_interrupted
  ret
// Where gc_allocate goes on in the guest: the registers that it saved, the reference in r11.
gc_allocated:
  movaps xmm0, [rsp + 0]
  movaps xmm1, [rsp + 16]
  movaps xmm2, [rsp + 32]
  movaps xmm3, [rsp + 48]
  movaps xmm4, [rsp + 64]
  movaps xmm5, [rsp + 80]
  movaps xmm6, [rsp + 96]
  movaps xmm7, [rsp + 112]
  movaps xmm8, [rsp + 128]
  movaps xmm9, [rsp + 144]
  movaps xmm10, [rsp + 160]
  movaps xmm11, [rsp + 176]
  movaps xmm12, [rsp + 192]
  movaps xmm13, [rsp + 208]
  movaps xmm14, [rsp + 224]
  movaps xmm15, [rsp + 240]
  add rsp, 256
  mov r11, rax
  pop r15
  pop r14
  pop r13
  pop r12
  pop r10
  pop r9
  pop r8
  pop rdi
  pop rsi
  pop rbx
  pop rdx
  pop rcx
  pop rax
  ret
LABEL(wasmrun_return_end)

// Leaves the guest for C++: context in rbx. The caller's frame is what a backtrace begins with; no frame of its own.
.macro LEAVE_FOR_HOST
  mov r10, [rsp]
  mov [rbx + CONTEXT_GUEST_PC], r10
  mov [rbx + CONTEXT_GUEST_FP], rbp
  mov [rbx + CONTEXT_GUEST_SP], rsp
  mov rsp, [rbx + CONTEXT_HOST_SP]
.endm

// One stub a builtin: arguments pass through in the C convention's registers; the C++ function returns its value in rax
// and a TrapCode in rdx.
.macro BUILTIN_STUB stub, function
  .globl \stub
  .hidden \stub
  .type \stub, @function
  .p2align 4
\stub:
  mov rbx, [rdi]
  LEAVE_FOR_HOST
  call \function
  // Where an exception is caught, another frame goes on.
  mov rbp, [rbx + CONTEXT_GUEST_FP]
  test edx, edx
  je return_to_guest
  mov eax, edx
  jmp wasmrun_trap_recorded
.endm
#define BUILTIN(name, parameters) BUILTIN_STUB wasmrun_stub_##name, wasmrun_builtin_##name;
#include "engine/abi/builtins.def"
#undef BUILTIN

// InstanceHeader::gc_allocate. All registers go to the guest's stack, where the collector looks for references, and come back from
// there; generated code need not save anything around an allocation.
FUNCTION(wasmrun_stub_gc_allocate)
  push rax
  push rcx
  push rdx
  push rbx
  push rsi
  push rdi
  push r8
  push r9
  push r10
  push r12
  push r13
  push r14
  push r15
  sub rsp, 256
  movaps [rsp + 0], xmm0
  movaps [rsp + 16], xmm1
  movaps [rsp + 32], xmm2
  movaps [rsp + 48], xmm3
  movaps [rsp + 64], xmm4
  movaps [rsp + 80], xmm5
  movaps [rsp + 96], xmm6
  movaps [rsp + 112], xmm7
  movaps [rsp + 128], xmm8
  movaps [rsp + 144], xmm9
  movaps [rsp + 160], xmm10
  movaps [rsp + 176], xmm11
  movaps [rsp + 192], xmm12
  movaps [rsp + 208], xmm13
  movaps [rsp + 224], xmm14
  movaps [rsp + 240], xmm15
  mov rbx, [r12]
  mov r10, [rsp + 256 + 13*8]
  mov [rbx + CONTEXT_GUEST_PC], r10
  mov [rbx + CONTEXT_GUEST_FP], rbp
  lea r10, [rip + gc_allocated]
  push r10
  mov [rbx + CONTEXT_GUEST_SP], rsp
  mov rsp, [rbx + CONTEXT_HOST_SP]
  mov rdi, r12
  mov rsi, r11
  call wasmrun_gc_allocate
  test edx, edx
  je return_to_guest
  mov eax, edx
  jmp wasmrun_trap_recorded

// Code of every host function: r12 is its HostFunctionRecord. The argument registers become a RegisterFile on the host's
// stack; C++ sorts them out by type and leaves the results in it.
FUNCTION(wasmrun_host_trampoline)
  mov rbx, [r12]
  LEAVE_FOR_HOST
  sub rsp, REGISTERS_BYTES
  mov [rsp + REGISTERS_INTEGERS + 0], r13
  mov [rsp + REGISTERS_INTEGERS + 8], r14
  mov [rsp + REGISTERS_INTEGERS + 16], r15
  mov [rsp + REGISTERS_INTEGERS + 24], rdi
  mov [rsp + REGISTERS_INTEGERS + 32], rsi
  mov [rsp + REGISTERS_INTEGERS + 40], rdx
  mov [rsp + REGISTERS_INTEGERS + 48], rcx
  mov [rsp + REGISTERS_INTEGERS + 56], r8
  mov [rsp + REGISTERS_INTEGERS + 64], r9
  mov [rsp + REGISTERS_INTEGERS + 72], r11
  mov [rsp + REGISTERS_INTEGERS + 80], rax
  movaps [rsp + REGISTERS_VECTORS + 0], xmm0
  movaps [rsp + REGISTERS_VECTORS + 16], xmm1
  movaps [rsp + REGISTERS_VECTORS + 32], xmm2
  movaps [rsp + REGISTERS_VECTORS + 48], xmm3
  movaps [rsp + REGISTERS_VECTORS + 64], xmm4
  movaps [rsp + REGISTERS_VECTORS + 80], xmm5
  movaps [rsp + REGISTERS_VECTORS + 96], xmm6
  movaps [rsp + REGISTERS_VECTORS + 112], xmm7
  mov rdi, r12
  mov rsi, rsp
  call wasmrun_dispatch_host
  test eax, eax
  jne wasmrun_trap_recorded
  mov rax, [rsp + REGISTERS_INTEGERS + 0]
  mov rdx, [rsp + REGISTERS_INTEGERS + 8]
  movaps xmm0, [rsp + REGISTERS_VECTORS + 0]
  movaps xmm1, [rsp + REGISTERS_VECTORS + 16]
  jmp return_to_guest

LABEL(wasmrun_stubs_end)

.section .rodata
.p2align 2
default_mxcsr:
  .long 0x1f80

.section .note.GNU-stack, "", @progbits
