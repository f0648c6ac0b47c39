// A decoded module: every section as data, function bodies as bytes. Visible: Module and its parts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/indices.h"
#include "engine/base/shared_bytes.h"
#include "engine/module/features.h"
#include "engine/module/types.h"

namespace wasmrun::module {

/// Bytes `begin..end` of the module, counted from its start (a skipped "#!" line is not part of the module).
struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t size() const { return end - begin; }
};

/// A constant expression, its final `end` included. spec: valid-constant
using ConstExpr = ByteRange;

/// spec: syntax-import. `index` is the position in the index space of `kind`.
struct Import {
  std::string module;
  std::string name;
  ExternKind kind = ExternKind::Func;
  uint32_t index = 0;
  uint64_t offset = 0;
};

/// spec: syntax-export
struct Export {
  std::string name;
  ExternKind kind = ExternKind::Func;
  uint32_t index = 0;
  uint64_t offset = 0;
};

/// One function; an imported one has an empty body. The body's range begins at its locals and ends after its `end`.
struct Function {
  TypeIndex type;
  ByteRange body;
  /// Imported with exactly this type, not one of its subtypes; a defined function always is of its exact type.
  bool is_exact_import = false;
};

struct Table {
  TableType type;
  std::optional<ConstExpr> init;  ///< absent: null
};

struct Global {
  GlobalType type;
  ConstExpr init;  ///< empty when imported
};

enum class SegmentMode : uint8_t { Active, Passive, Declarative };

/// spec: syntax-elem. Either `functions` or `expressions` holds the items.
struct ElemSegment {
  SegmentMode mode = SegmentMode::Passive;
  ValueType type = kFuncRef;
  TableIndex table;
  ConstExpr offset_expr;
  std::vector<FuncIndex> functions;
  std::vector<ConstExpr> expressions;
  bool uses_expressions = false;
  uint64_t offset = 0;
  size_t size() const { return uses_expressions ? expressions.size() : functions.size(); }
};

/// spec: syntax-data
struct DataSegment {
  SegmentMode mode = SegmentMode::Passive;
  MemoryIndex memory;
  ConstExpr offset_expr;
  ByteRange bytes;
  uint64_t offset = 0;
};

struct CustomSection {
  std::string_view name;
  ByteRange bytes;  ///< after the name
};

/// What binary::read_module and text::parse_module make. Index spaces hold imports first, as the specification counts.
/// A Module owns its bytes; views into it live as long as it does.
struct Module {
  SharedBytes bytes;
  /// What it may use.
  FeatureSet features = FeatureSet::defaults();

  std::vector<SubType> types;
  std::vector<RecGroup> rec_groups;
  /// For each type its process-wide identity; filled by TypeRegistry::canonicalize.
  std::vector<CanonicalTypeId> canonical_types;

  std::vector<Import> imports;
  std::vector<Function> functions;
  std::vector<Table> tables;
  std::vector<MemoryType> memories;
  std::vector<TagType> tags;
  std::vector<Global> globals;
  std::vector<Export> exports;
  std::optional<FuncIndex> start;
  uint64_t start_offset = 0;
  std::vector<ElemSegment> elems;
  std::vector<DataSegment> datas;
  std::optional<uint32_t> data_count;
  std::vector<CustomSection> custom_sections;
  ByteRange code_section;

  uint32_t imported_functions = 0;
  uint32_t imported_tables = 0;
  uint32_t imported_memories = 0;
  uint32_t imported_globals = 0;
  uint32_t imported_tags = 0;

  /// Functions that may be taken by reference: in exports, element segments, global initializers. `ref.func` in a body
  /// may name only these. Sorted, without repeats. spec: valid-ref.func (the context's refs)
  std::vector<FuncIndex> referenced_functions;

  std::span<const uint8_t> view(ByteRange range) const {
    return bytes.span().subspan(static_cast<size_t>(range.begin), static_cast<size_t>(range.size()));
  }
  const FuncType& func_type(FuncIndex index) const { return types[functions[index.value].type.value].func; }
  bool is_imported(FuncIndex index) const { return index.value < imported_functions; }
  /// Whether the function's type is known to be `functions[index].type` and no subtype.
  bool has_exact_type(FuncIndex index) const { return !is_imported(index) || functions[index.value].is_exact_import; }
  bool is_referenced(FuncIndex index) const;
  /// Position in `referenced_functions`; the function must be in it.
  uint32_t reference_slot(FuncIndex index) const;
  const Export* find_export(std::string_view name) const;
};

/// Whether `sub` matches `super` in this module. Total, no registry access, safe from many threads. spec: match-valtype
bool matches(const Module& module, ValueType sub, ValueType super);
bool matches(const Module& module, HeapType sub, HeapType super);

}  // namespace wasmrun::module
