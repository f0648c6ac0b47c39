// One instance of a module. Visible: Instance, HostFunctionRecord.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/calling_convention.h"
#include "engine/abi/instance_layout.h"
#include "engine/runtime/extern.h"
#include "engine/runtime/loaded_module.h"
#include "engine/runtime/memory.h"
#include "engine/runtime/table.h"
#include "engine/runtime/values.h"

namespace wasmrun::runtime {

class Store;

/// Fills the fields that every record behind an instance pointer has.
void initialize_header(abi::InstanceHeader& header, abi::StoreContext* context);

/// An instance: the block that generated code sees (abi::ModuleLayout), and what only the runtime knows.
///
///     block ─► ┌───────────┐
///              │ Instance* │ one word, padded to 16 bytes
///    header ─► ├───────────┤
///              │ ...       │ InstanceHeader and arrays
///              └───────────┘
class Instance {
 public:
  Instance(Store& store, std::shared_ptr<const LoadedModule> loaded, std::string name);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  static Instance& of(abi::InstanceHeader* header) {
    return **reinterpret_cast<Instance**>(reinterpret_cast<uint8_t*>(header) - kPrefixBytes);
  }

  Store& store() const { return store_; }
  const LoadedModule& loaded() const { return *loaded_; }
  std::shared_ptr<const LoadedModule> loaded_pointer() const { return loaded_; }
  const module::Module& module() const { return loaded_->module; }
  const std::string& name() const { return name_; }
  abi::InstanceHeader* header() const { return reinterpret_cast<abi::InstanceHeader*>(block_.get() + kPrefixBytes); }

  // Each appends to its index space, imports first, and tells generated code where it is.
  void add_function(const FunctionExtern& function);
  void add_memory(Memory* memory);
  void add_table(Table* table);
  void add_imported_global(const GlobalExtern& global);
  /// Returns the new cell.
  abi::GlobalCell& add_defined_global(module::ValueType canonical_type, bool is_mutable);
  void add_tag(Tag* tag) { tags_.push_back(tag); }
  Tag& tag(uint32_t index) const { return *tags_[index]; }
  /// Fills the function objects; call after the last add_function.
  void fill_function_objects();

  Memory& memory(uint32_t index) const { return *memories_[index]; }
  std::span<Memory* const> memories() const { return memories_; }
  Table& table(uint32_t index) const { return *tables_[index]; }
  const GlobalExtern& global(uint32_t index) const { return globals_[index]; }
  FunctionExtern function(FuncIndex index) const;
  /// What the header of an object of the module's struct or array type says.
  abi::TypeTag type_tag(TypeIndex index) const { return at<abi::TypeTag>(loaded_->layout.type_ids)[index.value]; }
  std::span<const GlobalExtern> globals() const { return globals_; }
  /// The word that a reference to the function is; it must be in Module::referenced_functions.
  uint64_t function_reference(FuncIndex index) const;

  Extern extern_at(module::ExternKind kind, uint32_t index) const;
  std::optional<Extern> find_export(std::string_view name, module::ExternKind kind) const;
  /// The memory exported as "memory", or the only one; null when there is none.
  Memory* default_memory() const { return default_memory_; }
  /// To be called when all memories are there: host functions ask for the default one at every call.
  void choose_default_memory();

  /// Items of a passive element segment that is not dropped.
  std::vector<std::vector<uint64_t>> elem_items;
  std::vector<bool> data_dropped;

 private:
  static constexpr size_t kPrefixBytes = 16;
  struct Free {
    void operator()(uint8_t* block) const { std::free(block); }
  };
  template <class T>
  T* at(uint32_t offset) const {
    return reinterpret_cast<T*>(block_.get() + kPrefixBytes + offset);
  }

  Store& store_;
  std::shared_ptr<const LoadedModule> loaded_;
  std::string name_;
  std::unique_ptr<uint8_t, Free> block_;
  std::vector<FunctionExtern> imported_functions_;
  std::vector<Memory*> memories_;
  Memory* default_memory_ = nullptr;
  std::vector<Table*> tables_;
  std::vector<GlobalExtern> globals_;
  std::vector<Tag*> tags_;
};

/// What a host function's instance pointer points to: one for each instance that imports it.
struct HostFunctionRecord final : Caller {
  std::span<uint8_t> memory() override;
  bool interrupt_requested() override;

  HostFunction function;
  Instance* importer = nullptr;
  std::vector<abi::ValuePlace> parameters;
  std::vector<abi::ValuePlace> results;
  bool has_collected_values = false;  ///< among parameters or results: they are translated and kept alive
  /// The instance pointer. Generated code and the trampoline see only this.
  struct Header : abi::InstanceHeader {
    HostFunctionRecord* record = nullptr;
  } header;
};

}  // namespace wasmrun::runtime
