// check_module: everything but function bodies. spec: valid-module
#include <array>
#include <string_view>
#include <unordered_set>

#include "engine/module/limits.h"
#include "engine/validate/body.h"
#include "engine/validate/validate.h"

namespace wasmrun::validate {

namespace {

using module::ExternKind;
using module::FieldType;
using module::Module;
using module::SubType;
namespace limits = module::limits;

std::string number(uint64_t value) {
  return std::to_string(value);
}

class ModuleChecker {
 public:
  explicit ModuleChecker(const Module& module) : module_(module), body_(module) {
    for (const module::Import& import : module.imports)
      import_offsets_[static_cast<size_t>(import.kind)].push_back(import.offset);
  }

  Result<void> check() {
    TRY(check_types());
    TRY(check_functions());
    TRY(check_tables());
    TRY(check_memories());
    TRY(check_tags());
    TRY(check_globals());
    TRY(check_table_inits());
    TRY(check_elems());
    TRY(check_datas());
    TRY(check_start());
    return check_exports();
  }

 private:
  Result<void> check_types();
  Result<void> check_descriptor_pair(uint32_t index);
  Result<void> check_descriptor_subtyping(uint32_t index, uint32_t super_index);
  Result<void> check_type_definition(const SubType& type, uint32_t known_types);
  Result<void> check_supertype(uint32_t index, std::vector<uint8_t>& depths);
  bool matches_composite(const SubType& sub, const SubType& super) const;
  Result<void> check_functions();
  Result<void> check_tables();
  Result<void> check_table_inits();
  Result<void> check_memories();
  Result<void> check_tags();
  Result<void> check_globals();
  Result<void> check_elems();
  Result<void> check_datas();
  Result<void> check_start();
  Result<void> check_exports();

  Error invalid(std::string message, std::optional<uint64_t> offset = std::nullopt) const {
    return {ErrorKind::Invalid, std::move(message), offset};
  }
  Error unknown(const char* what, uint32_t index, std::optional<uint64_t> offset) const {
    return invalid("unknown " + std::string(what) + " " + number(index), offset);
  }
  Result<void> check_value_type(ValueType type, uint32_t known_types, std::optional<uint64_t> offset) const {
    if (!type.is_ref() || !type.heap_type().is_index()) return {};
    if (type.heap_type().is_exact() && !module_.features.has(module::Feature::custom_descriptors))
      return Error{ErrorKind::Malformed, "malformed heap type: exact types need --enable custom-descriptors", offset};
    const uint32_t index = type.heap_type().index().value;
    if (index < known_types) return {};
    return unknown("type", index, offset);
  }
  Result<void> check_value_type(ValueType type, std::optional<uint64_t> offset) const {
    return check_value_type(type, static_cast<uint32_t>(module_.types.size()), offset);
  }
  Result<void> check_func_type(TypeIndex type, std::optional<uint64_t> offset) const {
    if (type.value >= module_.types.size()) return unknown("type", type.value, offset);
    if (module_.types[type.value].kind == SubType::Kind::Func) return {};
    return invalid("type mismatch: type " + number(type.value) + " is not a function type", offset);
  }
  Result<void> check_constant(module::ConstExpr expression, ValueType type, uint32_t visible_globals) {
    return validate::check_constant(body_, module_, expression, type, visible_globals);
  }
  uint32_t global_count() const { return static_cast<uint32_t>(module_.globals.size()); }
  /// Where an imported item is; items of the module itself have no offset.
  std::optional<uint64_t> import_offset(ExternKind kind, size_t index) const {
    const std::vector<uint64_t>& offsets = import_offsets_[static_cast<size_t>(kind)];
    return index < offsets.size() ? std::optional(offsets[index]) : std::nullopt;
  }

