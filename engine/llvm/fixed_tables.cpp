// Which tables are never written to, and what their segments put into them.
#include "engine/llvm/fixed_tables.h"

#include <algorithm>

#include "engine/base/byte_reader.h"
#include "engine/instructions/visit.h"

namespace wasmrun::llvm_compiler {

namespace imm = instructions::imm;

namespace {

constexpr uint32_t kNull = UINT32_MAX;
/// Neither null nor a function of the module.
constexpr uint32_t kUnknown = UINT32_MAX - 1;
/// What is larger is not looked at.
constexpr uint64_t kMostElements = 1 << 20;

/// Marks the tables that a body writes to.
struct Writes {
  std::vector<bool>& written;

  void mark(TableIndex table) {
    if (table.value < written.size()) written[table.value] = true;
  }
#define OP(name, text, prefix, code, immediate, ...) ROW(name)
#define OP_RULE(name, text, prefix, code, immediate, ...) ROW(name)
#define ROW(name)                                                                                                                  \
  template <class... Immediate>                                                                                                    \
  void name(const Immediate&... immediate) {                                                                                       \
    using instructions::Opcode;                                                                                                    \
    constexpr Opcode kThis = Opcode::name;                                                                                         \
    if constexpr (kThis == Opcode::table_set || kThis == Opcode::table_grow || kThis == Opcode::table_fill) (mark(immediate.index), ...); \
    if constexpr (kThis == Opcode::table_copy) (mark(immediate.first), ...);                                                        \
    if constexpr (kThis == Opcode::table_init) (mark(immediate.second), ...);                                                       \
  }
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
#undef ROW
};

/// One constant instruction and `end`.
struct Constant {
  std::optional<uint64_t> integer;
  std::optional<FuncIndex> function;
  bool is_null = false;

#define OP(name, text, prefix, code, immediate, ...) ROW(name)
#define OP_RULE(name, text, prefix, code, immediate, ...) ROW(name)
#define ROW(name)                                                                                      \
  template <class... Immediate>                                                                        \
  void name(const Immediate&... immediate) {                                                           \
    using instructions::Opcode;                                                                        \
    constexpr Opcode kThis = Opcode::name;                                                             \
    if constexpr (kThis == Opcode::i32_const) ((integer = static_cast<uint32_t>(immediate.value)), ...); \
    if constexpr (kThis == Opcode::i64_const) ((integer = static_cast<uint64_t>(immediate.value)), ...); \
    if constexpr (kThis == Opcode::ref_func) ((function = immediate.index), ...);                      \
    if constexpr (kThis == Opcode::ref_null) is_null = true;                                           \
  }
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
#undef ROW
};

/// Nothing when the expression is more than one instruction.
Constant constant(const module::Module& module, module::ConstExpr expression) {
  ByteReader reader(module.view(expression), expression.begin);
  Constant value;
  if (!instructions::visit_instruction(reader, value) || reader.offset() + 1 != expression.end) return {};
  return value;
}

uint32_t item(const module::Module& module, const module::ElemSegment& segment, size_t i) {
  if (!segment.uses_expressions) return segment.functions[i].value;
  const Constant value = constant(module, segment.expressions[i]);
  return value.function ? value.function->value : value.is_null ? kNull : kUnknown;
}

/// Past the declarations of a body's locals.
bool skip_locals(ByteReader& reader) {
  const uint32_t groups = reader.read_u32();
  for (uint32_t i = 0; i < groups && !reader.failed(); ++i) {
    reader.read_u32();
    instructions::read_value_type(reader);
  }
  return !reader.failed();
}

}  // namespace

FixedTables::FixedTables(const module::Module& module) : module_(module), tables_(module.tables.size()) {
  std::vector<bool> written(module.tables.size());
  for (uint32_t i = 0; i < module.imported_tables; ++i) written[i] = true;
  for (const module::Export& each : module.exports) {
    if (each.kind == module::ExternKind::Table) written[each.index] = true;
  }
  if (std::all_of(written.begin(), written.end(), [](bool is_written) { return is_written; })) return;
  Writes writes{written};
  for (uint32_t i = module.imported_functions; i < module.functions.size(); ++i) {
    const module::ByteRange body = module.functions[i].body;
    ByteReader reader(module.view(body), body.begin);
    if (!skip_locals(reader)) return;
    while (!reader.at_end()) {
      if (!instructions::visit_instruction(reader, writes)) return;
    }
  }
  for (size_t i = 0; i < tables_.size(); ++i) {
    const uint64_t size = module.tables[i].type.limits.min;
    tables_[i].is_fixed = !written[i] && size <= kMostElements;
    if (tables_[i].is_fixed) tables_[i].elements.assign(static_cast<size_t>(size), module.tables[i].init ? kUnknown : kNull);
  }
  fill();
  for (Table& table : tables_) {
    if (table.is_fixed) find_targets(table);
  }
}

void FixedTables::fill() {
  for (const module::ElemSegment& segment : module_.elems) {
    if (segment.mode != module::SegmentMode::Active) continue;
    Table& table = tables_[segment.table.value];
    const std::optional<uint64_t> offset = constant(module_, segment.offset_expr).integer;
    const uint64_t size = module_.tables[segment.table.value].type.limits.min;
    if (!offset || segment.size() > size || *offset > size - segment.size()) {
      // It may fail, and leave functions of this instance elsewhere while later segments are never applied.
      for (Table& each : tables_) each.is_fixed = false;
      return;
    }
    for (size_t i = 0; table.is_fixed && i < segment.size(); ++i) table.elements[static_cast<size_t>(*offset) + i] = item(module_, segment, i);
  }
}

void FixedTables::find_targets(Table& table) {
  table.is_own = std::all_of(table.elements.begin(), table.elements.end(),
                             [&](uint32_t function) { return function == kNull || (function != kUnknown && !module_.is_imported(FuncIndex(function))); });
  for (size_t i = 0; i < table.elements.size(); ++i) {
    const uint32_t function = table.elements[i];
    if (function == kNull) continue;
    if (function == kUnknown) {
      table.targets.clear();
      return;
    }
    const uint32_t type = module_.canonical_types[module_.functions[function].type.value].value;
    const bool is_known = !module_.is_imported(FuncIndex(function));
    const auto [place, is_first] = table.targets.try_emplace(type, is_known ? std::optional(Target{FuncIndex(function), i}) : std::nullopt);
    if (!is_first) place->second.reset();
  }
}

std::optional<FixedTables::Target> FixedTables::only_target(TableIndex table, TypeIndex type) const {
  if (!is_fixed(table) || !module_.types[type.value].is_final) return std::nullopt;
  const auto& targets = tables_[table.value].targets;
  const auto found = targets.find(module_.canonical_types[type.value].value);
  return found == targets.end() ? std::nullopt : found->second;
}

}  // namespace wasmrun::llvm_compiler
