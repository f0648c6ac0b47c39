// The opcode table against the specification's own index.
#include <map>
#include <string>

#include "engine/instructions/signature.h"
#include "tests/support/catch.h"

namespace wasmrun::instructions {
namespace {

struct IndexRow {
  std::string opcode, name, type;
};
const IndexRow kIndex[] = {
#define INDEX(opcode, name, type) {opcode, name, type},
#include "tests/instructions/spec_index.def"
#undef INDEX
};

std::string opcode_bytes(const OpcodeInfo& row) {
  const auto hex = [](uint32_t byte) {
    const char* digits = "0123456789abcdef";
    return std::string{digits[byte >> 4], digits[byte & 15]};
  };
  if (row.prefix == 0) return hex(row.code);
  std::string text = hex(row.prefix);
  for (uint32_t rest = row.code, more = 1; more; rest >>= 7) {
    more = rest > 127;
    text += " " + hex((rest & 127) | (more ? 128 : 0));
  }
  return text;
}

std::map<std::string, const OpcodeInfo*> table_by_opcode() {
  std::map<std::string, const OpcodeInfo*> table;
  for (const OpcodeInfo& row : kOpcodes) table[opcode_bytes(row)] = &row;
  return table;
}

// The index leaves the end off these two; the text format's grammar and the official suite have it.
std::string name_in_index(std::string_view name) {
  if (name == "i32x4.relaxed_trunc_f64x2_s_zero") return "i32x4.relaxed_trunc_f64x2_s";
  if (name == "i32x4.relaxed_trunc_f64x2_u_zero") return "i32x4.relaxed_trunc_f64x2_u";
  return std::string(name);
}

}  // namespace

TEST_CASE("each instruction of the specification's index has its row, of that name and type", "[instructions]") {
  const auto table = table_by_opcode();
  REQUIRE(table.size() == std::size(kOpcodes));
  size_t types = 0;
  for (const IndexRow& wanted : kIndex) {
    CAPTURE(wanted.opcode, wanted.name);
    const auto found = table.find(wanted.opcode);
    REQUIRE(found != table.end());
    CHECK(name_in_index(found->second->text) == wanted.name);
    // A row without a fixed type has a rule in validate/; the official suite tests it.
    if (found->second->signature[0] == 0) continue;
    CHECK(found->second->signature == wanted.type);
    ++types;
  }
  CHECK(types > 420);
}

TEST_CASE("each row that the specification's index lacks belongs to a proposal", "[instructions]") {
  auto table = table_by_opcode();
  for (const IndexRow& row : kIndex) table.erase(row.opcode);
  for (const auto& [opcode, row] : table) {
    CAPTURE(opcode, row->text);
    const bool is_of_proposal = row->feature == module::Feature::threads || row->feature == module::Feature::legacy_exceptions ||
                                row->feature == module::Feature::wide_arithmetic || row->feature == module::Feature::custom_descriptors;
    CHECK(is_of_proposal);
  }
  CHECK(table.size() > 70);
}

}  // namespace wasmrun::instructions
