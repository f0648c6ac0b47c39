// The sections of a module while it is assembled. Visible: Sections (within engine/text).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/module/types.h"
#include "engine/text/body_parser.h"
#include "engine/text/byte_writer.h"
#include "engine/text/lexer.h"

namespace wasmrun::text {

/// One buffer for each section, without its count, and what the custom sections need.
class Sections {
 public:
  ByteWriter types, imports, functions, tables, memories, tags, globals, start, elems;
  uint32_t type_count = 0, import_count = 0, function_count = 0, table_count = 0, memory_count = 0, tag_count = 0,
           global_count = 0, elem_count = 0;
  std::string module_name;

  void add_export(std::string_view name, module::ExternKind kind, uint32_t index);
  /// `offset` is null for a passive segment.
  void add_data(uint32_t memory, const ByteWriter* offset, std::string_view bytes);
  void add_body(uint32_t function, const ByteWriter& body, const BodyParser& parser);
  void name_function(uint32_t function, std::string_view name);
  /// `(@custom name place? bytes*)`. Returns what is wrong with it, or null.
  const char* add_custom(const TokenStream& stream, const Annotation& annotation);

  /// The whole binary module.
  std::vector<uint8_t> assemble() const;

 private:
  struct Custom {
    uint32_t place;  // twice the position of a section, plus one when after it
    std::string name;
    std::string bytes;
  };

  ByteWriter name_section() const;

  ByteWriter exports_, datas_, code_;
  uint32_t export_count_ = 0, data_count_ = 0;
  std::vector<std::pair<uint32_t, std::string>> function_names_;
  std::vector<std::pair<uint32_t, std::vector<BranchHint>>> hints_;
  std::vector<Custom> customs_;
  bool needs_data_count_ = false;
};

}  // namespace wasmrun::text
