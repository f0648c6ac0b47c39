// Turns faults of generated code into traps and stops guests on request. Visible: install_signal_handlers,
// prepare_thread_for_signals, interrupt_signal.
#pragma once

#include <csignal>

namespace wasmrun::runtime {

/// The signal that Store::interrupt sends to the guest's thread.
inline int interrupt_signal() { return SIGRTMIN + 5; }

/// Installs the process's handlers unless they are in place. They act only when the program counter lies in generated code or
/// in the stubs' ranges made for it, and the fault address in a guard of the running store; all else goes to the handler that
/// was there before, so a bug of the host still crashes. Each new store calls it, in case the host has changed handlers since.
void install_signal_handlers();

/// Gives this thread a stack for the handlers, once.
void prepare_thread_for_signals();

}  // namespace wasmrun::runtime
