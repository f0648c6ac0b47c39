// Types of the text format. Visible: TypeParser.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "engine/module/types.h"
#include "engine/text/byte_writer.h"
#include "engine/text/names.h"

namespace wasmrun::text {

/// Parses types and collects the type section: the module's own types first, then those that inline function types
/// imply.
class TypeParser {
 public:
  TypeParser(Cursor& cursor, const Names& names) : cursor_(cursor), names_(names) {}

  /// `(type ...)` or `(rec ...)`; the cursor stands at its "(".
  void parse_type_field();

  /// Which type a type use means, and how many parameters that has. spec: text-typeuse
  struct TypeUse {
    uint32_t type = 0;
    uint32_t params = 0;
  };
  /// Parameter names go to `locals` when there is one; otherwise they are an error.
  TypeUse parse_type_use(IndexSpace* locals);
  /// Writes a block's type. spec: text-blocktype
  void parse_block_type(ByteWriter& out);

  module::ValueType parse_value_type();
  module::ValueType parse_ref_type();
  module::HeapType parse_heap_type();
  /// Whether a reference type comes next.
  bool at_ref_type() const;
  /// `(result t*)*`
  std::vector<module::ValueType> parse_results();

  /// The index of the field that comes next, which may be named as a field of struct type `type`.
  uint32_t parse_field_index(uint32_t type);

  /// Number of entries of the type section (a rec group is one), and their bytes.
  uint32_t entry_count() const { return entry_count_; }
  const ByteWriter& entries() const { return entries_; }

  /// Consumes an identifier and a `(@name)` annotation; the annotation, else the identifier, goes to `name`.
  void skip_id(std::string* name = nullptr);
  void skip_name_annotation(std::string* name = nullptr);

 private:
  struct Definition {
    module::SubType::Kind kind = module::SubType::Kind::Func;
    std::string signature;  // of a function type: its bytes
    uint32_t params = 0;
    IndexSpace fields{"field", "field", 0, {}};
  };
  struct Signature {
    module::FuncType type;
    std::string bytes() const;
  };

  void parse_definition(bool alone);
  bool parse_descriptor_clauses(ByteWriter& out);
  void parse_composite(Definition& definition, ByteWriter& out);
  Signature parse_signature(IndexSpace* locals, bool names_allowed);
  void parse_struct(Definition& definition, ByteWriter& out);
  void parse_storage_type(ByteWriter& out);
  void parse_field_type(ByteWriter& out);
  uint32_t implied_type(const Signature& signature);

  Cursor& cursor_;
  const Names& names_;
  std::deque<Definition> definitions_;
  // Function types that stand alone in their rec group, by their bytes: what an inline function type may mean.
  std::unordered_map<std::string, uint32_t> alone_;
  ByteWriter entries_;
  uint32_t entry_count_ = 0;
};

}  // namespace wasmrun::text
