// Signal handlers. They run on their own stack, touch only the context of the thread's guest, and leave by changing the
// interrupted registers: the guest continues in wasmrun_trap_recorded with the TrapCode in eax.
#include "engine/runtime/signals.h"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstdint>
#include <mutex>

#include "engine/abi/traps.h"
#include "engine/base/check.h"
#include "engine/runtime/execution_context.h"
#include "engine/runtime/store.h"

#if defined(__SANITIZE_THREAD__)
// ThreadSanitizer keeps a signal back until the thread calls the C library, which a guest in a loop never does. This name of
// the same function it does not replace.
extern "C" int __sigaction(int, const struct sigaction*, struct sigaction*) noexcept;
#define sigaction(...) __sigaction(__VA_ARGS__)
#endif

namespace wasmrun::runtime {
namespace {

using abi::TrapCode;

struct sigaction previous_segv;
struct sigaction previous_bus;

const void* program_counter(const ucontext_t& machine) {
  return reinterpret_cast<const void*>(machine.uc_mcontext.gregs[REG_RIP]);
}

bool in_range(const void* pc, const char* begin, const char* end) { return pc >= begin && pc < end; }

void leave_guest(ucontext_t& machine, TrapCode code) {
  machine.uc_mcontext.gregs[REG_RAX] = static_cast<greg_t>(code);
  machine.uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(wasmrun_trap_recorded);
}

void record_guest_frame(ExecutionContext& context, const ucontext_t& machine) {
  context.shared.guest_program_counter = const_cast<void*>(program_counter(machine));
  context.shared.guest_frame_pointer = reinterpret_cast<void*>(machine.uc_mcontext.gregs[REG_RBP]);
  context.stopped_stack_pointer = reinterpret_cast<void*>(machine.uc_mcontext.gregs[REG_RSP]);
  context.stopped_by_signal = true;
}

// What a fault at `address` means; `none` when it is not the guest's.
TrapCode classify(const ExecutionContext& context, const void* pc, const void* address) {
  const bool in_guest = context.store->find_code(pc) != nullptr;
  const bool in_stubs = in_range(pc, wasmrun_stubs_begin, wasmrun_stubs_end);
  if ((in_guest || in_stubs) && context.store->stack().guards(address)) return TrapCode::call_stack_exhausted;
  if (in_guest && context.store->find_guarded_memory(address)) return TrapCode::memory_out_of_bounds;
  return TrapCode::none;
}

void hand_on(const struct sigaction& previous, int signal, siginfo_t* info, void* machine) {
  if (previous.sa_flags & SA_SIGINFO) return previous.sa_sigaction(signal, info, machine);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) return previous.sa_handler(signal);
  // On return a real fault happens again and kills the process where it happened; a signal sent by somebody does not.
  struct sigaction default_action = {};
  default_action.sa_handler = SIG_DFL;
  sigaction(signal, &default_action, nullptr);
  if (info->si_code <= 0) raise(signal);
}

void on_fault(int signal, siginfo_t* info, void* ucontext) {
  auto& machine = *static_cast<ucontext_t*>(ucontext);
  // A positive code means that the kernel saw a fault; only then is the address one.
  if (ExecutionContext* context = wasmrun_current_context; context && info->si_code > 0) {
    const TrapCode code = classify(*context, program_counter(machine), info->si_addr);
    if (code != TrapCode::none) {
      record_guest_frame(*context, machine);
      context->fault_address = info->si_addr;
      return leave_guest(machine, code);
    }
  }
  hand_on(signal == SIGSEGV ? previous_segv : previous_bus, signal, info, ucontext);
}

void on_interrupt(int, siginfo_t*, void* ucontext) {
  auto& machine = *static_cast<ucontext_t*>(ucontext);
  ExecutionContext* context = wasmrun_current_context;
  if (!context || !context->interrupt.load(std::memory_order_relaxed)) return;
  const void* pc = program_counter(machine);
  if (context->store->find_code(pc)) {
    record_guest_frame(*context, machine);
    return leave_guest(machine, TrapCode::interrupted);
  }
  // On the way into the guest, past the test of the flag: the frame is recorded already.
  if (in_range(pc, wasmrun_enter_uninterrupted, wasmrun_enter_end) ||
      in_range(pc, wasmrun_return_uninterrupted, wasmrun_return_end)) {
    leave_guest(machine, TrapCode::interrupted);
  }
  // Anywhere else the stubs test the flag before the guest goes on.
}

void install(int signal, void (*handler)(int, siginfo_t*, void*), struct sigaction& previous) {
  struct sigaction present;
  CHECK(sigaction(signal, nullptr, &present) == 0);
  if (present.sa_flags & SA_SIGINFO && present.sa_sigaction == handler) return;
  previous = present;
  struct sigaction action = {};
  // No SA_RESTART: an interrupted host function's blocked system call ends with EINTR.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  action.sa_sigaction = handler;
  CHECK(sigaction(signal, &action, nullptr) == 0);
}

// A faulting guest may have no stack left, so handlers bring their own.
class AlternateStack {
 public:
  AlternateStack() {
    // Wide vector registers make signal frames larger than the constants of old headers.
    const size_t wanted = getauxval(AT_MINSIGSTKSZ) + (size_t{64} << 10);
    stack_t present;
    CHECK(sigaltstack(nullptr, &present) == 0);
    if (!(present.ss_flags & SS_DISABLE) && present.ss_size >= (size_t{32} << 10)) return;
    size_ = (wanted + 4095) & ~size_t{4095};
    memory_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    CHECK(memory_ != MAP_FAILED);
    stack_t stack = {};
    stack.ss_sp = memory_;
    stack.ss_size = size_;
    CHECK(sigaltstack(&stack, nullptr) == 0);
  }
  ~AlternateStack() {
    if (!memory_) return;
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
    munmap(memory_, size_);
  }

 private:
  void* memory_ = nullptr;
  size_t size_ = 0;
};

__thread bool this_thread_is_prepared = false;

}  // namespace

void install_signal_handlers() {
  static std::mutex mutex;
  static struct sigaction unused;
  const std::lock_guard lock(mutex);
  install(SIGSEGV, on_fault, previous_segv);
  install(SIGBUS, on_fault, previous_bus);
  install(interrupt_signal(), on_interrupt, unused);
}

void prepare_thread_for_signals() {
  if (this_thread_is_prepared) return;
  static thread_local const AlternateStack alternate_stack;
  this_thread_is_prepared = true;
}

}  // namespace wasmrun::runtime
