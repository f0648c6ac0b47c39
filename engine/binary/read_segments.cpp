// Element and data segments.
#include "engine/binary/decoder.h"
#include "engine/instructions/immediates.h"

namespace wasmrun::binary {
namespace {

using module::ElemSegment;
using module::SegmentMode;
namespace limits = module::limits;

/// Bits of the number that an element segment begins with. spec: binary-elem
struct ElemFlags {
  bool is_active;
  bool has_second;       ///< active: states its table; else: declarative
  bool has_expressions;  ///< else function indices
  explicit ElemFlags(uint32_t flags) : is_active(!(flags & 1)), has_second(flags & 2), has_expressions(flags & 4) {}
  /// Whether the segment states what it holds; the shortest two forms leave it out.
  bool states_type() const { return !is_active || has_second; }
  SegmentMode mode() const {
    if (is_active) return SegmentMode::Active;
    return has_second ? SegmentMode::Declarative : SegmentMode::Passive;
  }
};

/// The type of a segment's items; function indices are never null.
module::ValueType read_elem_type(ByteReader& reader, ElemFlags flags) {
  constexpr auto kNonNullFuncRef = module::ValueType::ref(module::AbstractHeapType::Func, false);
  if (flags.has_expressions) return flags.states_type() ? read_reference_type(reader) : module::kFuncRef;
  const uint64_t start = reader.offset();
  if (flags.states_type() && reader.read_u8() != 0) reader.fail("malformed element kind", start);
  return kNonNullFuncRef;
}

Result<void> read_elem_items(Section& section, ElemSegment& segment) {
  const uint32_t count = TRY(read_count(section, "elements in a segment", limits::kElemItems));
  if (segment.uses_expressions) {
    segment.expressions.reserve(plausible_count(section, count, 2));
    for (uint32_t i = 0; i < count; ++i) segment.expressions.push_back(TRY(read_const_expr(section)));
    return {};
  }
  segment.functions.reserve(plausible_count(section, count, 1));
  for (uint32_t i = 0; i < count && !section.reader.failed(); ++i)
    segment.functions.push_back(FuncIndex(section.reader.read_u32()));
  return section.check();
}

Result<ElemSegment> read_elem_segment(Section& section) {
  constexpr uint32_t kMaxFlags = 7;
  ByteReader& reader = section.reader;
  ElemSegment segment;
  segment.offset = reader.offset();
  const uint32_t flag_bits = reader.read_u32();
  if (flag_bits > kMaxFlags) reader.fail("malformed elements segment kind", segment.offset);
  const ElemFlags flags(flag_bits);
  segment.mode = flags.mode();
  segment.uses_expressions = flags.has_expressions;
  if (flags.is_active && flags.has_second) segment.table = TableIndex(reader.read_u32());
  TRY(section.check());
  if (flags.is_active) segment.offset_expr = TRY(read_const_expr(section));
  segment.type = read_elem_type(reader, flags);
  TRY(section.check());
  TRY(read_elem_items(section, segment));
  return segment;
}

/// spec: binary-data
Result<module::DataSegment> read_data_segment(Section& section) {
  constexpr uint32_t kActive = 0, kPassive = 1, kActiveWithMemory = 2;
  ByteReader& reader = section.reader;
  module::DataSegment segment;
  segment.offset = reader.offset();
  const uint32_t kind = reader.read_u32();
  if (kind > kActiveWithMemory) reader.fail("malformed data segment kind", segment.offset);
  segment.mode = kind == kPassive ? SegmentMode::Passive : SegmentMode::Active;
  if (kind == kActiveWithMemory) segment.memory = MemoryIndex(reader.read_u32());
  TRY(section.check());
  if (kind == kActive || kind == kActiveWithMemory) segment.offset_expr = TRY(read_const_expr(section));
  const uint32_t size = reader.read_u32();
  const uint64_t begin = reader.offset();
  reader.read_bytes(size);
  TRY(section.check());
  segment.bytes = {begin, begin + size};
  return segment;
}

}  // namespace

Result<void> read_elem_section(Section& section) {
  auto& elems = section.module().elems;
  const uint32_t count = TRY(read_count(section, "element segments", limits::kElemSegments));
  elems.reserve(plausible_count(section, count, 4));
  for (uint32_t i = 0; i < count; ++i) elems.push_back(TRY(read_elem_segment(section)));
  return {};
}

Result<void> read_data_count_section(Section& section) {
  section.module().data_count = TRY(read_count(section, "data segments", limits::kDataSegments));
  return {};
}

Result<void> read_data_section(Section& section) {
  auto& datas = section.module().datas;
  const uint32_t count = TRY(read_count(section, "data segments", limits::kDataSegments));
  datas.reserve(plausible_count(section, count, 2));
  for (uint32_t i = 0; i < count; ++i) datas.push_back(TRY(read_data_segment(section)));
  return {};
}

}  // namespace wasmrun::binary
