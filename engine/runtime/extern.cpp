// Import matching and the texts of external types.
#include "engine/runtime/extern.h"

#include "engine/runtime/memory.h"
#include "engine/runtime/table.h"

namespace wasmrun::runtime {
namespace {

using module::AddressType;
using module::ExternKind;
using module::Limits;

std::string describe_limits(const Limits& limits) {
  std::string text = limits.address_type == AddressType::I64 ? " i64 " : " ";
  text += std::to_string(limits.min);
  if (limits.max) text += " " + std::to_string(*limits.max);
  if (limits.is_shared) text += " shared";
  return text;
}

std::string describe_memory(const module::MemoryType& type) {
  std::string text = "memory" + describe_limits(type.limits);
  if (type.page_size_log2 != 16) text += " (pagesize " + std::to_string(uint64_t{1} << type.page_size_log2) + ")";
  return text;
}

std::string describe_table(const module::TableType& type) {
  return "table" + describe_limits(type.limits) + " " + to_string(type.element);
}

std::string describe_global(module::ValueType type, bool is_mutable) {
  return is_mutable ? "global (mut " + to_string(type) + ")" : "global " + to_string(type);
}

// spec: match-limits
bool limits_match(uint64_t size, const Limits& given, const Limits& wanted) {
  if (given.address_type != wanted.address_type || given.is_shared != wanted.is_shared) return false;
  if (size < wanted.min) return false;
  return !wanted.max || (given.max && *given.max <= *wanted.max);
}

}  // namespace

std::string describe(const module::Module& module, ExternKind kind, uint32_t index) {
  switch (kind) {
    case ExternKind::Func: return "func " + to_string(module.func_type(FuncIndex(index)));
    case ExternKind::Table: return describe_table(module.tables[index].type);
    case ExternKind::Memory: return describe_memory(module.memories[index]);
    case ExternKind::Global: return describe_global(module.globals[index].type.type, module.globals[index].type.is_mutable);
    case ExternKind::Tag: return "tag " + to_string(module.types[module.tags[index].type.value].func);
  }
  return {};
}

std::string describe(const module::TypeRegistry& types, const Extern& definition) {
  switch (definition.kind) {
    case ExternKind::Func: return "func " + to_string(types.type(definition.function.type).func);
    case ExternKind::Table: {
      module::TableType type = definition.table->type();
      type.limits.min = definition.table->size();
      return describe_table(type);
    }
    case ExternKind::Memory: {
      module::MemoryType type = definition.memory->type();
      type.limits.min = definition.memory->size_pages();
      return describe_memory(type);
    }
    case ExternKind::Global: return describe_global(definition.global.type, definition.global.is_mutable);
    case ExternKind::Tag: return "tag " + to_string(types.type(definition.tag->type).func);
  }
  return {};
}

bool matches(const module::TypeRegistry& types, const Extern& definition, const module::Module& module, ExternKind kind,
             uint32_t index) {
  if (definition.kind != kind) return false;
  switch (kind) {
    case ExternKind::Func:
      if (module.functions[index].is_exact_import)
        return definition.function.type == module.canonical_types[module.functions[index].type.value];
      return types.is_subtype(definition.function.type,
                              module.canonical_types[module.functions[index].type.value]);
    case ExternKind::Table: {
      const module::TableType& wanted = module.tables[index].type;
      return limits_match(definition.table->size(), definition.table->type().limits, wanted.limits) &&
             definition.table->type().element == canonical(module, wanted.element);
    }
    case ExternKind::Memory: {
      const module::MemoryType& wanted = module.memories[index];
      return limits_match(definition.memory->size_pages(), definition.memory->type().limits, wanted.limits) &&
             definition.memory->type().page_size_log2 == wanted.page_size_log2;
    }
    case ExternKind::Global: {
      const module::GlobalType& wanted = module.globals[index].type;
      const module::ValueType type = canonical(module, wanted.type);
      if (definition.global.is_mutable != wanted.is_mutable) return false;
      return wanted.is_mutable ? definition.global.type == type : types.matches(definition.global.type, type);
    }
    case ExternKind::Tag: return definition.tag->type == module.canonical_types[module.tags[index].type.value];
  }
  return false;
}

}  // namespace wasmrun::runtime
