// Headers, abbreviations, entries and forms. spec: DWARF 5, sections 7.4, 7.5
#include "engine/dwarf/unit.h"

#include <algorithm>

namespace wasmrun::dwarf {
namespace {

// Types of units that have code in this file; the others describe types or lie in files of their own.
constexpr uint8_t kCompileUnit = 1, kPartialUnit = 3, kSkeletonUnit = 4;

uint64_t nth(Bytes section, uint64_t base, uint64_t index, unsigned size, bool& is_there) {
  // Both are below 2^64 / 8 where they can lie inside at all.
  is_there = base <= section.size() && index <= section.size() / size;
  if (!is_there) return 0;
  ByteReader reader(bytes_from(section, base + index * size));
  const uint64_t value = read_sized(reader, size);
  is_there = !reader.failed();
  return value;
}

AttributeValue* slot_of(Entry& entry, uint64_t name) {
  switch (name) {
    case at::kLowPc: return &entry.low_pc;
    case at::kHighPc: return &entry.high_pc;
    case at::kRanges: return &entry.ranges;
    case at::kName: return &entry.name;
    case at::kLinkageName:
    case at::kMipsLinkageName: return &entry.linkage_name;
    case at::kAbstractOrigin:
    case at::kSpecification: return &entry.origin;
    case at::kCallFile: return &entry.call_file;
    case at::kCallLine: return &entry.call_line;
    case at::kCallColumn: return &entry.call_column;
    default: return nullptr;
  }
}

void read_unit_entry(const Sections& sections, Unit& unit, Budget& budget) {
  ByteReader reader = entry_reader(sections, unit, unit.entries);
  const uint64_t code = reader.read_u64();
  if (code == 0 || reader.failed()) return;
  const Abbreviations abbreviations = Abbreviations::read(sections, unit.abbreviations, code, budget);
  const Abbreviation* const abbreviation = abbreviations.find(code);
  if (!abbreviation) return;
  for (const AttributeSpec& attribute : abbreviations.attributes_of(*abbreviation)) {
    const AttributeValue value = read_value(reader, attribute.form, attribute.implicit_constant, unit.encoding);
    if (reader.failed()) return;
    switch (attribute.name) {
      case at::kLowPc: unit.low_pc = value; break;
      case at::kHighPc: unit.high_pc = value; break;
      case at::kRanges: unit.ranges = value; break;
      case at::kStmtList: unit.stmt_list = value; break;
      case at::kCompDir: unit.comp_dir = value; break;
      case at::kStrOffsetsBase: unit.str_offsets_base = value.number; break;
      case at::kAddrBase: unit.addr_base = value.number; break;
      case at::kRnglistsBase: unit.rnglists_base = value.number; break;
      default: break;
    }
  }
  unit.base_address = address_of(sections, unit, unit.low_pc).value_or(0);
}

}  // namespace

uint64_t read_sized(ByteReader& reader, unsigned size) {
  switch (size) {
    case 1: return reader.read_u8();
    case 2: return reader.read_fixed<uint16_t>();
    case 3: {
      const uint64_t low = reader.read_fixed<uint16_t>();
      return low | uint64_t{reader.read_u8()} << 16;
    }
    case 4: return reader.read_fixed<uint32_t>();
    case 8: return reader.read_fixed<uint64_t>();
    default: return reader.fail("number of a strange size"), 0;
  }
}

Bytes read_initial_length(ByteReader& reader, Encoding& encoding) {
  uint64_t length = reader.read_fixed<uint32_t>();
  encoding.offset_size = 4;
  if (length >= 0xfffffff0) {
    if (length != 0xffffffff) return reader.fail("reserved length"), Bytes{};
    length = reader.read_fixed<uint64_t>();
    encoding.offset_size = 8;
  }
  return reader.read_bytes(length);
}

AttributeValue read_value(ByteReader& reader, uint64_t form, int64_t implicit_constant, const Encoding& encoding) {
  if (form == form::kIndirect) {
    form = reader.read_u64();
    if (form == form::kIndirect || form == form::kImplicitConst) reader.fail("indirect form of a form");
  }
  AttributeValue value{form, 0, {}};
  switch (form) {
    case form::kAddr: value.number = read_sized(reader, encoding.address_size); break;
    case form::kData1:
    case form::kRef1:
    case form::kFlag:
    case form::kStrx1:
    case form::kAddrx1: value.number = reader.read_u8(); break;
    case form::kData2:
    case form::kRef2:
    case form::kStrx2:
    case form::kAddrx2: value.number = read_sized(reader, 2); break;
    case form::kStrx3:
    case form::kAddrx3: value.number = read_sized(reader, 3); break;
    case form::kData4:
    case form::kRef4:
    case form::kRefSup4:
    case form::kStrx4:
    case form::kAddrx4: value.number = read_sized(reader, 4); break;
    case form::kData8:
    case form::kRef8:
    case form::kRefSig8:
    case form::kRefSup8: value.number = read_sized(reader, 8); break;
    case form::kData16: reader.read_bytes(16); break;
    case form::kSdata: value.number = static_cast<uint64_t>(reader.read_s64()); break;
    case form::kUdata:
    case form::kRefUdata:
    case form::kStrx:
    case form::kAddrx:
    case form::kLoclistx:
    case form::kRnglistx:
    case form::kGnuAddrIndex:
    case form::kGnuStrIndex: value.number = reader.read_u64(); break;
    case form::kStrp:
    case form::kLineStrp:
    case form::kStrpSup:
    case form::kSecOffset:
    case form::kGnuRefAlt:
    case form::kGnuStrpAlt: value.number = read_sized(reader, encoding.offset_size); break;
    case form::kRefAddr:
      value.number = read_sized(reader, encoding.version <= 2 ? encoding.address_size : encoding.offset_size);
      break;
    case form::kString: {
      value.text = string_at({reader.position(), static_cast<size_t>(reader.remaining())}, 0);
      reader.read_bytes(value.text.size() + 1);
      break;
    }
    case form::kBlock1: reader.read_bytes(reader.read_u8()); break;
    case form::kBlock2: reader.read_bytes(read_sized(reader, 2)); break;
    case form::kBlock4: reader.read_bytes(read_sized(reader, 4)); break;
    case form::kBlock:
    case form::kExprloc: reader.read_bytes(reader.read_u64()); break;
    case form::kFlagPresent: value.number = 1; break;
    case form::kImplicitConst: value.number = static_cast<uint64_t>(implicit_constant); break;
    default: reader.fail("unknown form"); break;
  }
  return value;
}

Abbreviations Abbreviations::read(const Sections& sections, uint64_t offset, uint64_t only_code, Budget& budget) {
  Abbreviations table;
  ByteReader reader(bytes_from(sections.abbrev, offset));
  bool is_sorted = true;
  for (;;) {
    const uint64_t begin = reader.offset();
    Abbreviation row;
    row.code = reader.read_u64();
    if (row.code == 0 || reader.failed()) break;
    row.tag = reader.read_u64();
    row.has_children = reader.read_u8() != 0;
    row.first_attribute = static_cast<uint32_t>(table.attributes_.size());
    for (;;) {
      AttributeSpec attribute;
      attribute.name = reader.read_u64();
      attribute.form = reader.read_u64();
      if (attribute.form == form::kImplicitConst) attribute.implicit_constant = reader.read_s64();
      if (reader.failed() || (attribute.name == 0 && attribute.form == 0)) break;
      table.attributes_.push_back(attribute);
    }
    row.attribute_count = static_cast<uint32_t>(table.attributes_.size()) - row.first_attribute;
    if (reader.failed() || !budget.spend(reader.offset() - begin)) break;
    if (only_code != 0 && row.code != only_code) {
      table.attributes_.clear();
      continue;
    }
    is_sorted &= table.rows_.empty() || table.rows_.back().code < row.code;
    table.rows_.push_back(row);
    if (only_code != 0) break;
  }
  if (!is_sorted) {
    std::stable_sort(table.rows_.begin(), table.rows_.end(),
                     [](const Abbreviation& a, const Abbreviation& b) { return a.code < b.code; });
  }
  return table;
}

const Abbreviation* Abbreviations::find(uint64_t code) const {
  // Nearly all producers count from 1.
  if (code - 1 < rows_.size() && rows_[static_cast<size_t>(code - 1)].code == code) return &rows_[static_cast<size_t>(code - 1)];
  const auto found = std::lower_bound(rows_.begin(), rows_.end(), code,
                                      [](const Abbreviation& row, uint64_t value) { return row.code < value; });
  return found != rows_.end() && found->code == code ? &*found : nullptr;
}

std::optional<Unit> read_unit(const Sections& sections, uint64_t begin, uint64_t& end, Budget& budget) {
  Unit unit;
  unit.begin = begin;
  ByteReader whole(bytes_from(sections.info, begin), begin);
  const Bytes content = read_initial_length(whole, unit.encoding);
  if (whole.failed()) {
    end = sections.info.size();
    return std::nullopt;
  }
  end = unit.end = whole.offset();
  ByteReader reader(content, unit.end - content.size());
  unit.encoding.version = reader.read_fixed<uint16_t>();
  if (unit.encoding.version < 2 || unit.encoding.version > 5) return std::nullopt;
  uint8_t type = kCompileUnit;
  if (unit.encoding.version >= 5) {
    type = reader.read_u8();
    unit.encoding.address_size = reader.read_u8();
    unit.abbreviations = read_sized(reader, unit.encoding.offset_size);
    if (type == kSkeletonUnit) reader.read_bytes(8);
    // What a table's base is where no attribute says: behind its header.
    unit.str_offsets_base = unit.encoding.offset_size == 4 ? 8 : 16;
  } else {
    unit.abbreviations = read_sized(reader, unit.encoding.offset_size);
    unit.encoding.address_size = reader.read_u8();
  }
  unit.entries = reader.offset();
  const bool has_code = type == kCompileUnit || type == kPartialUnit || type == kSkeletonUnit;
  const bool has_sane_addresses = unit.encoding.address_size == 4 || unit.encoding.address_size == 8;
  if (reader.failed() || !has_code || !has_sane_addresses || !budget.spend(16)) return std::nullopt;
  read_unit_entry(sections, unit, budget);
  return unit;
}

ByteReader entry_reader(const Sections& sections, const Unit& unit, uint64_t offset) {
  if (offset < unit.entries || offset > unit.end) offset = unit.end;
  return ByteReader(sections.info.subspan(static_cast<size_t>(offset), static_cast<size_t>(unit.end - offset)), offset);
}

bool read_entry(ByteReader& reader, const Unit& unit, const Abbreviations& abbreviations, Budget& budget, Entry& entry) {
  entry = {};
  entry.offset = reader.offset();
  const uint64_t code = reader.read_u64();
  if (code == 0) return !reader.failed() && budget.spend(1);
  entry.abbreviation = abbreviations.find(code);
  if (!entry.abbreviation) return false;
  if (!budget.spend(entry.abbreviation->attribute_count + 1)) return false;
  for (const AttributeSpec& attribute : abbreviations.attributes_of(*entry.abbreviation)) {
    const AttributeValue value = read_value(reader, attribute.form, attribute.implicit_constant, unit.encoding);
    if (AttributeValue* const slot = slot_of(entry, attribute.name)) *slot = value;
  }
  return !reader.failed() && budget.spend(reader.offset() - entry.offset);
}

std::string_view string_of(const Sections& sections, const Unit& unit, const AttributeValue& value) {
  switch (value.form) {
    case form::kString: return value.text;
    case form::kStrp: return string_at(sections.str, value.number);
    case form::kLineStrp: return string_at(sections.line_str, value.number);
    case form::kStrx:
    case form::kStrx1:
    case form::kStrx2:
    case form::kStrx3:
    case form::kStrx4:
    case form::kGnuStrIndex: {
      bool is_there = false;
      const uint64_t offset = nth(sections.str_offsets, unit.str_offsets_base, value.number, unit.encoding.offset_size, is_there);
      return is_there ? string_at(sections.str, offset) : std::string_view();
    }
    default: return {};
  }
}

std::optional<uint64_t> address_of(const Sections& sections, const Unit& unit, const AttributeValue& value) {
  switch (value.form) {
    case form::kAddr: return value.number;
    case form::kAddrx:
    case form::kAddrx1:
    case form::kAddrx2:
    case form::kAddrx3:
    case form::kAddrx4:
    case form::kGnuAddrIndex: {
      bool is_there = false;
      const uint64_t address = nth(sections.addr, unit.addr_base, value.number, unit.encoding.address_size, is_there);
      if (is_there) return address;
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

std::optional<uint64_t> reference_of(const Unit& unit, const AttributeValue& value) {
  switch (value.form) {
    case form::kRef1:
    case form::kRef2:
    case form::kRef4:
    case form::kRef8:
    case form::kRefUdata:
      if (value.number >= unit.end - unit.begin) return std::nullopt;
      return unit.begin + value.number;
    case form::kRefAddr: return value.number;
    default: return std::nullopt;
  }
}

}  // namespace wasmrun::dwarf
