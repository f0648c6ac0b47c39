// Which addresses a unit or an entry covers. Visible: Range, ranges_of.
#pragma once

#include "engine/dwarf/unit.h"

namespace wasmrun::dwarf {

struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;
};

/// The ranges of addresses that the attributes name, in the unit's order; what is damaged ends them. No range begins at 0 or is
/// empty: linkers leave those where they dropped the code.
std::vector<Range> ranges_of(const Sections& sections, const Unit& unit, const AttributeValue& low_pc, const AttributeValue& high_pc,
                             const AttributeValue& ranges, Budget& budget);

}  // namespace wasmrun::dwarf
