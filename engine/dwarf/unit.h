// Units of .debug_info and their entries. Visible: Unit, AttributeValue, Abbreviations, read_unit and what resolves values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/dwarf/constants.h"
#include "engine/dwarf/sections.h"

namespace wasmrun::dwarf {

/// How wide offsets and addresses are.
struct Encoding {
  uint16_t version = 0;
  uint8_t address_size = 4;  ///< bytes; 4 or 8
  uint8_t offset_size = 4;   ///< bytes; 8 in 64-bit DWARF
};

/// The value of an attribute as it is written: what `number` means depends on the form. Text is read only by string_of.
struct AttributeValue {
  uint64_t form = 0;
  uint64_t number = 0;
  std::string_view text;  ///< of form::kString
  bool is_there() const { return form != 0; }
};

/// Reads a number of `size` bytes, 1, 2, 3, 4 or 8.
uint64_t read_sized(ByteReader& reader, unsigned size);
/// Reads the length that begins units and tables, sets the offset size, and returns the bytes that follow.
Bytes read_initial_length(ByteReader& reader, Encoding& encoding);
/// Reads a value. An unknown form makes the reader fail, since its size is not known.
AttributeValue read_value(ByteReader& reader, uint64_t form, int64_t implicit_constant, const Encoding& encoding);

struct AttributeSpec {
  uint64_t name = 0;
  uint64_t form = 0;
  int64_t implicit_constant = 0;
};

struct Abbreviation {
  uint64_t code = 0;
  uint64_t tag = 0;
  bool has_children = false;
  uint32_t first_attribute = 0;  ///< in Abbreviations::attributes
  uint32_t attribute_count = 0;
};

/// A table of .debug_abbrev.
class Abbreviations {
 public:
  /// Reads the table at `offset` up to its end, or up to the entry of `only_code` when that is not 0. What is damaged ends it.
  static Abbreviations read(const Sections& sections, uint64_t offset, uint64_t only_code, Budget& budget);
  const Abbreviation* find(uint64_t code) const;
  std::span<const AttributeSpec> attributes_of(const Abbreviation& abbreviation) const {
    return std::span(attributes_).subspan(abbreviation.first_attribute, abbreviation.attribute_count);
  }

 private:
  std::vector<Abbreviation> rows_;  // by code
  std::vector<AttributeSpec> attributes_;
};

/// A unit's header, and what its first entry says about the whole.
struct Unit {
  Encoding encoding;
  uint64_t begin = 0;  ///< in .debug_info, of the header
  uint64_t end = 0;
  uint64_t entries = 0;  ///< where the first entry begins
  uint64_t abbreviations = 0;  ///< in .debug_abbrev
  uint64_t str_offsets_base = 0, addr_base = 0, rnglists_base = 0;
  uint64_t base_address = 0;
  AttributeValue low_pc, high_pc, ranges, stmt_list, comp_dir;
};

/// The attributes of an entry that are looked at here.
struct Entry {
  uint64_t offset = 0;
  const Abbreviation* abbreviation = nullptr;  ///< null: the end of a list of children
  AttributeValue low_pc, high_pc, ranges, name, linkage_name, origin, call_file, call_line, call_column;
};

/// Reads the unit at `begin` of .debug_info with its first entry; nothing when no unit can be read there. `end` is where the next
/// one begins, also when this one is of a kind or version that has no code.
std::optional<Unit> read_unit(const Sections& sections, uint64_t begin, uint64_t& end, Budget& budget);
/// A reader of the unit's entries, from `offset` in .debug_info on; its offsets are those of .debug_info.
ByteReader entry_reader(const Sections& sections, const Unit& unit, uint64_t offset);
/// Reads the next entry. False: damaged, or the budget is spent.
bool read_entry(ByteReader& reader, const Unit& unit, const Abbreviations& abbreviations, Budget& budget, Entry& entry);

/// The text of a string attribute; empty when there is none.
std::string_view string_of(const Sections& sections, const Unit& unit, const AttributeValue& value);
/// The address of an address attribute; nothing when it is none.
std::optional<uint64_t> address_of(const Sections& sections, const Unit& unit, const AttributeValue& value);
/// Where in .debug_info the entry lies that a reference names; nothing when it is no reference into it.
std::optional<uint64_t> reference_of(const Unit& unit, const AttributeValue& value);

}  // namespace wasmrun::dwarf
