// Tables of the words of the text format. Instructions come from opcodes.def; the rest is listed here.
#include "engine/text/keywords.h"

#include <unordered_map>
#include <unordered_set>

#include "engine/text/lexer.h"

namespace wasmrun::text {
namespace {

using instructions::Opcode;
using module::AbstractHeapType;
using module::ValueType;

struct HeapTypeName {
  std::string_view heap_type;
  std::string_view reference_type;  // its nullable reference
  AbstractHeapType type;
};
constexpr HeapTypeName kHeapTypes[] = {
    {"func", "funcref", AbstractHeapType::Func},
    {"extern", "externref", AbstractHeapType::Extern},
    {"any", "anyref", AbstractHeapType::Any},
    {"eq", "eqref", AbstractHeapType::Eq},
    {"i31", "i31ref", AbstractHeapType::I31},
    {"struct", "structref", AbstractHeapType::Struct},
    {"array", "arrayref", AbstractHeapType::Array},
    {"exn", "exnref", AbstractHeapType::Exn},
    {"none", "nullref", AbstractHeapType::None},
    {"nofunc", "nullfuncref", AbstractHeapType::NoFunc},
    {"noextern", "nullexternref", AbstractHeapType::NoExtern},
    {"noexn", "nullexnref", AbstractHeapType::NoExn},
};

// Words that are neither instructions nor types of one word.
constexpr std::string_view kStructure[] = {
    "module",
    "type",
    "rec",
    "sub",
    "final",
    "describes",
    "descriptor",
    "exact",
    "field",
    "mut",
    "ref",
    "null",
    "i8",
    "i16",
    "import",
    "export",
    "param",
    "result",
    "local",
    "table",
    "memory",
    "global",
    "tag",
    "elem",
    "data",
    "start",
    "offset",
    "item",
    "declare",
    "then",
    "do",
    "catch_ref",
    "catch_all_ref",
    "pagesize",
    "shared",
    "i8x16",
    "i16x8",
    "i32x4",
    "i64x2",
    "f32x4",
    "f64x2",
    // test scripts
    "binary",
    "quote",
    "definition",
    "instance",
    "register",
    "invoke",
    "get",
    "either",
    "nan:canonical",
    "nan:arithmetic",
    "ref.extern",
    "ref.host",
    "ref.any",
    "ref.eq",
    "ref.struct",
    "ref.array",
    "ref.exn",
    "assert_return",
    "assert_trap",
    "assert_exception",
    "assert_exhaustion",
    "assert_malformed",
    "assert_invalid",
    "assert_unlinkable",
    "assert_malformed_custom",
    "assert_invalid_custom",
};

// Whether `text` is `prefix` followed by a number, which the grammar takes for one word.
bool is_argument(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) && is_nat(text.substr(prefix.size()));
}

}  // namespace

std::optional<Opcode> find_opcode(std::string_view text) {
  static const auto table = [] {
    std::unordered_map<std::string_view, Opcode> result;
    for (size_t i = 0; i < std::size(instructions::kOpcodes); ++i) {
      result.emplace(instructions::kOpcodes[i].text, static_cast<Opcode>(i));
    }
    return result;
  }();
  const auto found = table.find(text);
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

std::optional<AbstractHeapType> find_heap_type(std::string_view text) {
  for (const HeapTypeName& name : kHeapTypes) {
    if (name.heap_type == text) return name.type;
  }
  return std::nullopt;
}

std::optional<ValueType> find_value_type(std::string_view text) {
  if (text == "i32") return module::kI32;
  if (text == "i64") return module::kI64;
  if (text == "f32") return module::kF32;
  if (text == "f64") return module::kF64;
  if (text == "v128") return module::kV128;
  for (const HeapTypeName& name : kHeapTypes) {
    if (name.reference_type == text) return ValueType::ref(name.type, true);
  }
  return std::nullopt;
}

bool is_keyword(std::string_view text) {
  static const std::unordered_set<std::string_view> structure(std::begin(kStructure), std::end(kStructure));
  return structure.contains(text) || find_opcode(text) || find_value_type(text) || find_heap_type(text) ||
         is_argument(text, "offset=") || is_argument(text, "align=");
}

}  // namespace wasmrun::text
