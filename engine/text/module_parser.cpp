// Parses the fields of a module and assembles the binary format.
//
// Identifiers may be used before they are bound, so there are three walks over the tokens: names and index spaces,
// types (inline function types refer to all of them), then everything else, each field into the buffer of its section.
#include "engine/text/module_parser.h"

#include <algorithm>
#include <array>

#include "engine/module/module.h"
#include "engine/text/body_parser.h"
#include "engine/text/byte_writer.h"
#include "engine/text/names.h"
#include "engine/text/sections.h"
#include "engine/text/text.h"
#include "engine/text/type_parser.h"

namespace wasmrun::text {

using instructions::Opcode;
using module::AddressType;
using module::ExternKind;
using module::ValueType;

namespace {

class ModuleParser {
 public:
  ModuleParser(Cursor& cursor, module::FeatureSet features) : cursor_(cursor), features_(features) {}
  std::vector<uint8_t> run(std::string name);

 private:
  // First walk.
  void bind_names();
  void bind_field(size_t end);
  void count_inline_segments(IndexSpace& segments, std::string_view keyword, size_t end);
  IndexSpace* space_of(std::string_view keyword);
  // Second walk.
  void parse_types();
  // Third walk.
  void parse_field();
  void parse_annotations();
  void parse_import_field();
  void parse_export_field();
  void parse_function();
  void parse_table();
  void parse_memory();
  void parse_global();
  void parse_tag();
  void parse_start();
  void parse_elem();
  void parse_data();

  // What every definition may begin with: identifier, exports, import. True when it is an import.
  bool parse_head(ExternKind kind, std::string* name, std::string* import_module, std::string* import_name);
  void add_import(const Token& at, const std::string& module, const std::string& name);
  void import_type(ExternKind kind, std::string_view name);
  void note_definition(ExternKind kind) {
    if (!first_definition_) first_definition_ = kind;
  }
  uint32_t& count(ExternKind kind) { return defined_[static_cast<size_t>(kind)]; }

  void parse_expression(ByteWriter& out);
  void parse_offset(ByteWriter& out);
  AddressType parse_address_type();
  void parse_limits(ByteWriter& out, AddressType address_type, bool is_memory);
  void parse_table_type(ByteWriter& out);
  void parse_global_type(ByteWriter& out);
  void parse_locals(IndexSpace& locals, ByteWriter& body);
  std::string parse_strings();

  struct ElemList {
    bool expressions = false;
    ValueType type = module::kFuncRef;
    uint32_t count = 0;
    ByteWriter items;
  };
  void parse_elem_list(ElemList& list, bool bare_functions);
  void parse_elem_expressions(ElemList& list);
  void parse_elem_functions(ElemList& list, bool as_expressions);
  void write_elem(const ElemList& list, module::SegmentMode mode, uint32_t table, const ByteWriter& offset);
  void parse_inline_elem(uint32_t table, AddressType address_type, ValueType type);

