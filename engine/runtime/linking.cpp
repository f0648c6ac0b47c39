// What is defined for import, and how imports are given to an instance.
#include "engine/runtime/store.h"

#include <bit>

namespace wasmrun::runtime {
namespace {

using module::ExternKind;

// `type` if no module's types are needed to understand it.
bool is_self_contained(module::ValueType type) { return !type.is_ref() || !type.heap_type().is_index(); }

}  // namespace

void Store::define(std::string module, std::string name, HostFunction function) {
  definitions_[std::move(module)].insert_or_assign(std::move(name),
                                                   Definition(std::vector<HostFunction>{std::move(function)}));
}

void Store::define_overload(std::string module, std::string name, HostFunction function) {
  auto& names = definitions_[std::move(module)];
  const auto found = names.find(name);
  auto* functions = found == names.end() ? nullptr : std::get_if<std::vector<HostFunction>>(&found->second);
  if (functions) {
    functions->insert(functions->begin(), std::move(function));
  } else {
    names.insert_or_assign(std::move(name), Definition(std::vector<HostFunction>{std::move(function)}));
  }
}

void Store::define_instance(std::string module, Instance& instance) {
  auto& names = definitions_[std::move(module)];
  for (const module::Export& exported : instance.module().exports) {
    names.insert_or_assign(exported.name, Definition(instance.extern_at(exported.kind, exported.index)));
  }
}

void Store::define_global(std::string module, std::string name, module::GlobalType type, RawValue value) {
  CHECK(is_self_contained(type.type));
  auto cell = std::make_unique<abi::GlobalCell>(std::bit_cast<abi::GlobalCell>(value));
  if (is_collected(type.type)) {
    const std::optional<uint64_t> reference = from_host(value.ref);
    CHECK(reference);  // a box more than the heap can hold is out of memory for the host
    *cell = {*reference, 0};
  }
  Extern definition;
  definition.kind = ExternKind::Global;
  definition.global = {cell.get(), type.type, type.is_mutable};
  host_globals_.push_back(std::move(cell));
  definitions_[std::move(module)].insert_or_assign(std::move(name), Definition(definition));
}

Result<void> Store::define_table(std::string module, std::string name, const module::TableType& type) {
  CHECK(is_self_contained(type.element));
  Extern definition;
  definition.kind = ExternKind::Table;
  tables_.push_back(TRY(Table::create(type, 0)));
  definition.table = tables_.back().get();
  definitions_[std::move(module)].insert_or_assign(std::move(name), Definition(definition));
  return {};
}

Result<void> Store::define_memory(std::string module, std::string name, const module::MemoryType& type) {
  Extern definition;
  definition.kind = ExternKind::Memory;
  memories_.push_back(TRY(Memory::create(type, guard_pages_, options_.max_memory_bytes)));
  definition.memory = memories_.back().get();
  definitions_[std::move(module)].insert_or_assign(std::move(name), Definition(definition));
  return {};
}

Result<std::shared_ptr<Memory>> Store::make_memory(const module::MemoryType& type) const {
  return std::shared_ptr<Memory>(TRY(Memory::create(type, guard_pages_, options_.max_memory_bytes)));
}

bool Store::has_definition(const std::string& module, const std::string& name) const {
  const auto names = definitions_.find(module);
  return names != definitions_.end() && names->second.contains(name);
}

void Store::define_shared_memory(std::string module, std::string name, std::shared_ptr<Memory> memory) {
  CHECK(memory->type().limits.is_shared);
  Extern definition;
  definition.kind = ExternKind::Memory;
  definition.memory = memory.get();
  memories_.push_back(std::move(memory));
  definitions_[std::move(module)].insert_or_assign(std::move(name), Definition(definition));
}

const Store::Definition* Store::find_definition(const module::Import& import) const {
  const auto names = definitions_.find(import.module);
  if (names == definitions_.end()) return nullptr;
  const auto found = names->second.find(import.name);
  return found == names->second.end() ? nullptr : &found->second;
}

const HostFunction* Store::find_overload(const std::vector<HostFunction>& functions, const module::Module& module,
                                         const module::Import& import) const {
  for (const HostFunction& function : functions) {
    Extern candidate;
    candidate.function.type = types_->intern(function.type);
    if (matches(*types_, candidate, module, import.kind, import.index)) return &function;
  }
  return nullptr;
}

std::optional<MissingImport> Store::check_import(const module::Module& module, const module::Import& import) const {
  const Definition* definition = find_definition(import);
  std::string found;
  if (definition) {
    if (const auto* functions = std::get_if<std::vector<HostFunction>>(definition)) {
      if (find_overload(*functions, module, import)) return std::nullopt;
      for (auto function = functions->rbegin(); function != functions->rend(); ++function) {
        Extern described;
        described.function.type = types_->intern(function->type);
        if (!found.empty()) found += " or ";
        found += describe(*types_, described);
      }
    } else {
      const Extern& given = std::get<Extern>(*definition);
      if (matches(*types_, given, module, import.kind, import.index)) return std::nullopt;
      found = describe(*types_, given);
    }
  }
  return MissingImport{{import.module, import.name, import.kind, describe(module, import.kind, import.index)},
                       std::move(found)};
}

std::vector<MissingImport> Store::missing_imports(const LoadedModule& loaded) const {
  std::vector<MissingImport> missing;
  for (const module::Import& import : loaded.module.imports) {
    if (auto problem = check_import(loaded.module, import)) missing.push_back(std::move(*problem));
  }
  return missing;
}

// Every import is known to be there and to match.
void Store::import_all(Instance& instance) {
  for (const module::Import& import : instance.module().imports) {
    const Definition* definition = find_definition(import);
    if (const auto* functions = std::get_if<std::vector<HostFunction>>(definition)) {
      instance.add_function(make_host_function(*find_overload(*functions, instance.module(), import), instance));
      continue;
    }
    const Extern& given = std::get<Extern>(*definition);
    switch (given.kind) {
      case ExternKind::Func: instance.add_function(given.function); break;
      case ExternKind::Table: instance.add_table(given.table); break;
      case ExternKind::Memory: instance.add_memory(given.memory); break;
      case ExternKind::Global: instance.add_imported_global(given.global); break;
      case ExternKind::Tag: instance.add_tag(given.tag); break;
    }
  }
}

FunctionExtern Store::make_host_function(const HostFunction& function, Instance& importer) {
  auto record = std::make_unique<HostFunctionRecord>();
  record->function = function;
  record->importer = &importer;
  abi::assign_parameters(function.type.params, record->parameters);
  abi::assign_results(function.type.results, record->results);
  for (const auto* types : {&function.type.params, &function.type.results}) {
    for (const module::ValueType type : *types) record->has_collected_values |= is_collected(type);
  }
  initialize_header(record->header, &context_.shared);
  record->header.record = record.get();
  const FunctionExtern result{{wasmrun_host_trampoline, &record->header}, types_->intern(function.type)};
  add_type(result.type);
  host_functions_.push_back(std::move(record));
  return result;
}

}  // namespace wasmrun::runtime