  const Module& module_;
  Body body_;
  std::array<std::vector<uint64_t>, 5> import_offsets_;  ///< by ExternKind
};

// Types.

Result<void> ModuleChecker::check_types() {
  std::vector<uint8_t> depths(module_.types.size());
  for (const module::RecGroup& group : module_.rec_groups) {
    const uint32_t end = group.first.value + group.count;
    for (uint32_t i = group.first.value; i < end; ++i) TRY(check_descriptor_pair(i));
    for (uint32_t i = group.first.value; i < end; ++i) TRY(check_type_definition(module_.types[i], end));
    for (uint32_t i = group.first.value; i < end; ++i) TRY(check_supertype(i, depths));
  }
  return {};
}

/// A descriptor and what it describes name each other, the described type first. Both are known to be in one rec group.
/// spec: custom descriptors proposal
Result<void> ModuleChecker::check_descriptor_pair(uint32_t index) {
  const SubType& type = module_.types[index];
  if (type.describes) {
    if (module_.types[type.describes->value].descriptor != TypeIndex(index))
      return invalid("described type is not described by descriptor: types " + number(type.describes->value) + " and " +
                     number(index));
    if (type.describes->value >= index) return invalid("forward use of described type " + number(type.describes->value));
  }
  if (type.descriptor && module_.types[type.descriptor->value].describes != TypeIndex(index))
    return invalid("type is not described by its descriptor: types " + number(index) + " and " +
                   number(type.descriptor->value));
  return {};
}

/// A subtype's descriptor is a subtype of its supertype's; only the subtype may have one alone.
Result<void> ModuleChecker::check_descriptor_subtyping(uint32_t index, uint32_t super_index) {
  const SubType& type = module_.types[index];
  const SubType& super = module_.types[super_index];
  const auto mismatched = [&](const char* what, TypeIndex a, TypeIndex b) -> Result<void> {
    if (matches(module_, module::HeapType(a), module::HeapType(b))) return {};
    return invalid(what + number(a.value) + " does not match " + number(b.value));
  };
  if (type.describes.has_value() != super.describes.has_value() || (super.descriptor && !type.descriptor))
    return invalid("sub type " + number(index) + " does not match super type " + number(super_index));
  if (type.describes) TRY(mismatched("described type ", *type.describes, *super.describes));
  if (type.descriptor && super.descriptor) TRY(mismatched("descriptor type ", *type.descriptor, *super.descriptor));
  return {};
}

/// A type may name the types before its rec group and those of the group. spec: valid-rectype
Result<void> ModuleChecker::check_type_definition(const SubType& type, uint32_t known_types) {
  if (type.func.params.size() > limits::kParams)
    return Error{ErrorKind::Unsupported,
                 "too many parameters: " + number(type.func.params.size()) + ", more than 1000"};
  if (type.func.results.size() > limits::kResults)
    return Error{ErrorKind::Unsupported, "too many results: " + number(type.func.results.size()) + ", more than 1000"};
  if (type.fields.size() > limits::kStructFields)
    return Error{ErrorKind::Unsupported, "too many fields: " + number(type.fields.size()) + ", more than 10000"};
  if (type.kind != SubType::Kind::Struct && type.descriptor) return invalid("descriptor type must be a struct");
  if (type.kind != SubType::Kind::Struct && type.describes) return invalid("described type must be a struct");
  for (const ValueType param : type.func.params) TRY(check_value_type(param, known_types, std::nullopt));
  for (const ValueType result : type.func.results) TRY(check_value_type(result, known_types, std::nullopt));
  for (const FieldType& field : type.fields) TRY(check_value_type(field.type, known_types, std::nullopt));
  return {};
}

/// spec: valid-subtype
Result<void> ModuleChecker::check_supertype(uint32_t index, std::vector<uint8_t>& depths) {
  const SubType& type = module_.types[index];
  if (!type.supertype) return {};
  const uint32_t super_index = type.supertype->value;
  if (super_index >= index) return unknown("type", super_index, std::nullopt);
  const SubType& super = module_.types[super_index];
  const std::string what = "sub type " + number(index) + " ";
  const std::string of = " type " + number(super_index);
  if (super.is_final) return invalid(what + "extends final" + of);
  TRY(check_descriptor_subtyping(index, super_index));
  if (!matches_composite(type, super)) return invalid(what + "does not match super" + of);
  depths[index] = static_cast<uint8_t>(depths[super_index] + 1);
  if (depths[index] > limits::kSubtypingDepth) return Error{ErrorKind::Unsupported, what + "is deeper than 63 types"};
  return {};
}

bool matches_field(const Module& module, const FieldType& sub, const FieldType& super) {
  if (sub.is_mutable != super.is_mutable || sub.packing != super.packing) return false;
  return matches(module, sub.type, super.type) && (!sub.is_mutable || matches(module, super.type, sub.type));
}

/// spec: match-comptype
bool ModuleChecker::matches_composite(const SubType& sub, const SubType& super) const {
  if (sub.kind != super.kind) return false;
  switch (sub.kind) {
    case SubType::Kind::Func: {
      const FuncType& a = sub.func;
      const FuncType& b = super.func;
      if (a.params.size() != b.params.size() || a.results.size() != b.results.size()) return false;
      for (size_t i = 0; i < a.params.size(); ++i)
        if (!matches(module_, b.params[i], a.params[i])) return false;
      for (size_t i = 0; i < a.results.size(); ++i)
        if (!matches(module_, a.results[i], b.results[i])) return false;
      return true;
    }
    case SubType::Kind::Struct:
    case SubType::Kind::Array:
      if (sub.fields.size() < super.fields.size()) return false;
      for (size_t i = 0; i < super.fields.size(); ++i)
        if (!matches_field(module_, sub.fields[i], super.fields[i])) return false;
      return true;
  }
  __builtin_unreachable();
}

// Items of the index spaces, imported or not.

Result<void> ModuleChecker::check_functions() {
  for (size_t i = 0; i < module_.functions.size(); ++i) {
    TRY(check_func_type(module_.functions[i].type, import_offset(ExternKind::Func, i)));
  }
  return {};
}

/// spec: valid-limits. `most` is the greatest size that is allowed; `message` says so.
Result<void> check_limits(const module::Limits& limits, uint64_t most, const std::string& message,
                          std::optional<uint64_t> offset) {
  if (limits.min > most || (limits.max && *limits.max > most)) return Error{ErrorKind::Invalid, message, offset};
  if (limits.max && *limits.max < limits.min)
    return Error{ErrorKind::Invalid,
                 "size minimum must not be greater than maximum: " + number(limits.min) + " and " + number(*limits.max),
                 offset};
  return {};
}

Result<void> ModuleChecker::check_tables() {
  if (module_.tables.size() > 1 && !module_.features.has(module::Feature::multi_table))
    return invalid("multiple tables need --enable multi-table");
  for (size_t i = 0; i < module_.tables.size(); ++i) {
    const module::TableType& type = module_.tables[i].type;
    const auto offset = import_offset(ExternKind::Table, i);
    TRY(check_value_type(type.element, offset));
    if (!type.element.is_ref()) return invalid("type mismatch: a table of " + to_string(type.element), offset);
    const uint64_t most = type.limits.address_type == module::AddressType::I32 ? UINT32_MAX : UINT64_MAX;
    TRY(check_limits(type.limits, most, "table size must be at most 2^32-1 elements", offset));
  }
  return {};
}

/// A table's initial value sees only the imported globals: the others come after it.
Result<void> ModuleChecker::check_table_inits() {
  for (size_t i = module_.imported_tables; i < module_.tables.size(); ++i) {
    const module::Table& table = module_.tables[i];
    if (table.init) {
      TRY(check_constant(*table.init, table.type.element, module_.imported_globals));
    } else if (!table.type.element.defaultable()) {
      return invalid("type mismatch: a table of " + to_string(table.type.element) + " needs an initial value");
    }
  }
  return {};
}

Result<void> ModuleChecker::check_memories() {
  if (module_.memories.size() > 1 && !module_.features.has(module::Feature::multi_memory))
    return invalid("multiple memories need --enable multi-memory");
  for (size_t i = 0; i < module_.memories.size(); ++i) {
    const module::MemoryType& type = module_.memories[i];
    const auto offset = import_offset(ExternKind::Memory, i);
    const bool is_32 = type.limits.address_type == module::AddressType::I32;
    if (type.page_size_log2 != 0 && type.page_size_log2 != 16) return invalid("invalid custom page size", offset);
    if (type.page_size_log2 == 16) {
      TRY(check_limits(type.limits, is_32 ? limits::kMemory32Pages : limits::kMemory64Pages,
                       is_32 ? "memory size must be at most 65536 pages (4GiB)"
                             : "memory size must be at most 281474976710656 pages (16EiB)",
                       offset));
    } else {
      TRY(check_limits(type.limits, is_32 ? UINT32_MAX : UINT64_MAX, "memory size must be at most 2^32-1 bytes",
                       offset));
    }
    if (type.limits.is_shared && !type.limits.max) return invalid("shared memory must have maximum", offset);
  }
  return {};
}

Result<void> ModuleChecker::check_tags() {
  for (size_t i = 0; i < module_.tags.size(); ++i) {
    const auto offset = import_offset(ExternKind::Tag, i);
    const TypeIndex type = module_.tags[i].type;
    TRY(check_func_type(type, offset));
    if (!module_.types[type.value].func.results.empty())
      return invalid("non-empty tag result type: tag " + number(i) + " has type " + number(type.value), offset);
  }
  return {};
}

/// A global's initial value sees the globals before it.
Result<void> ModuleChecker::check_globals() {
  for (uint32_t i = 0; i < global_count(); ++i) {
    const module::Global& global = module_.globals[i];
    if (i < module_.imported_globals) {
      TRY(check_value_type(global.type.type, import_offset(ExternKind::Global, i)));
    } else {
      TRY(check_value_type(global.type.type, global.init.begin));
      TRY(check_constant(global.init, global.type.type, i));
    }
  }
  return {};
}

// Segments.

Result<void> ModuleChecker::check_elems() {
  for (const module::ElemSegment& elem : module_.elems) {
    TRY(check_value_type(elem.type, elem.offset));
    if (elem.mode == module::SegmentMode::Active) {
      if (elem.table.value >= module_.tables.size()) return unknown("table", elem.table.value, elem.offset);
      const module::TableType& table = module_.tables[elem.table.value].type;
      if (elem.type != table.element && !matches(module_, elem.type, table.element))
        return invalid(
            "type mismatch: elements of " + to_string(elem.type) + " in a table of " + to_string(table.element),
            elem.offset);
      TRY(check_constant(elem.offset_expr, value_type(table.limits.address_type), global_count()));
    }
    for (const FuncIndex function : elem.functions)
      if (function.value >= module_.functions.size()) return unknown("function", function.value, elem.offset);
    for (const module::ConstExpr& item : elem.expressions) TRY(check_constant(item, elem.type, global_count()));
  }
  return {};
}

Result<void> ModuleChecker::check_datas() {
  for (const module::DataSegment& data : module_.datas) {
    if (data.mode != module::SegmentMode::Active) continue;
    if (data.memory.value >= module_.memories.size()) return unknown("memory", data.memory.value, data.offset);
    const ValueType address = value_type(module_.memories[data.memory.value].limits.address_type);
    TRY(check_constant(data.offset_expr, address, global_count()));
  }
  return {};
}

// Start and exports.

Result<void> ModuleChecker::check_start() {
  if (!module_.start) return {};
  if (module_.start->value >= module_.functions.size())
    return unknown("function", module_.start->value, module_.start_offset);
  const FuncType& type = module_.func_type(*module_.start);
  if (type.params.empty() && type.results.empty()) return {};
  return invalid("start function must have no parameters and no results, and is " + to_string(type),
                 module_.start_offset);
}

Result<void> ModuleChecker::check_exports() {
  std::unordered_set<std::string_view> names;
  names.reserve(module_.exports.size());
  for (const module::Export& item : module_.exports) {
    size_t count = 0;
    const char* what = "";
    switch (item.kind) {
      case ExternKind::Func: count = module_.functions.size(), what = "function"; break;
      case ExternKind::Table: count = module_.tables.size(), what = "table"; break;
      case ExternKind::Memory: count = module_.memories.size(), what = "memory"; break;
      case ExternKind::Global: count = module_.globals.size(), what = "global"; break;
      case ExternKind::Tag: count = module_.tags.size(), what = "tag"; break;
    }
    if (item.index >= count) return unknown(what, item.index, item.offset);
    if (!names.insert(item.name).second) return invalid("duplicate export name: \"" + item.name + "\"", item.offset);
  }
  return {};
}

}  // namespace

Result<void> check_module(const module::Module& module) {
  return ModuleChecker(module).check();
}

}  // namespace wasmrun::validate
