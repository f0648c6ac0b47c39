// Instances and all they share; calls into them. Visible: Store. engine.h documents the public meaning of each function.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "engine/gc/heap.h"
#include "engine/gc/type_table.h"
#include "engine/runtime/execution_context.h"
#include "engine/runtime/extern.h"
#include "engine/runtime/guest_stack.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/values.h"

namespace wasmrun::runtime {

class TemporaryRoots;

class Store {
 public:
  /// `types` must be the registry of every module instantiated here, `guard_pages` what they were compiled for.
  static Result<std::unique_ptr<Store>> create(std::shared_ptr<module::TypeRegistry> types, const StoreOptions& options,
                                               bool guard_pages);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Definitions (linking.cpp).
  void define(std::string module, std::string name, HostFunction function);
  void define_overload(std::string module, std::string name, HostFunction function);
  void define_instance(std::string module, Instance& instance);
  void define_global(std::string module, std::string name, module::GlobalType type, RawValue value);
  Result<void> define_table(std::string module, std::string name, const module::TableType& type);
  Result<void> define_memory(std::string module, std::string name, const module::MemoryType& type);
  void define_shared_memory(std::string module, std::string name, std::shared_ptr<Memory> memory);
  /// Under the limits of this store.
  Result<std::shared_ptr<Memory>> make_memory(const module::MemoryType& type) const;
  bool has_definition(const std::string& module, const std::string& name) const;
  std::vector<MissingImport> missing_imports(const LoadedModule& loaded) const;

  /// instantiate.cpp
  Result<Instantiation> instantiate(std::shared_ptr<const LoadedModule> loaded, std::string name);

  // Calls (call.cpp).
  Outcome call(Instance& instance, std::string_view name, std::span<const RawValue> arguments);
  Outcome invoke(const FunctionExtern& function, std::span<const RawValue> arguments);
  void interrupt();
  bool interrupt_requested() const { return context_.interrupt.load(std::memory_order_relaxed) != 0; }
  /// What the host trampoline calls. Returns `none` or why the guest must stop.
  abi::TrapCode dispatch(HostFunctionRecord& record, RegisterFile& registers);

  const module::TypeRegistry& types() const { return *types_; }
  const StoreOptions& options() const { return options_; }
  /// In the order in which they were made; also those whose start failed.
  std::span<const std::unique_ptr<Instance>> instances() const { return instances_; }
  abi::StoreContext* context() { return &context_.shared; }

  /// Code of one module that has instances here. Async-signal-safe to read: the list only grows at its head.
  struct CodeRange {
    const uint8_t* begin;
    const uint8_t* end;
    const LoadedModule* loaded;
    const Instance* instance;  ///< the first of that module
    const CodeRange* next;
  };
  const CodeRange* find_code(const void* pc) const {
    const CodeRange* range = code_.load(std::memory_order_relaxed);
    while (range && (pc < range->begin || pc >= range->end)) range = range->next;
    return range;
  }
  // The collected heap (references.cpp). It is made when the first module that has structs or arrays is instantiated, or when
  // the first reference comes from a host.
  Result<void> ensure_heap();
  gc::Heap& heap() const { return *heap_; }
  const abi::TypeRecord& type_record(abi::TypeTag tag) const { return type_table_->record(tag); }
  /// Whether values of the type are references of the collected heap; the type is canonical.
  bool is_collected(module::ValueType type) const;
  /// A collected reference as guest and host have it. The first is nothing when the heap is full.
  std::optional<uint64_t> from_host(uint64_t word);
  uint64_t to_host(uint64_t reference) const;
  RawValue global_value(const GlobalExtern& global) const;
  ReferenceKind reference_kind(RawValue value) const;
  void hold(RawValue value);
  void release(RawValue value);

  const Memory* find_guarded_memory(const void* address) const;
  const GuestStack& stack() const { return *stack_; }

 private:
  friend class TemporaryRoots;
  struct StoreRoots final : gc::Roots {
    explicit StoreRoots(Store& of) : store(of) {}
    void visit(gc::Marker& marker) override;
    Store& store;
  };
  Store() : roots_(*this) {}

  void visit_roots(gc::Marker& marker);
  /// Makes the type known to generated code.
  void add_type(CanonicalTypeId id);

  /// Host functions of one name differ in type.
  using Definition = std::variant<Extern, std::vector<HostFunction>>;
  const Definition* find_definition(const module::Import& import) const;
  // The definition's type if it satisfies the import; otherwise says what was found ("" for nothing).
  std::optional<MissingImport> check_import(const module::Module& module, const module::Import& import) const;
  void import_all(Instance& instance);
  const HostFunction* find_overload(const std::vector<HostFunction>& functions, const module::Module& module,
                                    const module::Import& import) const;
  FunctionExtern make_host_function(const HostFunction& function, Instance& importer);

  // Returns `none` or the trap.
  Result<abi::TrapCode> allocate_all(Instance& instance);
  void register_code(const Instance& instance);
  std::unique_ptr<Tag> make_tag(const Instance& instance, uint32_t index);

  // Values on their way in and out. The first is nothing when the heap is full.
  std::optional<RawValue> import_value(module::ValueType type, RawValue value, TemporaryRoots& roots);
  RawValue export_value(module::ValueType type, RawValue value) const;

  // Runs guest code; fills `outcome` unless it returns.
  abi::TrapCode enter(const abi::FunctionEntry& entry, RegisterFile& registers, Outcome& outcome);
  void describe_stop(abi::TrapCode code, Outcome& outcome);

  std::shared_ptr<module::TypeRegistry> types_;
  StoreOptions options_;
  bool guard_pages_ = true;
  ExecutionContext context_;
  std::unique_ptr<GuestStack> stack_;
  std::unique_ptr<abi::Slot[]> spill_area_;
  StoreRoots roots_;
  std::unique_ptr<gc::TypeTable> type_table_;
  std::vector<uint64_t> temporary_roots_;
  std::vector<uint64_t> held_;
  /// What a host function that ended the guest said.
  HostOutcome pending_;

  std::unordered_map<std::string, std::unordered_map<std::string, Definition>> definitions_;
  /// Shared memories may be those of other stores.
  std::vector<std::shared_ptr<Memory>> memories_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<abi::GlobalCell>> host_globals_;
  std::vector<std::unique_ptr<Tag>> tags_;
  std::vector<std::unique_ptr<HostFunctionRecord>> host_functions_;
  std::vector<std::unique_ptr<Instance>> instances_;
  std::vector<std::unique_ptr<CodeRange>> code_ranges_;
  std::atomic<const CodeRange*> code_{nullptr};
  std::unique_ptr<gc::Heap> heap_;
};

}  // namespace wasmrun::runtime
