// Runs compiled functions without the runtime: this room's code on the test's own stack, for any processor features.
// Visible: Machine.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/abi/compiled_module.h"
#include "engine/abi/compiler.h"
#include "engine/abi/instance_layout.h"
#include "engine/abi/traps.h"
#include "engine/module/module.h"
#include "engine/module/type_registry.h"
#include "tests/support/module_builder.h"

namespace wasmrun::testing {

/// One instance of a module without imports, tables and globals. Its memory, if it has one, is one page that ends at a
/// page which cannot be touched: an access that goes too far ends the test program.
class Machine {
 public:
  Machine(std::shared_ptr<const Bytes> bytes, const abi::CpuFeatures& cpu);
  ~Machine();
  Machine(const Machine&) = delete;

  /// Calls a function with parameters and results in registers. Returns the trap, or `none`.
  abi::TrapCode call(uint32_t function, const std::vector<abi::Slot>& arguments, std::vector<abi::Slot>& results);
  uint8_t* memory() { return memory_; }
  static constexpr size_t kMemoryBytes = 65536;

 private:
  module::TypeRegistry types_;
  module::Module module_;
  abi::CompiledModule code_;
  std::vector<abi::Slot> instance_;
  abi::StoreContext context_;
  std::vector<abi::Slot> spill_area_{abi::kSpillSlots};
  uint8_t* mapping_ = nullptr;
  uint8_t* memory_ = nullptr;
};

}  // namespace wasmrun::testing
