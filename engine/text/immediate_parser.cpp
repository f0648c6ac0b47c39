// The immediates of instructions: one function of BodyParser for each struct of namespace imm.
#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/text/body_parser.h"
#include "engine/text/keywords.h"

namespace wasmrun::text {

using instructions::Opcode;
namespace imm = instructions::imm;

void BodyParser::parse_one(Opcode opcode, const IndexSpace& space) {
  write_opcode(opcode);
  out_.u32(parse_index(cursor_, space));
}

void BodyParser::parse_optional(Opcode opcode, const IndexSpace& space) {
  write_opcode(opcode);
  out_.u32(at_index(cursor_) ? parse_index(cursor_, space) : 0);
}

void BodyParser::parse_two(Opcode opcode, const IndexSpace& first, const IndexSpace& second) {
  write_opcode(opcode);
  out_.u32(parse_index(cursor_, first));
  out_.u32(parse_index(cursor_, second));
}

// memory.init and table.init: the text may leave out the memory or table, and the binary format has it last.
void BodyParser::parse_segment(Opcode opcode, const IndexSpace& target, const IndexSpace& segments) {
  write_opcode(opcode);
  const uint32_t target_index = at_index(cursor_, 1) ? parse_index(cursor_, target) : 0;
  out_.u32(parse_index(cursor_, segments));
  out_.u32(target_index);
}

void BodyParser::parse_both_or_none(Opcode opcode, const IndexSpace& space) {
  write_opcode(opcode);
  const bool given = at_index(cursor_);
  out_.u32(given ? parse_index(cursor_, space) : 0);
  out_.u32(given ? parse_index(cursor_, space) : 0);
}

void BodyParser::parse(Opcode opcode, Of<imm::LabelIndex>) {
  write_opcode(opcode);
  out_.u32(parse_label());
}

void BodyParser::parse(Opcode opcode, Of<imm::LabelTable>) {
  write_opcode(opcode);
  std::vector<uint32_t> labels;
  do {
    labels.push_back(parse_label());
  } while (at_index(cursor_));
  out_.u64(labels.size() - 1);
  for (const uint32_t label : labels) out_.u32(label);
}

void BodyParser::parse(Opcode opcode, Of<imm::CallIndirect>) {
  write_opcode(opcode);
  const uint32_t table = at_index(cursor_) ? parse_index(cursor_, names_.tables) : 0;
  out_.u32(types_.parse_type_use(nullptr).type);
  out_.u32(table);
}

void BodyParser::parse(Opcode opcode, Of<imm::TypeField>) {
  write_opcode(opcode);
  const uint32_t type = parse_index(cursor_, names_.types);
  out_.u32(type);
  out_.u32(types_.parse_field_index(type));
}

void BodyParser::parse(Opcode opcode, Of<imm::TypeCount>) {
  write_opcode(opcode);
  out_.u32(parse_index(cursor_, names_.types));
  out_.u32(parse_u32(cursor_));
}

// spec: text-memarg
void BodyParser::parse_mem_arg(uint32_t natural_bytes, bool has_memory) {
  const uint32_t memory = has_memory ? parse_index(cursor_, names_.memories) : 0;
  const auto argument = [&](std::string_view prefix) -> std::optional<std::string_view> {
    if (cursor_.kind() != TokenKind::Keyword) return std::nullopt;
    const std::string_view word = cursor_.text(cursor_.peek());
    if (!word.starts_with(prefix) || !is_nat(word.substr(prefix.size()))) return std::nullopt;
    return word.substr(prefix.size());
  };
  uint64_t offset = 0;
  uint64_t align = natural_bytes;
  if (const auto text = argument("offset=")) {
    const Token token = cursor_.take();
    const auto value = parse_unsigned(*text, 64);
    if (!value) return cursor_.fail("offset out of range", token);
    offset = *value;
  }
  if (const auto text = argument("align=")) {
    const Token token = cursor_.take();
    align = parse_unsigned(*text, 64).value_or(0);
    if (!std::has_single_bit(align)) return cursor_.fail("alignment must be a power of two", token);
  }
  out_.u32(static_cast<uint32_t>(std::countr_zero(align)) | (memory != 0 ? 0x40 : 0));
  if (memory != 0) out_.u32(memory);
  out_.u64(offset);
}

// A lone number is the lane; before another number, or before the arguments, it is the memory.
void BodyParser::parse_mem_arg_and_lane(uint32_t natural_bytes) {
  const bool is_name = cursor_.kind() == TokenKind::Id;
  const bool more_follows = cursor_.kind(1) == TokenKind::Nat || cursor_.kind(1) == TokenKind::Keyword;
  const bool is_argument =
      more_follows && (cursor_.kind(1) == TokenKind::Nat || cursor_.text(cursor_.peek(1)).starts_with("offset=") ||
                       cursor_.text(cursor_.peek(1)).starts_with("align="));
  parse_mem_arg(natural_bytes, is_name || (cursor_.kind() == TokenKind::Nat && is_argument));
  parse_lane();
}

void BodyParser::parse_lane() {
  if (cursor_.kind() != TokenKind::Nat) return cursor_.fail_unexpected();
  const Token token = cursor_.take();
  const auto lane = parse_unsigned(cursor_.text(token), 8);
  if (!lane) return cursor_.fail("i8 constant out of range", token);
  out_.u8(static_cast<uint8_t>(*lane));
}

void BodyParser::parse(Opcode opcode, Of<imm::Shuffle>) {
  write_opcode(opcode);
  const Token first = cursor_.peek();
  uint32_t count = 0;
  for (; cursor_.at_number(); ++count) {
    const Token token = cursor_.take();
    const auto lane = parse_unsigned(cursor_.text(token), 8);
    if (!lane) return cursor_.fail("i8 constant out of range", token);
    out_.u8(static_cast<uint8_t>(*lane));
  }
  if (count != 16) cursor_.fail("invalid lane length: a shuffle has 16 lanes", first);
}

std::array<uint8_t, 16> parse_v128(Cursor& cursor) {
  struct Shape {
    std::string_view name;
    uint32_t lanes;
    bool is_float;
  };
  static constexpr Shape kShapes[] = {{"i8x16", 16, false}, {"i16x8", 8, false}, {"i32x4", 4, false},
                                      {"i64x2", 2, false},  {"f32x4", 4, true},  {"f64x2", 2, true}};
  std::array<uint8_t, 16> bytes{};
  const Token name = cursor.peek();
  const auto shape =
      std::find_if(std::begin(kShapes), std::end(kShapes), [&](const Shape& s) { return cursor.at_keyword(s.name); });
  if (shape == std::end(kShapes)) return cursor.fail_unexpected(), bytes;
  cursor.take();
  std::vector<Token> lanes;
  while (cursor.at_number() && lanes.size() <= shape->lanes) lanes.push_back(cursor.take());
  if (lanes.size() != shape->lanes) {
    // A word that is no number is worth more than its being one too few.
    if (cursor.kind() != TokenKind::RightParen && !cursor.at_known_word()) return cursor.fail_unexpected(), bytes;
    return cursor.fail("wrong number of lane literals", name), bytes;
  }
  const uint32_t lane_bytes = 16 / shape->lanes;
  for (size_t lane = 0; lane < lanes.size(); ++lane) {
    const std::string_view text = cursor.text(lanes[lane]);
    std::optional<uint64_t> value;
    if (!shape->is_float) {
      value = parse_integer(text, static_cast<int>(lane_bytes * 8));
    } else if (lane_bytes == 8) {
      value = parse_f64(text);
    } else {
      value = parse_f32(text);
    }
    if (!value) return cursor.fail("constant out of range", lanes[lane]), bytes;
    std::memcpy(bytes.data() + lane * lane_bytes, &*value, lane_bytes);  // little-endian hosts only
  }
  return bytes;
}

void BodyParser::parse(Opcode opcode, Of<imm::V128Const>) {
  write_opcode(opcode);
  out_.fixed(parse_v128(cursor_));
}

namespace {

// The next token, which must be a number, through `parse_number`.
template <class Parse>
auto parse_constant(Cursor& cursor, Parse parse_number) {
  using Value = typename decltype(parse_number(std::string_view()))::value_type;
  if (!cursor.at_number()) return cursor.fail_unexpected(), Value{};
  const Token token = cursor.take();
  const auto value = parse_number(cursor.text(token));
  if (!value) cursor.fail("constant out of range", token);
  return value.value_or(Value{});
}

}  // namespace

void BodyParser::parse(Opcode opcode, Of<imm::I32Const>) {
  write_opcode(opcode);
  out_.s64(
      static_cast<int32_t>(parse_constant(cursor_, [](std::string_view text) { return parse_integer(text, 32); })));
}
void BodyParser::parse(Opcode opcode, Of<imm::I64Const>) {
  write_opcode(opcode);
  out_.s64(
      static_cast<int64_t>(parse_constant(cursor_, [](std::string_view text) { return parse_integer(text, 64); })));
}
void BodyParser::parse(Opcode opcode, Of<imm::F32Const>) {
  write_opcode(opcode);
  out_.fixed(parse_constant(cursor_, parse_f32));
}
void BodyParser::parse(Opcode opcode, Of<imm::F64Const>) {
  write_opcode(opcode);
  out_.fixed(parse_constant(cursor_, parse_f64));
}

void BodyParser::parse(Opcode opcode, Of<imm::HeapType>) {
  // ref.null takes a heap type; ref.test and ref.cast take a reference type, and its nullability chooses the row.
  if (opcode == Opcode::ref_null) {
    write_opcode(opcode);
    return out_.heap_type(types_.parse_heap_type());
  }
  const module::ValueType type = types_.parse_ref_type();
  const bool is_test = opcode == Opcode::ref_test || opcode == Opcode::ref_test_null;
  if (opcode == Opcode::ref_cast_desc_eq) {
    write_opcode(type.nullable() ? Opcode::ref_cast_desc_eq_null : Opcode::ref_cast_desc_eq);
  } else if (is_test) {
    write_opcode(type.nullable() ? Opcode::ref_test_null : Opcode::ref_test);
  } else {
    write_opcode(type.nullable() ? Opcode::ref_cast_null : Opcode::ref_cast);
  }
  out_.heap_type(type.heap_type());
}

void BodyParser::parse(Opcode, Of<imm::SelectTypes>) {
  write_opcode(Opcode::select_t);
  out_.value_types(types_.parse_results());
}

void BodyParser::parse(Opcode opcode, Of<imm::BrOnCast>) {
  write_opcode(opcode);
  const uint32_t label = parse_label();
  const module::ValueType from = types_.parse_ref_type();
  const module::ValueType to = types_.parse_ref_type();
  if (cursor_.failed()) return;
  out_.u8((from.nullable() ? 1 : 0) | (to.nullable() ? 2 : 0));
  out_.u32(label);
  out_.heap_type(from.heap_type());
  out_.heap_type(to.heap_type());
}

}  // namespace wasmrun::text
