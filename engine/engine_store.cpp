// The public Store, on top of runtime::Store; and the lists of imports and exports.
#include "engine/engine_coredump.h"
#include "engine/engine_impl.h"
#include "engine/runtime/extern.h"
#include "engine/runtime/store.h"

#include <bit>

namespace wasmrun {
namespace {

class StoreImpl final : public Store {
 public:
  explicit StoreImpl(std::unique_ptr<runtime::Store> store) : store_(std::move(store)) {}

  void define(std::string module, std::string name, HostFunction function) override {
    store_->define(std::move(module), std::move(name), std::move(function));
  }
  void define_overload(std::string module, std::string name, HostFunction function) override {
    store_->define_overload(std::move(module), std::move(name), std::move(function));
  }
  void define_instance(std::string module, Instance& instance) override {
    store_->define_instance(std::move(module), instance);
  }
  void define_global(std::string module, std::string name, module::GlobalType type, RawValue value) override {
    store_->define_global(std::move(module), std::move(name), type, value);
  }
  Result<void> define_table(std::string module, std::string name, const module::TableType& type) override {
    return store_->define_table(std::move(module), std::move(name), type);
  }
  Result<void> define_memory(std::string module, std::string name, const module::MemoryType& type) override {
    return store_->define_memory(std::move(module), std::move(name), type);
  }
  void define_shared_memory(std::string module, std::string name, std::shared_ptr<SharedMemory> memory) override {
    store_->define_shared_memory(std::move(module), std::move(name), std::move(memory));
  }
  std::shared_ptr<SharedMemory> shared_memory(const Instance& instance, std::string_view name) override {
    const auto exported = instance.find_export(name, ExternKind::Memory);
    if (!exported || !exported->memory->type().limits.is_shared) return nullptr;
    return exported->memory->shared_from_this();
  }
  Result<std::vector<SharedMemoryImport>> provide_shared_memories(const LoadedModule& loaded) override {
    std::vector<SharedMemoryImport> made;
    for (const module::Import& import : loaded.module.imports) {
      if (import.kind != ExternKind::Memory || store_->has_definition(import.module, import.name)) continue;
      const module::MemoryType& type = loaded.module.memories[import.index];
      if (!type.limits.is_shared) continue;
      std::shared_ptr<SharedMemory> memory = TRY(store_->make_memory(type));
      store_->define_shared_memory(import.module, import.name, memory);
      made.push_back({import.module, import.name, std::move(memory)});
    }
    return made;
  }
  std::vector<MissingImport> missing_imports(const LoadedModule& loaded) override {
    return store_->missing_imports(loaded);
  }
  Result<Instantiation> instantiate(std::shared_ptr<const LoadedModule> loaded, std::string name) override {
    return store_->instantiate(std::move(loaded), std::move(name));
  }
  std::optional<FuncType> function_type(const Instance& instance, std::string_view name) override {
    const auto exported = instance.find_export(name, ExternKind::Func);
    if (!exported) return std::nullopt;
    return store_->types().type(exported->function.type).func;
  }
  Outcome call(Instance& instance, std::string_view name, std::span<const RawValue> arguments) override {
    return store_->call(instance, name, arguments);
  }
  std::optional<std::pair<ValueType, RawValue>> global(const Instance& instance, std::string_view name) override {
    const auto exported = instance.find_export(name, ExternKind::Global);
    if (!exported) return std::nullopt;
    return std::pair(exported->global.type, store_->global_value(exported->global));
  }
  std::optional<std::span<uint8_t>> memory(const Instance& instance, std::string_view name) override {
    const auto exported = instance.find_export(name, ExternKind::Memory);
    if (!exported) return std::nullopt;
    return exported->memory->bytes();
  }
  const LoadedModule& loaded(const Instance& instance) override { return instance.loaded(); }
  bool write_coredump(const Trap& trap, const std::string& program, const CoredumpWrite& write) override {
    return wasmrun::write_coredump(*store_, trap, program, write);
  }
  ReferenceKind reference_kind(RawValue value) override { return store_->reference_kind(value); }
  void hold(RawValue value) override { store_->hold(value); }
  void release(RawValue value) override { store_->release(value); }
  void interrupt() override { store_->interrupt(); }

 private:
  std::unique_ptr<runtime::Store> store_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::create(Engine& engine, const StoreOptions& options) {
  const auto& implementation = static_cast<EngineImpl&>(engine);
  return std::unique_ptr<Store>(std::make_unique<StoreImpl>(
      TRY(runtime::Store::create(implementation.types, options, implementation.compile_options.guard_pages))));
}

std::vector<ExternDescription> imports_of(const LoadedModule& loaded) {
  std::vector<ExternDescription> imports;
  for (const module::Import& import : loaded.module.imports) {
    imports.push_back({import.module, import.name, import.kind, runtime::describe(loaded.module, import.kind, import.index)});
  }
  return imports;
}

std::string not_optimized_because(const LoadedModule& loaded) { return loaded.not_optimized; }

std::span<const uint8_t> module_bytes_of(const LoadedModule& loaded) { return loaded.module.bytes.span(); }

CodeOrigin origin_of(const LoadedModule& loaded) {
  return {loaded.is_optimized, loaded.functions_by_baseline, loaded.is_from_cache, loaded.compile_time, loaded.cache_problem};
}

std::vector<ExternDescription> exports_of(const LoadedModule& loaded) {
  std::vector<ExternDescription> exports;
  for (const module::Export& item : loaded.module.exports) {
    exports.push_back({{}, item.name, item.kind, runtime::describe(loaded.module, item.kind, item.index)});
  }
  return exports;
}

}  // namespace wasmrun
