// The immediates of instructions and how each is read. Visible: namespace imm, read_value_type, read_heap_type.
// Every immediate has `template <class Reader> static X read(Reader&)`; a failure sticks in the reader.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/base/indices.h"
#include "engine/module/limits.h"
#include "engine/module/types.h"

namespace wasmrun::instructions {

/// The heap type that byte `code` (0x69..0x74) stands for. Returns false when it stands for none. spec: binary-heaptype
constexpr bool abstract_heap_type_of(uint8_t code, module::AbstractHeapType& type) {
  using enum module::AbstractHeapType;
  switch (code) {
    case 0x69: type = Exn; return true;
    case 0x6a: type = Array; return true;
    case 0x6b: type = Struct; return true;
    case 0x6c: type = I31; return true;
    case 0x6d: type = Eq; return true;
    case 0x6e: type = Any; return true;
    case 0x6f: type = Extern; return true;
    case 0x70: type = Func; return true;
    case 0x71: type = None; return true;
    case 0x72: type = NoExtern; return true;
    case 0x73: type = NoFunc; return true;
    case 0x74: type = NoExn; return true;
    default: return false;
  }
}

/// A type index, or `exact` and one; also where custom descriptors are off: validation refuses exact types then.
/// spec: binary-heaptype
template <class Reader>
module::HeapType read_heap_type(Reader& reader) {
  constexpr uint8_t kExact = 0x62;
  const uint64_t start = reader.offset();
  if (reader.peek_u8() == kExact) {
    reader.read_u8();
    // Never repeated; an index that begins like the prefix is written longer.
    if (reader.peek_u8() == kExact) reader.fail("malformed heap type", start);
    const uint32_t index = reader.read_u32();
    if (index >= module::limits::kTypes) reader.fail("unknown type", start);
    return module::HeapType::exact(TypeIndex(index & 0x1fffff));
  }
  const int64_t code = reader.read_s33();
  if (code >= 0) {
    if (code >= module::limits::kTypes) reader.fail("unknown type", start);
    return TypeIndex(static_cast<uint32_t>(code) & 0x1fffff);
  }
  module::AbstractHeapType type{};
  // An abstract heap type is one byte, not any signed number of its value.
  const bool is_one_byte = reader.offset() - start == 1;
  if (!is_one_byte || !abstract_heap_type_of(static_cast<uint8_t>(code & 0x7f), type)) reader.fail("malformed heap type", start);
  return type;
}

/// The value type that begins with `code`, whose byte is already consumed. Returns false when none does.
/// spec: binary-valtype
template <class Reader>
bool read_value_type_after(Reader& reader, uint8_t code, module::ValueType& type) {
  using namespace module;
  AbstractHeapType heap_type{};
  switch (code) {
    case 0x7f: type = kI32; return true;
    case 0x7e: type = kI64; return true;
    case 0x7d: type = kF32; return true;
    case 0x7c: type = kF64; return true;
    case 0x7b: type = kV128; return true;
    case 0x64: type = ValueType::ref(read_heap_type(reader), false); return true;
    case 0x63: type = ValueType::ref(read_heap_type(reader), true); return true;
    default:
      if (!abstract_heap_type_of(code, heap_type)) return false;
      type = ValueType::ref(heap_type, true);
      return true;
  }
}

/// spec: binary-valtype
template <class Reader>
module::ValueType read_value_type(Reader& reader) {
  const uint64_t start = reader.offset();
  module::ValueType type;
  if (!read_value_type_after(reader, reader.read_u8(), type)) reader.fail("malformed value type", start);
  return type;
}

namespace imm {

struct None {
  template <class Reader>
  static None read(Reader&) { return {}; }
};

/// What a block takes and gives: nothing, one result, or a function type of the module. spec: binary-blocktype
struct BlockType {
  enum class Kind : uint8_t { Empty, Result, Type } kind = Kind::Empty;
  module::ValueType result;
  TypeIndex type;
  template <class Reader>
  static BlockType read(Reader& reader) {
    const uint8_t code = reader.peek_u8();
    if (code == 0x40) return reader.read_u8(), BlockType{};
    // A type index is a non-negative s33: its first byte has bit 6 clear, or continues.
    if (code & 0x80 || !(code & 0x40)) {
      const uint64_t start = reader.offset();
      const int64_t index = reader.read_s33();
      if (index < 0 || index >= module::limits::kTypes) reader.fail(index < 0 ? "malformed block type" : "unknown type", start);
      return {Kind::Type, {}, TypeIndex(static_cast<uint32_t>(index))};
    }
    return {Kind::Result, read_value_type(reader), {}};
  }
};

/// An index immediate: `imm::FuncIndex{}.index` is a wasmrun::FuncIndex.
template <class I>
struct IndexImmediate {
  I index;
  template <class Reader>
  static IndexImmediate read(Reader& reader) { return {I(reader.read_u32())}; }
};
using LabelIndex = IndexImmediate<wasmrun::LabelIndex>;
using FuncIndex = IndexImmediate<wasmrun::FuncIndex>;
using TypeIndex = IndexImmediate<wasmrun::TypeIndex>;
using LocalIndex = IndexImmediate<wasmrun::LocalIndex>;
using GlobalIndex = IndexImmediate<wasmrun::GlobalIndex>;
using TableIndex = IndexImmediate<wasmrun::TableIndex>;
using MemoryIndex = IndexImmediate<wasmrun::MemoryIndex>;
using TagIndex = IndexImmediate<wasmrun::TagIndex>;
using DataIndex = IndexImmediate<wasmrun::DataIndex>;
using ElemIndex = IndexImmediate<wasmrun::ElemIndex>;

/// Two indices in the order of the binary format.
template <class A, class B>
struct PairImmediate {
  A first;
  B second;
  template <class Reader>
  static PairImmediate read(Reader& reader) {
    const A first(reader.read_u32());
    const B second(reader.read_u32());
    return {first, second};
  }
};
using CallIndirect = PairImmediate<wasmrun::TypeIndex, wasmrun::TableIndex>;
using TypeField = PairImmediate<wasmrun::TypeIndex, wasmrun::FieldIndex>;
using TypeData = PairImmediate<wasmrun::TypeIndex, wasmrun::DataIndex>;
using TypeElem = PairImmediate<wasmrun::TypeIndex, wasmrun::ElemIndex>;
using TypePair = PairImmediate<wasmrun::TypeIndex, wasmrun::TypeIndex>;        ///< destination, source
using DataMemory = PairImmediate<wasmrun::DataIndex, wasmrun::MemoryIndex>;
using MemoryPair = PairImmediate<wasmrun::MemoryIndex, wasmrun::MemoryIndex>;  ///< destination, source
using ElemTable = PairImmediate<wasmrun::ElemIndex, wasmrun::TableIndex>;
using TablePair = PairImmediate<wasmrun::TableIndex, wasmrun::TableIndex>;     ///< destination, source

/// array.new_fixed
struct TypeCount {
  wasmrun::TypeIndex type;
  uint32_t count = 0;
  template <class Reader>
  static TypeCount read(Reader& reader) {
    const wasmrun::TypeIndex type(reader.read_u32());
    return {type, reader.read_u32()};
  }
};

/// br_table's labels, the default last. They stay bytes; `for_each` reads them again.
struct LabelTable {
  uint32_t count = 0;  ///< without the default
  const uint8_t* begin = nullptr;
  const uint8_t* end = nullptr;
  uint64_t offset = 0;
  template <class Reader>
  static LabelTable read(Reader& reader) {
    LabelTable table;
    const uint64_t start = reader.offset();
    table.count = reader.read_u32();
    if (table.count > module::limits::kBrTableTargets) {
      reader.fail("br_table too large: more than 65520 labels", start);
      return {};
    }
    table.offset = reader.offset();
    table.begin = reader.position();
    for (uint32_t i = 0; i <= table.count && !reader.failed(); ++i) reader.read_u32();
    table.end = reader.position();
    return table;
  }
  /// Calls `f(wasmrun::LabelIndex)` for each label, the default last. Only on a table that was read without failure.
  template <class F>
  void for_each(F&& f) const {
    TrustedReader reader(std::span(begin, end), offset);
    for (uint32_t i = 0; i <= count; ++i) f(wasmrun::LabelIndex(reader.read_u32()));
  }
};

/// A memory access of `natural_align_log2`'s size. spec: binary-memarg
struct MemArg {
  uint32_t align_log2 = 0;
  wasmrun::MemoryIndex memory;
  uint64_t offset = 0;
  template <class Reader>
  static MemArg read(Reader& reader) {
    const uint64_t start = reader.offset();
    MemArg arg;
    arg.align_log2 = reader.read_u32();
    if (arg.align_log2 >= 0x80) reader.fail("malformed memop flags", start);
    if (arg.align_log2 & 0x40) {
      arg.align_log2 &= 0x3f;
      arg.memory = wasmrun::MemoryIndex(reader.read_u32());
    }
    arg.offset = reader.read_u64();
    return arg;
  }
};
template <uint32_t kBits>
struct MemArgOf : MemArg {
  static constexpr uint32_t kAccessBytes = kBits / 8;
  template <class Reader>
  static MemArgOf read(Reader& reader) { return {MemArg::read(reader)}; }
};
using MemArg8 = MemArgOf<8>;
using MemArg16 = MemArgOf<16>;
using MemArg32 = MemArgOf<32>;
using MemArg64 = MemArgOf<64>;
using MemArg128 = MemArgOf<128>;

/// An access whose alignment must be exactly the natural one. spec: threads proposal
template <uint32_t kBits>
struct AtomicMemArgOf : MemArg {
  static constexpr uint32_t kAccessBytes = kBits / 8;
  template <class Reader>
  static AtomicMemArgOf read(Reader& reader) { return {MemArg::read(reader)}; }
};
using AtomicMemArg8 = AtomicMemArgOf<8>;
using AtomicMemArg16 = AtomicMemArgOf<16>;
using AtomicMemArg32 = AtomicMemArgOf<32>;
using AtomicMemArg64 = AtomicMemArgOf<64>;

/// atomic.fence: a byte kept for later orderings.
struct ZeroByte {
  template <class Reader>
  static ZeroByte read(Reader& reader) {
    const uint64_t start = reader.offset();
    if (reader.read_u8() != 0) reader.fail("zero byte expected", start);
    return {};
  }
};

/// A memory access and one lane of a vector.
template <uint32_t kBits>
struct MemArgLaneOf : MemArg {
  static constexpr uint32_t kAccessBytes = kBits / 8;
  static constexpr uint32_t kLanes = 128 / kBits;
  uint8_t lane = 0;
  template <class Reader>
  static MemArgLaneOf read(Reader& reader) {
    MemArgLaneOf result{MemArg::read(reader)};
    result.lane = reader.read_u8();
    return result;
  }
};
using MemArgLane8 = MemArgLaneOf<8>;
using MemArgLane16 = MemArgLaneOf<16>;
using MemArgLane32 = MemArgLaneOf<32>;
using MemArgLane64 = MemArgLaneOf<64>;

template <uint32_t kLaneCount>
struct LaneIndexOf {
  static constexpr uint32_t kLanes = kLaneCount;
  uint8_t lane = 0;
  template <class Reader>
  static LaneIndexOf read(Reader& reader) { return {reader.read_u8()}; }
};
using LaneIndex16 = LaneIndexOf<16>;
using LaneIndex8 = LaneIndexOf<8>;
using LaneIndex4 = LaneIndexOf<4>;
using LaneIndex2 = LaneIndexOf<2>;

struct V128Const {
  std::array<uint8_t, 16> bytes{};
  template <class Reader>
  static V128Const read(Reader& reader) { return {reader.template read_fixed<std::array<uint8_t, 16>>()}; }
};
/// i8x16.shuffle: 16 lane numbers, each below 32.
struct Shuffle {
  std::array<uint8_t, 16> lanes{};
  template <class Reader>
  static Shuffle read(Reader& reader) { return {reader.template read_fixed<std::array<uint8_t, 16>>()}; }
};

struct I32Const {
  int32_t value = 0;
  template <class Reader>
  static I32Const read(Reader& reader) { return {reader.read_s32()}; }
};
struct I64Const {
  int64_t value = 0;
  template <class Reader>
  static I64Const read(Reader& reader) { return {reader.read_s64()}; }
};
/// Bits, not a float: a NaN keeps its payload.
struct F32Const {
  uint32_t bits = 0;
  template <class Reader>
  static F32Const read(Reader& reader) { return {reader.template read_fixed<uint32_t>()}; }
};
struct F64Const {
  uint64_t bits = 0;
  template <class Reader>
  static F64Const read(Reader& reader) { return {reader.template read_fixed<uint64_t>()}; }
};

struct HeapType {
  module::HeapType type;
  template <class Reader>
  static HeapType read(Reader& reader) { return {read_heap_type(reader)}; }
};

/// The result types of `select t`; validation accepts exactly one. `first` is meaningful when there is one.
struct SelectTypes {
  uint32_t count = 0;
  module::ValueType first;
  template <class Reader>
  static SelectTypes read(Reader& reader) {
    SelectTypes types;
    types.count = reader.read_u32();
    for (uint32_t i = 0; i < types.count && !reader.failed(); ++i) {
      const module::ValueType type = read_value_type(reader);
      if (i == 0) types.first = type;
    }
    return types;
  }
};

/// br_on_cast, br_on_cast_fail: from reference type `from` to reference type `to`.
struct BrOnCast {
  wasmrun::LabelIndex label;
  module::ValueType from;
  module::ValueType to;
  template <class Reader>
  static BrOnCast read(Reader& reader) {
    const uint64_t start = reader.offset();
    const uint8_t flags = reader.read_u8();
    if (flags > 3) reader.fail("malformed br_on_cast flags", start);
    const wasmrun::LabelIndex label(reader.read_u32());
    const module::HeapType from = read_heap_type(reader);
    const module::HeapType to = read_heap_type(reader);
    return {label, module::ValueType::ref(from, flags & 1), module::ValueType::ref(to, flags & 2)};
  }
};

/// One handler of try_table. spec: syntax-catch
struct Catch {
  enum class Kind : uint8_t { Catch, CatchRef, CatchAll, CatchAllRef } kind;
  wasmrun::TagIndex tag;  ///< meaningful for Catch and CatchRef
  wasmrun::LabelIndex label;
};
struct TryTable {
  BlockType type;
  std::vector<Catch> catches;
  template <class Reader>
  static TryTable read(Reader& reader) {
    TryTable result;
    result.type = BlockType::read(reader);
    const uint32_t count = reader.read_u32();
    for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
      const uint64_t start = reader.offset();
      const uint8_t kind = reader.read_u8();
      if (kind > 3) {
        reader.fail("malformed catch clause", start);
        break;
      }
      Catch handler{static_cast<Catch::Kind>(kind), {}, {}};
      if (kind < 2) handler.tag = wasmrun::TagIndex(reader.read_u32());
      handler.label = wasmrun::LabelIndex(reader.read_u32());
      result.catches.push_back(handler);
    }
    return result;
  }
};

}  // namespace imm
}  // namespace wasmrun::instructions
