// Field offsets that stubs.S uses; execution_context.h proves them. Preprocessor only: read by assembler and C++.
#pragma once

#define CONTEXT_HOST_SP 0
#define CONTEXT_GUEST_FP 8
#define CONTEXT_GUEST_PC 16
#define CONTEXT_GUEST_SP 48
#define CONTEXT_INTERRUPT 56
#define CONTEXT_TRAP_OPERAND (CONTEXT_INTERRUPT + 8)

#define REGISTERS_INTEGERS 0
#define REGISTERS_VECTORS 96
#define REGISTERS_BYTES 224

#define TRAP_INTERRUPTED 14
