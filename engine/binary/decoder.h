// What the readers of single sections share. Not visible outside binary/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/base/result.h"
#include "engine/module/module.h"
#include "engine/module/type_registry.h"

namespace wasmrun::binary {

/// The module being built, and facts that are checked or used only after the last section.
struct Decoder {
  module::Module& module;
  module::TypeRegistry& types;
  std::vector<module::ByteRange> bodies;       ///< of the code section; Function gets them at the end
  std::vector<FuncIndex> functions_in_consts;  ///< operands of ref.func in constant expressions
};

/// One section while it is read. `reader` does not stop where the section does but at the end of the module, as the
/// specification's reader: a section that is shorter than its content is found afterwards, by its size.
struct Section {
  Decoder& decoder;
  ByteReader reader;
  const char* name;  ///< "type", "import", ...: for messages
  uint64_t end;      ///< where the section says it ends
  module::Module& module() const { return decoder.module; }

  Error error(ErrorKind kind, std::string message, uint64_t offset) const;
  /// The reader's failure, if it has one, as an Error. Index values that only the reader refuses are Invalid.
  Result<void> check() const;
};

/// Reads a vector's length. A length past `limit` is Unsupported, or Malformed when the section cannot hold that many.
/// `already` counts towards the limit. spec: binary-list
Result<uint32_t> read_count(Section& section, const char* what, uint32_t limit, uint64_t already = 0);

/// How many elements of at least `min_bytes` each to make room for: never more than the section's bytes left can hold.
size_t plausible_count(const Section& section, uint32_t count, uint64_t min_bytes);

/// spec: binary-name
Result<std::string_view> read_name(Section& section);

/// Passes over an expression, its `end` included, and appends the operands of ref.func. The reader fails with
/// "END opcode expected" at an `else` or `delegate` that closes no inner block. spec: binary-expr
void pass_over_expr(ByteReader& reader, std::vector<FuncIndex>& functions);

/// Passes over a constant expression and notes the functions it refers to. spec: binary-expr
Result<module::ConstExpr> read_const_expr(Section& section);

/// A value type that is a reference type. spec: binary-reftype
module::ValueType read_reference_type(ByteReader& reader);

// One function for each section.
Result<void> read_type_section(Section& section);
Result<void> read_import_section(Section& section);
Result<void> read_function_section(Section& section);
Result<void> read_table_section(Section& section);
Result<void> read_memory_section(Section& section);
Result<void> read_tag_section(Section& section);
Result<void> read_global_section(Section& section);
Result<void> read_export_section(Section& section);
Result<void> read_start_section(Section& section);
Result<void> read_elem_section(Section& section);
Result<void> read_data_count_section(Section& section);
Result<void> read_code_section(Section& section);
Result<void> read_data_section(Section& section);

}  // namespace wasmrun::binary
