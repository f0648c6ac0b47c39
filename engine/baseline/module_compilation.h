// What the workers of one module share. Visible: ModuleCompilation.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/abi/compiler.h"
#include "engine/abi/instance_layout.h"
#include "engine/baseline/baseline.h"
#include "engine/baseline/function_compiler.h"

namespace wasmrun::baseline {

class ModuleCompilation final : public abi::ModuleCompilation {
 public:
  ModuleCompilation(const module::Module& module, const abi::CompileOptions& options, Locations locations,
                    std::unique_ptr<abi::CodeSpace> code);

  std::unique_ptr<abi::FunctionCompiler> new_worker() override;
  Result<abi::CompiledModule> finish(const CompileRest& rest) override;

  const module::Module& module() const { return module_; }
  const abi::CompileOptions& options() const { return options_; }
  bool locates_every_instruction() const { return result_.locations_are_ranges; }
  const abi::ModuleLayout& layout() const { return layout_; }
  const abi::ObjectLayouts& objects() const { return objects_; }
  abi::CodeSpace& code() { return *result_.code; }
  /// Each defined function's own record: workers write different ones at the same time.
  abi::CompiledFunction& compiled(FuncIndex function) {
    return result_.functions[function.value - module_.imported_functions];
  }
  /// The number of a new worker, which is that of its location list. Thread-safe.
  uint32_t add_worker();
  /// What a worker leaves behind. Thread-safe.
  void collect(uint32_t worker, WorkerOutput output);

 private:
  const module::Module& module_;
  abi::CompileOptions options_;
  abi::ModuleLayout layout_;
  abi::ObjectLayouts objects_;
  abi::CompiledModule result_;
  std::mutex mutex_;
  std::vector<std::vector<CallSite>> calls_;
};

}  // namespace wasmrun::baseline
