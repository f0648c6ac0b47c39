// gdb's interface for compiled code: a list of symbol files, and a function on which the debugger has a breakpoint.
#include "engine/symbols/debugger.h"

#include <mutex>

extern "C" {

// Names, layouts and values are the interface's.
struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const uint8_t* symfile_addr;
  uint64_t symfile_size;
};

struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};

__attribute__((visibility("default"), used)) jit_descriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};

// The debugger stops here to look at the descriptor; the call must stay.
__attribute__((visibility("default"), used, noinline)) void __jit_debug_register_code() { asm volatile("" ::: "memory"); }

}  // extern "C"

namespace wasmrun::symbols {

void register_symbol_file(std::vector<uint8_t> file) {
  constexpr uint32_t kRegister = 1;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  // Both live as long as the process, whose code they describe.
  const auto* const bytes = new std::vector<uint8_t>(std::move(file));
  auto* const entry = new jit_code_entry{__jit_debug_descriptor.first_entry, nullptr, bytes->data(), bytes->size()};
  if (entry->next_entry) entry->next_entry->prev_entry = entry;
  __jit_debug_descriptor.first_entry = entry;
  __jit_debug_descriptor.relevant_entry = entry;
  __jit_debug_descriptor.action_flag = kRegister;
  __jit_debug_register_code();
}

}  // namespace wasmrun::symbols
