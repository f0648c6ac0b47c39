// low_pc and high_pc, .debug_ranges, .debug_rnglists. spec: DWARF 5, sections 2.17, 7.25; DWARF 4, section 2.17.3
#include "engine/dwarf/ranges.h"

namespace wasmrun::dwarf {
namespace {

/// Collects ranges. Linkers write -1 or -2 for code that they dropped, as addresses or as bases.
class Collector {
 public:
  Collector(const Encoding& encoding, uint64_t base, std::vector<Range>& ranges)
      : highest_(encoding.address_size == 8 ? UINT64_MAX : UINT32_MAX), base_(base), ranges_(ranges) {}
  void set_base(uint64_t base) { base_ = base; }
  bool is_highest(uint64_t address) const { return address == highest_; }
  void add(uint64_t begin, uint64_t end) {
    if (begin != 0 && begin < highest_ - 1 && begin < end) ranges_.push_back({begin, end});
  }
  void add_offsets(uint64_t begin, uint64_t end) {
    if (base_ < highest_ - 1) add(base_ + begin, base_ + end);
  }

 private:
  uint64_t highest_;
  uint64_t base_;
  std::vector<Range>& ranges_;
};

void read_ranges(const Sections& sections, const Unit& unit, uint64_t offset, Budget& budget, Collector collector) {
  const unsigned size = unit.encoding.address_size;
  ByteReader reader(bytes_from(sections.ranges, offset));
  for (;;) {
    const uint64_t begin = read_sized(reader, size);
    const uint64_t end = read_sized(reader, size);
    if (reader.failed() || !budget.spend(2 * size) || (begin == 0 && end == 0)) return;
    if (collector.is_highest(begin)) {
      collector.set_base(end);
    } else {
      collector.add_offsets(begin, end);
    }
  }
}

void read_rnglist(const Sections& sections, const Unit& unit, uint64_t offset, Budget& budget, Collector collector) {
  ByteReader reader(bytes_from(sections.rnglists, offset));
  const auto address = [&] { return read_sized(reader, unit.encoding.address_size); };
  const auto indexed = [&] {
    const AttributeValue value{form::kAddrx, reader.read_u64(), {}};
    const auto found = address_of(sections, unit, value);
    if (!found) reader.fail("no such address");
    return found.value_or(0);
  };
  for (;;) {
    const uint64_t at = reader.offset();
    uint64_t begin = 0, end = 0;
    bool counts_from_base = false;
    switch (reader.read_u8()) {
      case rle::kBaseAddressx: collector.set_base(indexed()); break;
      case rle::kBaseAddress: collector.set_base(address()); break;
      case rle::kStartxEndx:
        begin = indexed();
        end = indexed();
        break;
      case rle::kStartxLength:
        begin = indexed();
        end = begin + reader.read_u64();
        break;
      case rle::kOffsetPair:
        begin = reader.read_u64();
        end = reader.read_u64();
        counts_from_base = true;
        break;
      case rle::kStartEnd:
        begin = address();
        end = address();
        break;
      case rle::kStartLength:
        begin = address();
        end = begin + reader.read_u64();
        break;
      case rle::kEndOfList:
      default: return;
    }
    if (reader.failed() || !budget.spend(reader.offset() - at)) return;
    counts_from_base ? collector.add_offsets(begin, end) : collector.add(begin, end);
  }
}

}  // namespace

std::vector<Range> ranges_of(const Sections& sections, const Unit& unit, const AttributeValue& low_pc, const AttributeValue& high_pc,
                             const AttributeValue& ranges, Budget& budget) {
  std::vector<Range> found;
  Collector collector(unit.encoding, unit.base_address, found);
  if (ranges.is_there() && unit.encoding.version < 5) {
    read_ranges(sections, unit, ranges.number, budget, collector);
  } else if (ranges.form == form::kRnglistx) {
    // The list's offset, counted from the base, is in a table there.
    const unsigned size = unit.encoding.offset_size;
    if (ranges.number < sections.rnglists.size() / size && unit.rnglists_base < sections.rnglists.size()) {
      ByteReader reader(bytes_from(sections.rnglists, unit.rnglists_base + ranges.number * size));
      const uint64_t offset = read_sized(reader, size);
      if (!reader.failed() && offset < sections.rnglists.size())
        read_rnglist(sections, unit, unit.rnglists_base + offset, budget, collector);
    }
  } else if (ranges.is_there()) {
    read_rnglist(sections, unit, ranges.number, budget, collector);
  } else if (const auto begin = address_of(sections, unit, low_pc)) {
    const auto end = address_of(sections, unit, high_pc);
    collector.add(*begin, end ? *end : *begin + high_pc.number);
  }
  return found;
}

}  // namespace wasmrun::dwarf
