// Parses value types, type definitions and type uses.
#include "engine/text/type_parser.h"

#include "engine/module/limits.h"
#include "engine/text/keywords.h"

namespace wasmrun::text {

using module::HeapType;
using module::SubType;
using module::ValueType;

std::string TypeParser::Signature::bytes() const {
  ByteWriter writer;
  writer.u8(0x60);
  writer.value_types(type.params);
  writer.value_types(type.results);
  return std::string(writer.bytes().begin(), writer.bytes().end());
}

HeapType TypeParser::parse_heap_type() {
  if (cursor_.take_open("exact")) {
    const Token token = cursor_.peek();
    const uint32_t index = parse_index(cursor_, names_.types);
    cursor_.expect_close();
    if (index < module::limits::kTypes) return HeapType::exact(TypeIndex(index));
    cursor_.fail(ErrorKind::Invalid, "unknown type", token);
    return {};
  }
  if (at_index(cursor_)) {
    const Token token = cursor_.peek();
    const uint32_t index = parse_index(cursor_, names_.types);
    if (index >= module::limits::kTypes) {
      cursor_.fail(ErrorKind::Invalid, "unknown type", token);
      return {};
    }
    return TypeIndex(index);
  }
  if (cursor_.kind() == TokenKind::Keyword) {
    if (const auto type = find_heap_type(cursor_.text(cursor_.peek()))) {
      cursor_.take();
      return *type;
    }
  }
  cursor_.fail_unexpected();
  return {};
}

bool TypeParser::at_ref_type() const {
  if (cursor_.at_open("ref")) return true;
  if (cursor_.kind() != TokenKind::Keyword) return false;
  const auto type = find_value_type(cursor_.text(cursor_.peek()));
  return type && type->is_ref();
}

ValueType TypeParser::parse_ref_type() {
  if (!at_ref_type()) return cursor_.fail_unexpected(), module::kFuncRef;
  return parse_value_type();
}

ValueType TypeParser::parse_value_type() {
  if (cursor_.take_open("ref")) {
    const bool nullable = cursor_.take_keyword("null");
    const HeapType heap_type = parse_heap_type();
    cursor_.expect_close();
    return ValueType::ref(heap_type, nullable);
  }
  if (cursor_.kind() == TokenKind::Keyword) {
    if (const auto type = find_value_type(cursor_.text(cursor_.peek()))) {
      cursor_.take();
      return *type;
    }
  }
  cursor_.fail_unexpected();
  return module::kI32;
}

void TypeParser::skip_id(std::string* name) {
  const auto id = cursor_.take_id();
  if (name && id) *name = *id;
  skip_name_annotation(name);
}

void TypeParser::skip_name_annotation(std::string* name) {
  const Annotation* annotation = cursor_.peek_annotation();
  if (!annotation || annotation->id != "name") return;
  cursor_.take_annotation();
  const Token place{TokenKind::Reserved, annotation->offset, 2};
  if (annotation->tokens.size() != 1 || annotation->tokens[0].kind != TokenKind::String) {
    return cursor_.fail("@name annotation: unexpected token", place);
  }
  std::string text;
  decode_string(cursor_.text(annotation->tokens[0]), text);
  if (name) *name = std::move(text);
}

std::vector<ValueType> TypeParser::parse_results() {
  std::vector<ValueType> types;
  while (cursor_.take_open("result")) {
    while (cursor_.kind() != TokenKind::RightParen && !cursor_.failed()) types.push_back(parse_value_type());
    cursor_.expect_close();
  }
  return types;
}

TypeParser::Signature TypeParser::parse_signature(IndexSpace* locals, bool names_allowed) {
  Signature signature;
  while (cursor_.take_open("param")) {
    if (cursor_.kind() == TokenKind::Id) {
      if (!names_allowed) {
        cursor_.fail_unexpected();
        break;
      }
      if (locals) {
        define_name(cursor_, *locals);
        skip_name_annotation();
      } else {
        skip_id();
      }
      signature.type.params.push_back(parse_value_type());
    } else {
      while (cursor_.kind() != TokenKind::RightParen && !cursor_.failed()) {
        signature.type.params.push_back(parse_value_type());
        if (locals) ++locals->count;
      }
    }
    cursor_.expect_close();
  }
  signature.type.results = parse_results();
  // Out of order: the grammar has a type, then parameters, then results.
  if (cursor_.at_open("type") || cursor_.at_open("param")) {
    cursor_.take();
    cursor_.fail_unexpected();
  }
  return signature;
}

void TypeParser::parse_storage_type(ByteWriter& out) {
  if (cursor_.take_keyword("i8")) return out.u8(0x78);
  if (cursor_.take_keyword("i16")) return out.u8(0x77);
  out.value_type(parse_value_type());
}

void TypeParser::parse_field_type(ByteWriter& out) {
  const bool is_mutable = cursor_.take_open("mut");
  parse_storage_type(out);
  if (is_mutable) cursor_.expect_close();
  out.u8(is_mutable);
}

void TypeParser::parse_struct(Definition& definition, ByteWriter& out) {
  ByteWriter fields;
  while (cursor_.take_open("field")) {
    if (cursor_.kind() == TokenKind::Id) {
      define_name(cursor_, definition.fields);
      skip_name_annotation();
      parse_field_type(fields);
    } else {
      while (cursor_.kind() != TokenKind::RightParen && !cursor_.failed()) {
        parse_field_type(fields);
        ++definition.fields.count;
      }
    }
    cursor_.expect_close();
  }
  out.u8(0x5f);
  out.u32(definition.fields.count);
  out.append(fields);
}

// `(describes i)` and `(descriptor i)`, in this order. Whether there is one. spec: custom descriptors proposal
bool TypeParser::parse_descriptor_clauses(ByteWriter& out) {
  const bool describes = cursor_.take_open("describes");
  if (describes) {
    out.u8(0x4c);
    out.u32(parse_index(cursor_, names_.types));
    cursor_.expect_close();
  }
  const bool has_descriptor = cursor_.take_open("descriptor");
  if (has_descriptor) {
    out.u8(0x4d);
    out.u32(parse_index(cursor_, names_.types));
    cursor_.expect_close();
  }
  return describes || has_descriptor;
}

// spec: text-comptype
void TypeParser::parse_composite(Definition& definition, ByteWriter& out) {
  if (cursor_.take_open("func")) {
    const Signature signature = parse_signature(nullptr, true);
    definition.signature = signature.bytes();
    definition.params = static_cast<uint32_t>(signature.type.params.size());
    out.append({reinterpret_cast<const uint8_t*>(definition.signature.data()), definition.signature.size()});
  } else if (cursor_.take_open("struct")) {
    definition.kind = SubType::Kind::Struct;
    parse_struct(definition, out);
  } else if (cursor_.take_open("array")) {
    definition.kind = SubType::Kind::Array;
    out.u8(0x5e);
    parse_field_type(out);
  } else {
    if (cursor_.kind() == TokenKind::LeftParen) cursor_.take();
    cursor_.fail_unexpected();
  }
  cursor_.expect_close();
}

// `(type id? subtype)`. `alone`: not inside (rec ...).
void TypeParser::parse_definition(bool alone) {
  cursor_.expect_open("type");
  skip_id();
  Definition& definition = definitions_.emplace_back();
  bool plain = true;
  if (cursor_.take_open("sub")) {
    const bool is_final = cursor_.take_keyword("final");
    std::vector<uint32_t> supertypes;
    while (at_index(cursor_)) supertypes.push_back(parse_index(cursor_, names_.types));
    plain = is_final && supertypes.empty();
    if (!plain) {
      entries_.u8(is_final ? 0x4f : 0x50);
      entries_.u64(supertypes.size());
      for (const uint32_t supertype : supertypes) entries_.u32(supertype);
    }
    plain &= !parse_descriptor_clauses(entries_);
    parse_composite(definition, entries_);
    cursor_.expect_close();
  } else {
    plain &= !parse_descriptor_clauses(entries_);
    parse_composite(definition, entries_);
  }
  cursor_.expect_close();
  if (alone && plain && definition.kind == SubType::Kind::Func) {
    alone_.emplace(definition.signature, static_cast<uint32_t>(definitions_.size() - 1));
  }
}

void TypeParser::parse_type_field() {
  ++entry_count_;
  if (!cursor_.take_open("rec")) return parse_definition(true);
  uint32_t count = 0;
  ByteWriter outside;
  std::swap(outside, entries_);
  while (cursor_.at_open("type")) {
    parse_definition(false);
    ++count;
  }
  cursor_.expect_close();
  std::swap(outside, entries_);
  entries_.u8(0x4e);
  entries_.u32(count);
  entries_.append(outside);
  // A group of one is the same type as the type alone.
  if (count == 1 && !definitions_.empty()) {
    const Definition& only = definitions_.back();
    const bool plain = !outside.bytes().empty() && outside.bytes()[0] == 0x60;
    if (plain && only.kind == SubType::Kind::Func) {
      alone_.emplace(only.signature, static_cast<uint32_t>(definitions_.size() - 1));
    }
  }
}

uint32_t TypeParser::implied_type(const Signature& signature) {
  std::string bytes = signature.bytes();
  const auto index = static_cast<uint32_t>(definitions_.size());
  const auto [found, is_new] = alone_.emplace(bytes, index);
  if (!is_new) return found->second;
  Definition& definition = definitions_.emplace_back();
  definition.params = static_cast<uint32_t>(signature.type.params.size());
  entries_.append({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  definition.signature = std::move(bytes);
  ++entry_count_;
  return index;
}

TypeParser::TypeUse TypeParser::parse_type_use(IndexSpace* locals) {
  if (!cursor_.take_open("type")) {
    const Signature signature = parse_signature(locals, locals != nullptr);
    if (cursor_.failed()) return {};
    return {implied_type(signature), static_cast<uint32_t>(signature.type.params.size())};
  }
  const Token token = cursor_.peek();
  const uint32_t type = parse_index(cursor_, names_.types);
  cursor_.expect_close();
  const Signature signature = parse_signature(locals, locals != nullptr);
  if (cursor_.failed()) return {};
  const Definition* definition = type < definitions_.size() ? &definitions_[type] : nullptr;
  const bool is_func = definition && definition->kind == SubType::Kind::Func;
  const bool is_inline = !signature.type.params.empty() || !signature.type.results.empty();
  if (is_inline) {
    if (!definition) {
      cursor_.fail("unknown type", token);
    } else if (!is_func || definition->signature != signature.bytes()) {
      cursor_.fail("inline function type: it differs from the type named", token);
    }
  } else if (locals && is_func) {
    locals->count += definition->params;
  }
  return {type, is_func ? definition->params : 0};
}

void TypeParser::parse_block_type(ByteWriter& out) {
  if (cursor_.at_open("type")) {
    const TypeUse use = parse_type_use(nullptr);
    return out.s64(use.type);
  }
  const Signature signature = parse_signature(nullptr, false);
  if (cursor_.failed()) return;
  if (!signature.type.params.empty() || signature.type.results.size() > 1) {
    out.s64(implied_type(signature));
  } else if (signature.type.results.empty()) {
    out.u8(0x40);
  } else {
    out.value_type(signature.type.results[0]);
  }
}

uint32_t TypeParser::parse_field_index(uint32_t type) {
  static const IndexSpace kNoFields{"field", "field", 0, {}};
  return parse_index(cursor_, type < definitions_.size() ? definitions_[type].fields : kNoFields);
}

}  // namespace wasmrun::text