  Cursor& cursor_;
  module::FeatureSet features_;
  Names names_;
  TypeParser types_{cursor_, names_};
  Sections sections_;
  std::array<uint32_t, 5> defined_{};  // of each ExternKind, imports included: the index of the next one
  std::optional<ExternKind> first_definition_;
  bool has_start_ = false;
  static inline const IndexSpace kNoLocals{"local", "local", 0, {}};
};

std::optional<ExternKind> extern_kind(std::string_view keyword) {
  if (keyword == "func") return ExternKind::Func;
  if (keyword == "table") return ExternKind::Table;
  if (keyword == "memory") return ExternKind::Memory;
  if (keyword == "global") return ExternKind::Global;
  if (keyword == "tag") return ExternKind::Tag;
  return std::nullopt;
}

std::vector<uint8_t> ModuleParser::run(std::string name) {
  sections_.module_name = std::move(name);
  bool named = false;
  while (const Annotation* annotation = cursor_.peek_annotation()) {
    if (annotation->id != "name") break;
    if (named) cursor_.fail("@name annotation: multiple module", {TokenKind::Reserved, annotation->offset, 2});
    named = true;
    types_.skip_name_annotation(&sections_.module_name);
  }
  const Cursor::Mark begin = cursor_.mark();
  bind_names();
  cursor_.return_to(begin);
  parse_types();
  cursor_.return_to(begin);
  while (!cursor_.failed()) {
    parse_annotations();
    if (cursor_.kind() == TokenKind::RightParen || cursor_.kind() == TokenKind::End) break;
    parse_field();
  }
  if (cursor_.failed()) return {};
  sections_.type_count = types_.entry_count();
  sections_.types.append(types_.entries());
  return sections_.assemble();
}

// --- First walk -----------------------------------------------------------------------------------------------------

IndexSpace* ModuleParser::space_of(std::string_view keyword) {
  if (keyword == "func") return &names_.functions;
  if (keyword == "table") return &names_.tables;
  if (keyword == "memory") return &names_.memories;
  if (keyword == "global") return &names_.globals;
  if (keyword == "tag") return &names_.tags;
  if (keyword == "elem") return &names_.elems;
  if (keyword == "data") return &names_.datas;
  if (keyword == "type") return &names_.types;
  return nullptr;
}

// Stops at what it does not understand: the third walk reports that.
void ModuleParser::bind_names() {
  while (cursor_.kind() == TokenKind::LeftParen && cursor_.kind(1) == TokenKind::Keyword) {
    const size_t end = skip_balanced(cursor_.stream(), cursor_.position());
    bind_field(end);
    cursor_.skip_to(end);
  }
}

void ModuleParser::bind_field(size_t end) {
  cursor_.take();
  const std::string_view keyword = cursor_.text(cursor_.take());
  if (keyword == "import") {
    while (cursor_.kind() == TokenKind::String) cursor_.take();
    if (cursor_.kind() != TokenKind::LeftParen || cursor_.kind(1) != TokenKind::Keyword) return;
    cursor_.take();
    const std::string_view kind = cursor_.text(cursor_.take());
    if (extern_kind(kind)) define_name(cursor_, *space_of(kind));
  } else if (keyword == "rec") {
    while (cursor_.at_open("type")) {
      const size_t type_end = skip_balanced(cursor_.stream(), cursor_.position());
      cursor_.take_open("type");
      define_name(cursor_, names_.types);
      cursor_.skip_to(type_end);
    }
  } else if (IndexSpace* space = space_of(keyword)) {
    define_name(cursor_, *space);
    if (space == &names_.tables) count_inline_segments(names_.elems, "elem", end);
    if (space == &names_.memories) count_inline_segments(names_.datas, "data", end);
  }
}

// `(table funcref (elem ...))` and `(memory (data ...))` also make a segment.
void ModuleParser::count_inline_segments(IndexSpace& segments, std::string_view keyword, size_t end) {
  while (cursor_.position() + 1 < end && !cursor_.failed()) {
    if (cursor_.at_open(keyword)) ++segments.count;
    if (cursor_.kind() == TokenKind::LeftParen) {
      cursor_.skip_to(skip_balanced(cursor_.stream(), cursor_.position()));
    } else {
      cursor_.take();
    }
  }
}

// --- Second walk ----------------------------------------------------------------------------------------------------

void ModuleParser::parse_types() {
  while (cursor_.kind() == TokenKind::LeftParen) {
    const size_t end = skip_balanced(cursor_.stream(), cursor_.position());
    if (cursor_.at_open("type") || cursor_.at_open("rec")) {
      cursor_.skip_to(cursor_.position());
      types_.parse_type_field();
      cursor_.peek_annotation();  // fails at one inside that nobody asked for
    }
    cursor_.skip_to(end);
  }
}

// --- Third walk -----------------------------------------------------------------------------------------------------

void ModuleParser::parse_annotations() {
  while (const Annotation* annotation = cursor_.peek_annotation()) {
    if (annotation->id != "custom") {
      const bool is_hint = annotation->id == "metadata.code.branch_hint";
      return cursor_.fail(is_hint ? "@metadata.code.branch_hint annotation: not in a function"
                                  : "misplaced @" + annotation->id + " annotation",
                          {TokenKind::Reserved, annotation->offset, 2});
    }
    cursor_.take_annotation();
    if (const char* problem = sections_.add_custom(cursor_.stream(), *annotation)) {
      return cursor_.fail(std::string("@custom annotation: ") + problem, {TokenKind::Reserved, annotation->offset, 2});
    }
  }
}

void ModuleParser::parse_field() {
  if (cursor_.kind() != TokenKind::LeftParen) return cursor_.fail_unexpected();
  const Token word = cursor_.peek(1);
  const std::string_view keyword = word.kind == TokenKind::Keyword ? cursor_.text(word) : std::string_view();
  if (keyword == "type" || keyword == "rec") {
    // Parsed before; only the annotations in it are passed by.
    const size_t end = skip_balanced(cursor_.stream(), cursor_.position());
    return cursor_.skip_to(end);
  }
  struct Field {
    std::string_view keyword;
    void (ModuleParser::*parse)();
  };
  static constexpr Field kFields[] = {{"import", &ModuleParser::parse_import_field},
                                      {"export", &ModuleParser::parse_export_field},
                                      {"func", &ModuleParser::parse_function},
                                      {"table", &ModuleParser::parse_table},
                                      {"memory", &ModuleParser::parse_memory},
                                      {"global", &ModuleParser::parse_global},
                                      {"tag", &ModuleParser::parse_tag},
                                      {"start", &ModuleParser::parse_start},
                                      {"elem", &ModuleParser::parse_elem},
                                      {"data", &ModuleParser::parse_data}};
  for (const Field& field : kFields) {
    if (field.keyword != keyword) continue;
    cursor_.take();
    cursor_.take();
    (this->*field.parse)();
    return cursor_.expect_close();
  }
  cursor_.fail_unexpected(word);
}

void ModuleParser::add_import(const Token& at, const std::string& module, const std::string& name) {
  if (first_definition_) {
    const std::string kind =
        *first_definition_ == ExternKind::Func ? "function" : module::to_string(*first_definition_);
    return cursor_.fail("import after " + kind, at);
  }
  ++sections_.import_count;
  sections_.imports.name(module);
  sections_.imports.name(name);
}

// What stands in an import behind its names and identifier. `name` is for the name section.
void ModuleParser::import_type(ExternKind kind, std::string_view name) {
  ByteWriter& out = sections_.imports;
  const uint32_t index = count(kind)++;
  constexpr uint8_t kExactFunc = 0x20;
  const bool is_exact = kind == ExternKind::Func && cursor_.take_open("exact");
  out.u8(is_exact ? kExactFunc : static_cast<uint8_t>(kind));
  IndexSpace parameters{"local", "local", 0, {}};
  switch (kind) {
    case ExternKind::Func:
      sections_.name_function(index, name);
      out.u32(types_.parse_type_use(&parameters).type);
      if (is_exact) cursor_.expect_close();
      break;
    case ExternKind::Table: parse_table_type(out); break;
    case ExternKind::Memory: {
      const AddressType address_type = parse_address_type();
      parse_limits(out, address_type, true);
      break;
    }
    case ExternKind::Global: parse_global_type(out); break;
    case ExternKind::Tag:
      out.u8(0);
      out.u32(types_.parse_type_use(&parameters).type);
      break;
  }
}

void ModuleParser::parse_import_field() {
  const Token at = cursor_.peek();
  const std::string module = cursor_.expect_name();
  const std::string name = cursor_.expect_name();
  cursor_.expect(TokenKind::LeftParen);
  const Token word = cursor_.peek();
  const auto kind = word.kind == TokenKind::Keyword ? extern_kind(cursor_.text(word)) : std::nullopt;
  if (!kind) return cursor_.fail_unexpected();
  cursor_.take();
  std::string id;
  types_.skip_id(&id);
  add_import(at, module, name);
  import_type(*kind, id);
  cursor_.expect_close();
}

void ModuleParser::parse_export_field() {
  const std::string name = cursor_.expect_name();
  cursor_.expect(TokenKind::LeftParen);
  const Token word = cursor_.peek();
  const auto kind = word.kind == TokenKind::Keyword ? extern_kind(cursor_.text(word)) : std::nullopt;
  if (!kind) return cursor_.fail_unexpected();
  cursor_.take();
  const uint32_t index = parse_index(cursor_, *space_of(module::to_string(*kind)));
  sections_.add_export(name, *kind, index);
  cursor_.expect_close();
}

bool ModuleParser::parse_head(ExternKind kind, std::string* name, std::string* import_module,
                              std::string* import_name) {
  types_.skip_id(name);
  while (cursor_.take_open("export")) {
    sections_.add_export(cursor_.expect_name(), kind, count(kind));
    cursor_.expect_close();
  }
  if (!cursor_.take_open("import")) return false;
  *import_module = cursor_.expect_name();
  *import_name = cursor_.expect_name();
  cursor_.expect_close();
  return true;
}

void ModuleParser::parse_expression(ByteWriter& out) {
  BodyParser parser(cursor_, types_, names_, kNoLocals, out);
  parser.parse_sequence();
  out.opcode(Opcode::end);
}

void ModuleParser::parse_locals(IndexSpace& locals, ByteWriter& body) {
  std::vector<std::pair<uint64_t, ValueType>> runs;
  const auto add = [&](ValueType type) {
    if (runs.empty() || runs.back().second != type) runs.push_back({0, type});
    ++runs.back().first;
  };
  while (cursor_.take_open("local")) {
    if (cursor_.kind() == TokenKind::Id) {
      define_name(cursor_, locals);
      types_.skip_name_annotation();
      add(types_.parse_value_type());
    } else {
      while (cursor_.kind() != TokenKind::RightParen && !cursor_.failed()) {
        add(types_.parse_value_type());
        ++locals.count;
      }
    }
    cursor_.expect_close();
  }
  body.u64(runs.size());
  for (const auto& [length, type] : runs) {
    body.u64(length);
    body.value_type(type);
  }
}

void ModuleParser::parse_function() {
  const Token at = cursor_.peek();
  std::string name, import_module, import_name;
  if (parse_head(ExternKind::Func, &name, &import_module, &import_name)) {
    add_import(at, import_module, import_name);
    return import_type(ExternKind::Func, name);
  }
  note_definition(ExternKind::Func);
  const uint32_t function = count(ExternKind::Func)++;
  sections_.name_function(function, name);
  IndexSpace locals{"local", "local", 0, {}};
  sections_.functions.u32(types_.parse_type_use(&locals).type);
  ++sections_.function_count;
  ByteWriter body;
  parse_locals(locals, body);
  BodyParser parser(cursor_, types_, names_, locals, body);
  parser.parse_sequence();
  body.opcode(Opcode::end);
  sections_.add_body(function, body, parser);
}

AddressType ModuleParser::parse_address_type() {
  if (cursor_.take_keyword("i64")) return AddressType::I64;
  cursor_.take_keyword("i32");
  return AddressType::I32;
}

// spec: text-limits, text-memtype (with the page size of that proposal)
void ModuleParser::parse_limits(ByteWriter& out, AddressType address_type, bool is_memory) {
  const auto parse_u64 = [&]() -> uint64_t {
    if (cursor_.kind() != TokenKind::Nat) return cursor_.fail_unexpected(), 0;
    const Token token = cursor_.take();
    const auto value = parse_unsigned(cursor_.text(token), 64);
    if (!value) cursor_.fail("i64 constant out of range", token);
    if (value.value_or(0) > UINT32_MAX && !features_.has(module::Feature::memory64))
      cursor_.fail("i32 constant out of range", token);
    return value.value_or(0);
  };
  const uint64_t min = parse_u64();
  std::optional<uint64_t> max;
  if (cursor_.kind() == TokenKind::Nat) max = parse_u64();
  const bool shared = is_memory && cursor_.take_keyword("shared");
  std::optional<uint32_t> page_size_log2;
  if (is_memory && cursor_.take_open("pagesize")) {
    const Token token = cursor_.peek();
    const uint64_t size = parse_u64();
    if (!std::has_single_bit(size)) cursor_.fail("invalid custom page size", token);
    if (!cursor_.failed()) page_size_log2 = static_cast<uint32_t>(std::countr_zero(size));
    cursor_.expect_close();
  }
  out.u8((max ? 1 : 0) | (shared ? 2 : 0) | (address_type == AddressType::I64 ? 4 : 0) | (page_size_log2 ? 8 : 0));
  out.u64(min);
  if (max) out.u64(*max);
  if (page_size_log2) out.u32(*page_size_log2);
}

void ModuleParser::parse_table_type(ByteWriter& out) {
  const AddressType address_type = parse_address_type();
  ByteWriter limits;
  parse_limits(limits, address_type, false);
  out.value_type(types_.parse_ref_type());
  out.append(limits);
}

void ModuleParser::parse_global_type(ByteWriter& out) {
  const bool is_mutable = cursor_.take_open("mut");
  out.value_type(types_.parse_value_type());
  if (is_mutable) cursor_.expect_close();
  out.u8(is_mutable);
}

void ModuleParser::parse_table() {
  const Token at = cursor_.peek();
  std::string name, import_module, import_name;
  if (parse_head(ExternKind::Table, &name, &import_module, &import_name)) {
    add_import(at, import_module, import_name);
    return import_type(ExternKind::Table, name);
  }
  note_definition(ExternKind::Table);
  const uint32_t index = count(ExternKind::Table)++;
  ++sections_.table_count;
  const AddressType address_type = parse_address_type();
  if (types_.at_ref_type()) return parse_inline_elem(index, address_type, types_.parse_ref_type());
  ByteWriter limits;
  parse_limits(limits, address_type, false);
  const ValueType type = types_.parse_ref_type();
  const bool has_init = cursor_.kind() != TokenKind::RightParen;
  if (has_init) {
    sections_.tables.u8(0x40);
    sections_.tables.u8(0x00);
  }
  sections_.tables.value_type(type);
  sections_.tables.append(limits);
  if (has_init) parse_expression(sections_.tables);
}

// `(table reftype (elem ...))`: as many elements as the segment has.
void ModuleParser::parse_inline_elem(uint32_t table, AddressType address_type, ValueType type) {
  cursor_.expect_open("elem");
  ElemList list;
  list.type = type;
  if (at_index(cursor_)) {
    parse_elem_functions(list, type != module::kFuncRef);
  } else {
    parse_elem_expressions(list);
  }
  cursor_.expect_close();
  const bool is_64 = address_type == AddressType::I64;
  sections_.tables.value_type(type);
  sections_.tables.u8(is_64 ? 5 : 1);
  sections_.tables.u64(list.count);
  sections_.tables.u64(list.count);
  ByteWriter offset;
  offset.opcode(is_64 ? Opcode::i64_const : Opcode::i32_const);
  offset.s64(0);
  offset.opcode(Opcode::end);
  write_elem(list, module::SegmentMode::Active, table, offset);
}

void ModuleParser::parse_memory() {
  const Token at = cursor_.peek();
  std::string name, import_module, import_name;
  if (parse_head(ExternKind::Memory, &name, &import_module, &import_name)) {
    add_import(at, import_module, import_name);
    return import_type(ExternKind::Memory, name);
  }
  note_definition(ExternKind::Memory);
  const uint32_t index = count(ExternKind::Memory)++;
  ++sections_.memory_count;
  const AddressType address_type = parse_address_type();
  uint64_t page_size = 65536;
  std::optional<uint32_t> page_size_log2;
  // (pagesize n) before (data ...): from the proposal on page sizes.
  if (cursor_.at_open("pagesize")) {
    cursor_.take_open("pagesize");
    const Token token = cursor_.peek();
    page_size = parse_u32(cursor_);
    if (!std::has_single_bit(page_size)) return cursor_.fail("invalid custom page size", token);
    page_size_log2 = static_cast<uint32_t>(std::countr_zero(page_size));
    cursor_.expect_close();
    if (!cursor_.at_open("data")) return cursor_.fail_unexpected();
  }
  if (!cursor_.take_open("data")) return parse_limits(sections_.memories, address_type, true);
  const std::string bytes = parse_strings();
  cursor_.expect_close();
  const bool is_64 = address_type == AddressType::I64;
  const uint64_t pages = (bytes.size() + page_size - 1) / page_size;
  sections_.memories.u8(1 | (is_64 ? 4 : 0) | (page_size_log2 ? 8 : 0));
  sections_.memories.u64(pages);
  sections_.memories.u64(pages);
  if (page_size_log2) sections_.memories.u32(*page_size_log2);
  ByteWriter offset;
  offset.opcode(is_64 ? Opcode::i64_const : Opcode::i32_const);
  offset.s64(0);
  offset.opcode(Opcode::end);
  sections_.add_data(index, &offset, bytes);
}

void ModuleParser::parse_global() {
  const Token at = cursor_.peek();
  std::string name, import_module, import_name;
  if (parse_head(ExternKind::Global, &name, &import_module, &import_name)) {
    add_import(at, import_module, import_name);
    return import_type(ExternKind::Global, name);
  }
  note_definition(ExternKind::Global);
  ++count(ExternKind::Global);
  ++sections_.global_count;
  parse_global_type(sections_.globals);
  parse_expression(sections_.globals);
}

void ModuleParser::parse_tag() {
  const Token at = cursor_.peek();
  std::string name, import_module, import_name;
  if (parse_head(ExternKind::Tag, &name, &import_module, &import_name)) {
    add_import(at, import_module, import_name);
    return import_type(ExternKind::Tag, name);
  }
  note_definition(ExternKind::Tag);
  ++count(ExternKind::Tag);
  ++sections_.tag_count;
  IndexSpace parameters{"local", "local", 0, {}};
  sections_.tags.u8(0);
  sections_.tags.u32(types_.parse_type_use(&parameters).type);
}

void ModuleParser::parse_start() {
  if (has_start_) return cursor_.fail("multiple start sections");
  has_start_ = true;
  sections_.start.u32(parse_index(cursor_, names_.functions));
}

// `(offset expr)`, or one folded instruction.
void ModuleParser::parse_offset(ByteWriter& out) {
  BodyParser parser(cursor_, types_, names_, kNoLocals, out);
  if (cursor_.take_open("offset")) {
    parser.parse_sequence();
    cursor_.expect_close();
  } else {
    parser.parse_folded();
  }
  out.opcode(Opcode::end);
}

void ModuleParser::parse_elem_functions(ElemList& list, bool as_expressions) {
  list.expressions = as_expressions;
  for (; at_index(cursor_); ++list.count) {
    if (as_expressions) list.items.opcode(Opcode::ref_func);
    list.items.u32(parse_index(cursor_, names_.functions));
    if (as_expressions) list.items.opcode(Opcode::end);
  }
}

void ModuleParser::parse_elem_expressions(ElemList& list) {
  list.expressions = true;
  for (; cursor_.kind() == TokenKind::LeftParen; ++list.count) {
    BodyParser parser(cursor_, types_, names_, kNoLocals, list.items);
    if (cursor_.take_open("item")) {
      parser.parse_sequence();
      cursor_.expect_close();
    } else {
      parser.parse_folded();
    }
    list.items.opcode(Opcode::end);
  }
}

// `bare_functions`: the old form of active segments, functions without `func`, is allowed.
void ModuleParser::parse_elem_list(ElemList& list, bool bare_functions) {
  if (cursor_.take_keyword("func")) return parse_elem_functions(list, false);
  if (types_.at_ref_type()) {
    list.type = types_.parse_ref_type();
    return parse_elem_expressions(list);
  }
  if (!bare_functions) return cursor_.fail_unexpected();
  parse_elem_functions(list, false);
}

// spec: binary-elem
void ModuleParser::write_elem(const ElemList& list, module::SegmentMode mode, uint32_t table,
                              const ByteWriter& offset) {
  using module::SegmentMode;
  ByteWriter& out = sections_.elems;
  const bool active = mode == SegmentMode::Active;
  const bool is_default = table == 0 && list.type == module::kFuncRef;
  uint8_t flags = list.expressions ? 4 : 0;
  if (mode == SegmentMode::Passive) flags |= 1;
  if (mode == SegmentMode::Declarative) flags |= 3;
  if (active && !is_default) flags |= 2;
  out.u8(flags);
  if (active && !is_default) out.u32(table);
  if (active) out.append(offset);
  if (!active || !is_default) {
    if (list.expressions) {
      out.value_type(list.type);
    } else {
      out.u8(0);
    }
  }
  out.u32(list.count);
  out.append(list.items);
  ++sections_.elem_count;
}

void ModuleParser::parse_elem() {
  types_.skip_id();
  ElemList list;
  ByteWriter offset;
  if (cursor_.take_keyword("declare")) {
    parse_elem_list(list, false);
    return write_elem(list, module::SegmentMode::Declarative, 0, offset);
  }
  uint32_t table = 0;
  bool bare_functions = true;
  if (cursor_.take_open("table")) {
    table = parse_index(cursor_, names_.tables);
    cursor_.expect_close();
    bare_functions = false;
  } else if (at_index(cursor_) && cursor_.kind(1) == TokenKind::LeftParen) {
    table = parse_index(cursor_, names_.tables);  // the table as WebAssembly 1.0 named it
  }
  if (cursor_.kind() == TokenKind::LeftParen && !cursor_.at_open("ref")) {
    parse_offset(offset);
    parse_elem_list(list, bare_functions);
    return write_elem(list, module::SegmentMode::Active, table, offset);
  }
  if (!bare_functions) return cursor_.fail_unexpected();
  parse_elem_list(list, false);
  write_elem(list, module::SegmentMode::Passive, 0, offset);
}

std::string ModuleParser::parse_strings() {
  std::string bytes;
  while (cursor_.kind() == TokenKind::String) decode_string(cursor_.text(cursor_.take()), bytes);
  return bytes;
}

void ModuleParser::parse_data() {
  types_.skip_id();
  uint32_t memory = 0;
  if (cursor_.take_open("memory")) {
    memory = parse_index(cursor_, names_.memories);
    cursor_.expect_close();
    if (cursor_.kind() != TokenKind::LeftParen) return cursor_.fail_unexpected();
  } else if (at_index(cursor_) && cursor_.kind(1) == TokenKind::LeftParen) {
    memory = parse_index(cursor_, names_.memories);
  }
  if (cursor_.kind() != TokenKind::LeftParen) return sections_.add_data(0, nullptr, parse_strings());
  ByteWriter offset;
  parse_offset(offset);
  sections_.add_data(memory, &offset, parse_strings());
}

}  // namespace

std::vector<uint8_t> parse_module_fields(Cursor& cursor, std::string name, module::FeatureSet features) {
  return ModuleParser(cursor, features).run(std::move(name));
}

size_t skip_balanced(const TokenStream& stream, size_t position) {
  size_t depth = 0;
  for (; stream.tokens[position].kind != TokenKind::End; ++position) {
    if (stream.tokens[position].kind == TokenKind::LeftParen) ++depth;
    if (stream.tokens[position].kind == TokenKind::RightParen && --depth == 0) return position + 1;
  }
  return position;
}

Result<std::vector<uint8_t>> assemble_module(std::string_view source, module::FeatureSet features) {
  if (source.starts_with("#!")) source.remove_prefix(std::min(source.find('\n'), source.size()));
  const TokenStream stream = TRY(lex(source));
  Cursor cursor(stream);
  std::vector<uint8_t> bytes;
  // Fields alone are a module too; an annotation before them belongs to it.
  if (cursor.take_open("module")) {
    const auto id = cursor.take_id();
    bytes = parse_module_fields(cursor, std::string(id.value_or(std::string_view())), features);
    cursor.expect_close();
  } else {
    bytes = parse_module_fields(cursor, {}, features);
  }
  if (!cursor.failed() && cursor.kind() != TokenKind::End) cursor.fail_unexpected();
  if (cursor.failed()) return cursor.take_error();
  return bytes;
}

bool looks_like_text(std::string_view source) {
  if (source.starts_with("#!")) source.remove_prefix(std::min(source.find('\n'), source.size()));
  const size_t first = source.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  const std::string_view rest = source.substr(first);
  return rest[0] == '(' || rest.starts_with(";;");
}

}  // namespace wasmrun::text
