// Builds the block that generated code sees and looks up what an instance has.
#include "engine/runtime/instance.h"

#include <cstring>

#include "engine/runtime/execution_context.h"
#include "engine/runtime/store.h"

namespace wasmrun::runtime {

void initialize_header(abi::InstanceHeader& header, abi::StoreContext* context) {
  header.context = context;
  header.trap_exit = wasmrun_trap_exit;
  header.gc_allocate = wasmrun_stub_gc_allocate;
  static constexpr const void* kBuiltins[] = {
#define BUILTIN(name, parameters) wasmrun_stub_##name,
#include "engine/abi/builtins.def"
#undef BUILTIN
  };
  header.builtins = kBuiltins;
}

Instance::Instance(Store& store, std::shared_ptr<const LoadedModule> loaded, std::string name)
    : store_(store), loaded_(std::move(loaded)), name_(std::move(name)) {
  const size_t size = kPrefixBytes + loaded_->layout.size_bytes;
  block_.reset(static_cast<uint8_t*>(std::aligned_alloc(16, (size + 15) & ~size_t{15})));
  CHECK(block_);
  std::memset(block_.get(), 0, size);
  *reinterpret_cast<Instance**>(block_.get()) = this;
  initialize_header(*new (header()) abi::InstanceHeader, store.context());
  auto* tags = at<abi::TypeTag>(loaded_->layout.type_ids);
  for (size_t i = 0; i < module().types.size(); ++i) tags[i] = abi::type_tag(module().types[i].kind, module().canonical_types[i]);
  elem_items.resize(module().elems.size());
  data_dropped.resize(module().datas.size());
}

void Instance::add_function(const FunctionExtern& function) {
  const auto index = static_cast<uint32_t>(imported_functions_.size());
  *at<abi::FunctionEntry>(loaded_->layout.imported_function(index)) = function.entry;
  imported_functions_.push_back(function);
}

Instance::~Instance() {
  // Other memories end with the store.
  if (!memories_.empty() && memories_[0]->type().limits.is_shared) memories_[0]->remove_user(header());
}

void Instance::add_memory(Memory* memory) {
  const auto index = static_cast<uint32_t>(memories_.size());
  *at<abi::MemoryDescriptor*>(loaded_->layout.memory_descriptor(index)) = memory->descriptor();
  if (index == 0) memory->add_user(header());
  memories_.push_back(memory);
}

void Instance::add_table(Table* table) {
  const auto index = static_cast<uint32_t>(tables_.size());
  *at<abi::TableDescriptor*>(loaded_->layout.table_descriptor(index)) = table->descriptor();
  tables_.push_back(table);
}

void Instance::add_imported_global(const GlobalExtern& global) {
  *at<abi::GlobalCell*>(loaded_->layout.imported_global(static_cast<uint32_t>(globals_.size()))) = global.cell;
  globals_.push_back(global);
}

abi::GlobalCell& Instance::add_defined_global(module::ValueType canonical_type, bool is_mutable) {
  const auto defined = static_cast<uint32_t>(globals_.size()) - module().imported_globals;
  auto* cell = at<abi::GlobalCell>(loaded_->layout.defined_global(defined));
  globals_.push_back({cell, canonical_type, is_mutable});
  return *cell;
}

void Instance::fill_function_objects() {
  uint32_t slot = 0;
  for (const FuncIndex index : module().referenced_functions) {
    const FunctionExtern found = function(index);
    *at<abi::FuncObject>(loaded_->layout.func_object(slot++)) = {found.entry.code, found.entry.instance,
                                                                     abi::type_tag(module::SubType::Kind::Func, found.type), 0};
  }
}

FunctionExtern Instance::function(FuncIndex index) const {
  if (module().is_imported(index)) return imported_functions_[index.value];
  const void* code = loaded_->code.entry(index.value - module().imported_functions);
  return {{code, header()}, module().canonical_types[module().functions[index.value].type.value]};
}

uint64_t Instance::function_reference(FuncIndex index) const {
  return reinterpret_cast<uint64_t>(at<abi::FuncObject>(loaded_->layout.func_object(module().reference_slot(index))));
}

Extern Instance::extern_at(module::ExternKind kind, uint32_t index) const {
  Extern result;
  result.kind = kind;
  switch (kind) {
    case module::ExternKind::Func: result.function = function(FuncIndex(index)); break;
    case module::ExternKind::Table: result.table = tables_[index]; break;
    case module::ExternKind::Memory: result.memory = memories_[index]; break;
    case module::ExternKind::Global: result.global = globals_[index]; break;
    case module::ExternKind::Tag: result.tag = tags_[index]; break;
  }
  return result;
}

std::optional<Extern> Instance::find_export(std::string_view name, module::ExternKind kind) const {
  const module::Export* found = module().find_export(name);
  if (!found || found->kind != kind) return std::nullopt;
  return extern_at(kind, found->index);
}

void Instance::choose_default_memory() {
  if (const auto exported = find_export("memory", module::ExternKind::Memory)) {
    default_memory_ = exported->memory;
  } else if (memories_.size() == 1) {
    default_memory_ = memories_[0];
  }
}

std::span<uint8_t> HostFunctionRecord::memory() {
  Memory* memory = importer->default_memory();
  return memory ? memory->bytes() : std::span<uint8_t>{};
}

bool HostFunctionRecord::interrupt_requested() { return importer->store().interrupt_requested(); }

}  // namespace wasmrun::runtime
