// Compiles modules: shares out workers, then links direct calls.
#include "engine/baseline/module_compilation.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/baseline/baseline.h"

namespace wasmrun::baseline {

ModuleCompilation::ModuleCompilation(const module::Module& module, const abi::CompileOptions& options,
                                     Locations locations, std::unique_ptr<abi::CodeSpace> code)
    : module_(module), options_(options), layout_(module), objects_(module) {
  result_.code = std::move(code);
  result_.locations_are_ranges = locations == Locations::EveryInstruction;
  result_.functions.resize(module.functions.size() - module.imported_functions);
}

std::unique_ptr<abi::FunctionCompiler> ModuleCompilation::new_worker() { return std::make_unique<FunctionCompiler>(*this); }

uint32_t ModuleCompilation::add_worker() {
  const std::lock_guard lock(mutex_);
  result_.location_lists.emplace_back();
  return static_cast<uint32_t>(result_.location_lists.size() - 1);
}

void ModuleCompilation::collect(uint32_t worker, WorkerOutput output) {
  const std::lock_guard lock(mutex_);
  result_.location_lists[worker] = std::move(output.locations);
  calls_.push_back(std::move(output.calls));
  const auto first = static_cast<uint32_t>(result_.handlers.size());
  for (abi::Handler handler : output.handlers) {
    if (handler.next != abi::Handler::kNone) handler.next += first;
    result_.handlers.push_back(handler);
  }
  for (abi::HandlerSite site : output.handler_sites) {
    site.first_handler += first;
    result_.handler_sites.push_back(site);
  }
}

Result<abi::CompiledModule> ModuleCompilation::finish(const CompileRest&) {
  uint8_t* const base = result_.code->base();
  for (const std::vector<CallSite>& calls : calls_) {
    for (const CallSite& call : calls) {
      const abi::CompiledFunction& target = compiled(FuncIndex(call.function));
      if (target.code_end == 0) {
        result_.open_calls.push_back({call.code_offset, call.function});
        continue;
      }
      const uint32_t distance = target.code_begin - (call.code_offset + 4);
      std::memcpy(base + call.code_offset, &distance, sizeof distance);
    }
  }
  if (Result<void> sealed = result_.code->seal(); !sealed) return std::move(sealed).error();
  result_.build_index();
  return std::move(result_);
}

namespace {

class BaselineCompiler final : public abi::Compiler {
 public:
  explicit BaselineCompiler(Locations locations) : locations_(locations) {}

  Result<std::unique_ptr<abi::ModuleCompilation>> begin(const module::Module& module,
                                                        const abi::CompileOptions& options) override {
    // Only address space is reserved. Code is seldom more than five times its bytecode; a body of nothing but traps or branches
    // over many locals needs more.
    constexpr uint64_t kLeast = uint64_t{1} << 20;
    constexpr uint64_t kMost = (uint64_t{1} << 31) - (uint64_t{1} << 20);
    const uint64_t wanted = 24 * module.code_section.size() + 256 * uint64_t{module.functions.size()};
    auto code = TRY(abi::CodeSpace::create(static_cast<size_t>(std::clamp(wanted, kLeast, kMost))));
    return std::unique_ptr<abi::ModuleCompilation>(
        std::make_unique<ModuleCompilation>(module, options, locations_, std::move(code)));
  }

 private:
  Locations locations_;
};

}  // namespace

std::unique_ptr<abi::Compiler> make_compiler(Locations locations) { return std::make_unique<BaselineCompiler>(locations); }

}  // namespace wasmrun::baseline
