// What generated code may touch. Visible: InstanceHeader and the records it points to, ModuleLayout.
//
//   instance pointer ─► ┌──────────────────────┐ offset 0
//                       │ InstanceHeader       │ fixed
//                       ├──────────────────────┤ ModuleLayout says where each array begins
//                       │ MemoryDescriptor*[]  │ one a memory
//                       │ TableDescriptor*[]   │ one a table
//                       │ FunctionEntry[]      │ one an imported function
//                       │ GlobalCell*[]        │ one an imported global
//                       │ GlobalCell[]         │ one a defined global
//                       │ FuncObject[]         │ one a function of Module::referenced_functions
//                       │ TypeTag[]            │ one a type
//                       └──────────────────────┘
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/abi/object_layout.h"
#include "engine/module/module.h"

namespace wasmrun::abi {

struct InstanceHeader;

enum class Builtin : uint32_t {
#define BUILTIN(name, parameters) name,
#include "engine/abi/builtins.def"
#undef BUILTIN
};
inline constexpr size_t kBuiltinCount = 0
#define BUILTIN(name, parameters) +1
#include "engine/abi/builtins.def"
#undef BUILTIN
    ;

/// One argument, result, or global: any value type, in its low bytes. References are 64-bit words, null is 0.
struct alignas(16) Slot {
  uint64_t low = 0;
  uint64_t high = 0;
};

/// What all instances of a store share while one thread runs them. The assembly of runtime/ knows the first fields.
struct StoreContext {
  /// Stack pointer of the host at the innermost entry into guest code: builtins and host functions run there.
  void* host_stack_pointer = nullptr;
  /// Frame pointer and return address of the guest frame that last left guest code, for backtraces.
  void* guest_frame_pointer = nullptr;
  void* guest_program_counter = nullptr;
  /// Arguments and results beyond those in registers (calling_convention.h), kSpillSlots of them.
  Slot* spill_area = nullptr;
  /// Where generated code puts the next object, and the end of the free memory there, which is zero. Both count from gc_base; when
  /// they are equal, each allocation calls the runtime.
  uint64_t gc_next = 0;
  uint64_t gc_limit = 0;
};
inline constexpr size_t kSpillSlots = 1024;

/// A linear memory. `base` never changes in guard-page mode; in checked mode growth may move it.
struct MemoryDescriptor {
  uint8_t* base = nullptr;
  uint64_t size_bytes = 0;
};

/// A table of references (64-bit words).
struct TableDescriptor {
  uint64_t* elements = nullptr;
  uint64_t size = 0;
};

/// How to call an imported function: code, and the instance pointer it expects.
struct FunctionEntry {
  const void* code = nullptr;
  InstanceHeader* instance = nullptr;
};

/// What a non-null function reference points to.
struct FuncObject {
  const void* code = nullptr;
  InstanceHeader* instance = nullptr;
  /// Of the function's type. call_indirect compares it first.
  TypeTag type_tag = 0;
  uint32_t reserved = 0;
};

using GlobalCell = Slot;

/// Where the instance pointer points. For a host function it begins the record that the host trampoline expects, and only
/// `context` is meaningful.
struct InstanceHeader {
  StoreContext* context = nullptr;
  /// Copy of memory 0's descriptor, kept current by the runtime.
  uint8_t* memory0_base = nullptr;
  uint64_t memory0_size_bytes = 0;
  /// Called with a TrapCode in eax, for uninitialized_element also the table index in rcx; does not return. Its return
  /// address names the trapping instruction.
  const void* trap_exit = nullptr;
  /// Entry points by Builtin, callable as calling_convention.h says. A table of its own, so that what comes behind the header is near.
  const void* const* builtins = nullptr;
  /// Begin of the collected heap. While the store has none and no object exists, of zeros: the tag of null.
  uint8_t* gc_base = nullptr;
  /// By index of a TypeTag, for every type that a function reference or object in the store can have. Moves when instances are made.
  const TypeRecord* const* type_records = nullptr;
  /// Allocates when generated code cannot: length << 32 | type index in r11 (the length of an array, 0 for a struct), the new
  /// reference in r11. The object has its header and is zero otherwise. Keeps every other register but the flags; may trap.
  const void* gc_allocate = nullptr;
};

/// Byte offsets from the instance pointer for one module; the same for every instance of it.
struct ModuleLayout {
  explicit ModuleLayout(const module::Module& module);

  uint32_t memories;
  uint32_t tables;
  uint32_t imported_functions;
  uint32_t imported_globals;
  uint32_t defined_globals;
  uint32_t func_objects;
  uint32_t type_ids;
  uint32_t size_bytes;

  uint32_t memory_descriptor(uint32_t memory) const { return memories + memory * 8; }
  uint32_t table_descriptor(uint32_t table) const { return tables + table * 8; }
  uint32_t imported_function(uint32_t function) const { return imported_functions + function * 16; }
  /// Where the address of an imported global's cell lies.
  uint32_t imported_global(uint32_t global) const { return imported_globals + global * 8; }
  /// Where the cell of a defined global lies; `defined` counts from the first defined global.
  uint32_t defined_global(uint32_t defined) const { return defined_globals + defined * 16; }
  uint32_t func_object(uint32_t reference_slot) const { return func_objects + reference_slot * 24; }
  uint32_t type_id(uint32_t type) const { return type_ids + type * 4; }
};
static_assert(sizeof(FuncObject) == 24 && sizeof(GlobalCell) == 16 && sizeof(FunctionEntry) == 16);

}  // namespace wasmrun::abi
