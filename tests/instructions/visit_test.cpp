// Every row of opcodes.def from bytes to its handler, and each immediate's fields.
#include "engine/instructions/visit.h"

#include <map>
#include <set>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/module_builder.h"

namespace wasmrun::instructions {
namespace {

using testing::Bytes;
using testing::bytes;
using testing::leb_u;

/// Notes which handler was called.
struct Recorder {
  std::optional<Opcode> visited;
#define OP(name, ...)            \
  template <class... Operand>    \
  void name(const Operand&...) { \
    visited = Opcode::name;      \
  }
#define OP_RULE OP
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
};

/// Well-formed bytes for each immediate of opcodes.def.
const std::map<std::string, Bytes>& sample_immediates() {
  static const Bytes index{0x83, 0x01}, memarg{0x42, 0x01, 0x80, 0x02};
  static const Bytes pair = bytes(index, Bytes{0x04}), lanes(16, 0x1f);
  static const std::map<std::string, Bytes> samples{
      {"None", {}},
      {"BlockType", {0x63, 0x05}},
      {"LabelIndex", index},
      {"FuncIndex", index},
      {"TypeIndex", index},
      {"LocalIndex", index},
      {"GlobalIndex", index},
      {"TableIndex", index},
      {"MemoryIndex", index},
      {"TagIndex", index},
      {"DataIndex", index},
      {"ElemIndex", index},
      {"CallIndirect", pair},
      {"TypeField", pair},
      {"TypeData", pair},
      {"TypeElem", pair},
      {"TypePair", pair},
      {"DataMemory", pair},
      {"MemoryPair", pair},
      {"ElemTable", pair},
      {"TablePair", pair},
      {"TypeCount", pair},
      {"LabelTable", {0x02, 0x00, 0x81, 0x00, 0x02}},
      {"MemArg8", memarg},
      {"MemArg16", memarg},
      {"MemArg32", memarg},
      {"MemArg64", memarg},
      {"MemArg128", memarg},
      {"AtomicMemArg8", memarg},
      {"AtomicMemArg16", memarg},
      {"AtomicMemArg32", memarg},
      {"AtomicMemArg64", memarg},
      {"ZeroByte", {0x00}},
      {"MemArgLane8", bytes(memarg, Bytes{0x03})},
      {"MemArgLane16", bytes(memarg, Bytes{0x03})},
      {"MemArgLane32", bytes(memarg, Bytes{0x03})},
      {"MemArgLane64", bytes(memarg, Bytes{0x01})},
      {"LaneIndex16", {0x0f}},
      {"LaneIndex8", {0x07}},
      {"LaneIndex4", {0x03}},
      {"LaneIndex2", {0x01}},
      {"V128Const", lanes},
      {"Shuffle", lanes},
      {"I32Const", {0x80, 0x7f}},
      {"I64Const", {0x80, 0x80, 0x7f}},
      {"F32Const", {0, 0, 0xc0, 0x7f}},
      {"F64Const", {0, 0, 0, 0, 0, 0, 0xf8, 0x7f}},
      {"HeapType", {0x70}},
      {"SelectTypes", {0x01, 0x64, 0x6e}},
      {"BrOnCast", {0x03, 0x01, 0x6e, 0x05}},
      {"TryTable", {0x40, 0x04, 0x00, 0x01, 0x02, 0x01, 0x01, 0x02, 0x02, 0x02, 0x03, 0x02}},
  };
  return samples;
}

Bytes encode_row(const OpcodeInfo& row) {
  const auto immediate = sample_immediates().find(row.immediate);
  if (immediate == sample_immediates().end()) FAIL("no sample for immediate " << row.immediate);
  const Bytes opcode = row.prefix ? bytes(Bytes{row.prefix}, leb_u(row.code)) : Bytes{static_cast<uint8_t>(row.code)};
  return bytes(opcode, immediate->second);
}

/// The failure of reading one instruction from `code`.
std::string failure(const Bytes& code) {
  ByteReader reader(code);
  Recorder recorder;
  return visit_instruction(reader, recorder) || !reader.failed() ? "none" : reader.error();
}

template <class Immediate>
Immediate read(const Bytes& code) {
  ByteReader reader(code);
  const Immediate result = Immediate::read(reader);
  CHECK_FALSE(reader.failed());
  CHECK(reader.at_end());
  return result;
}

template <class Immediate>
std::string read_failure(const Bytes& code) {
  ByteReader reader(code);
  Immediate::read(reader);
  return reader.failed() ? reader.error() : "none";
}

}  // namespace

TEST_CASE("each row of the table is read from its bytes and reaches its handler", "[instructions]") {
  for (size_t i = 0; i < std::size(kOpcodes); ++i) {
    const OpcodeInfo& row = kOpcodes[i];
    CAPTURE(row.text, int{row.prefix}, row.code);
    const Bytes code = encode_row(row);

    ByteReader reader(code);
    Recorder recorder;
    CHECK(visit_instruction(reader, recorder));
    CHECK(reader.at_end());
    CHECK(recorder.visited == static_cast<Opcode>(i));

    TrustedReader trusted(code);
    Recorder trusted_recorder;
    CHECK(visit_instruction(trusted, trusted_recorder));
    CHECK(trusted.at_end());
    CHECK(trusted_recorder.visited == static_cast<Opcode>(i));

    for (size_t length = 0; length < code.size(); ++length) {
      ByteReader cut(std::span<const uint8_t>(code).first(length));
      Recorder nothing;
      CHECK_FALSE(visit_instruction(cut, nothing));
      CHECK(cut.error() == std::string("unexpected end"));
      CHECK_FALSE(nothing.visited.has_value());
    }
  }
}

TEST_CASE("opcodes that no row has are illegal", "[instructions]") {
  std::set<std::pair<uint32_t, uint32_t>> known;
  for (const OpcodeInfo& row : kOpcodes) known.insert({row.prefix, row.code});
  const Bytes zeros(32, 0);
  for (uint32_t code = 0; code <= 0xff; ++code) {
    if (known.count({0, code}) || (code >= 0xfb && code <= 0xfe)) continue;
    CAPTURE(code);
    CHECK_THAT(failure(bytes(Bytes{static_cast<uint8_t>(code)}, zeros)), StartsWith("illegal opcode "));
  }
  for (const uint8_t prefix : {0xfb, 0xfc, 0xfd, 0xfe})
    for (const uint32_t code : {0x14u + 0x12cu, 0x200u, 0xffffu, 0x10000u, 0xffffffffu}) {
      CAPTURE(int{prefix}, code);
      CHECK(known.count({prefix, code}) == 0);
      CHECK_THAT(failure(bytes(Bytes{prefix}, leb_u(code), zeros)), StartsWith("illegal opcode f"));
    }
  CHECK(failure({0xff}) == "illegal opcode ff");
  CHECK(failure({0xf3, 0x00}) == "illegal opcode f3");
  CHECK(failure({0xfc, 0x7f}) == "illegal opcode fc");
}

TEST_CASE("the number after a prefix may be padded, but not overlong", "[instructions]") {
  CHECK(failure({0xfc, 0x87, 0x80, 0x80, 0x80, 0x00}) == "none");
  CHECK(failure({0xfc, 0x87, 0x80, 0x80, 0x80, 0x80, 0x00}) == "integer representation too long");
}

TEST_CASE("a handler that returns false stops without failing the reader", "[instructions]") {
  struct Stopper : Recorder {
    bool nop() { return false; }
  } stopper;
  const Bytes code{0x01};
  ByteReader reader(code);
  CHECK_FALSE(visit_instruction(reader, stopper));
  CHECK_FALSE(reader.failed());
}

TEST_CASE("block types are empty, one value type, or a type index", "[instructions][block]") {
  using imm::BlockType;
  CHECK(read<BlockType>({0x40}).kind == BlockType::Kind::Empty);
  CHECK(read<BlockType>({0x7e}).result == module::kI64);
  CHECK(read<BlockType>({0x63, 0x03}).result == module::ValueType::ref(TypeIndex(3), true));
  CHECK(read<BlockType>({0x05}).type == TypeIndex(5));
  CHECK(read<BlockType>({0xc0, 0x00}).type == TypeIndex(64));
  CHECK(read<BlockType>({0xc0, 0x00}).kind == BlockType::Kind::Type);
  CHECK(read_failure<BlockType>({0xff, 0x7f}) == "malformed block type");
  CHECK(read_failure<BlockType>({0x41}) == "malformed value type");
  CHECK(read_failure<BlockType>(testing::leb_s(1'000'000)) == "unknown type");
}

TEST_CASE("memory arguments carry alignment, memory and a 64-bit offset", "[instructions][i32_load]") {
  const auto plain = read<imm::MemArg32>({0x02, 0x10});
  CHECK(plain.align_log2 == 2);
  CHECK(plain.memory == MemoryIndex(0));
  CHECK(plain.offset == 16);
  const auto other =
      read<imm::MemArg64>({0x43, 0x85, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01});
  CHECK(other.align_log2 == 3);
  CHECK(other.memory == MemoryIndex(5));
  CHECK(other.offset == ~uint64_t{0});
  CHECK(read_failure<imm::MemArg32>({0x80, 0x01, 0x00}) == "malformed memop flags");
  const auto lane = read<imm::MemArgLane16>({0x01, 0x00, 0x07});
  CHECK(lane.lane == 7);
}

TEST_CASE("br_table keeps its labels as bytes that read again", "[instructions][br_table]") {
  const Bytes code{0x02, 0x81, 0x00, 0x02, 0x07};
  ByteReader reader(code);
  const auto table = imm::LabelTable::read(reader);
  CHECK(reader.at_end());
  std::vector<uint32_t> labels;
  table.for_each([&](LabelIndex label) { labels.push_back(label.value); });
  CHECK(labels == std::vector<uint32_t>{1, 2, 7});
  CHECK_THAT(read_failure<imm::LabelTable>(leb_u(65'521)), StartsWith("br_table too large"));
}

TEST_CASE("casts carry two reference types", "[instructions][br_on_cast]") {
  const auto cast = read<imm::BrOnCast>({0x02, 0x09, 0x6e, 0x03});
  CHECK(cast.label == LabelIndex(9));
  CHECK(cast.from == module::ValueType::ref(module::AbstractHeapType::Any, false));
  CHECK(cast.to == module::ValueType::ref(TypeIndex(3), true));
  CHECK(read_failure<imm::BrOnCast>({0x04, 0x09, 0x6e, 0x03}) == "malformed br_on_cast flags");
}

TEST_CASE("heap types are one byte or a type index", "[instructions][ref_null]") {
  CHECK(read<imm::HeapType>({0x74}).type == module::HeapType(module::AbstractHeapType::NoExn));
  CHECK(read<imm::HeapType>({0xff, 0x00}).type == module::HeapType(TypeIndex(127)));
  CHECK(read_failure<imm::HeapType>({0xf0, 0x7f}) == "malformed heap type");
  CHECK(read_failure<imm::HeapType>({0x7f}) == "malformed heap type");
  CHECK(read_failure<imm::HeapType>(testing::leb_s(1'000'000)) == "unknown type");
}

TEST_CASE("try_table lists its catch clauses", "[instructions][try_table]") {
  const auto operand = read<imm::TryTable>({0x40, 0x03, 0x00, 0x05, 0x01, 0x03, 0x03, 0x01, 0x06, 0x00});
  REQUIRE(operand.catches.size() == 3);
  CHECK(operand.catches[0].kind == imm::Catch::Kind::Catch);
  CHECK(operand.catches[0].tag == TagIndex(5));
  CHECK(operand.catches[0].label == LabelIndex(1));
  CHECK(operand.catches[1].kind == imm::Catch::Kind::CatchAllRef);
  CHECK(operand.catches[1].label == LabelIndex(3));
  CHECK(operand.catches[2].kind == imm::Catch::Kind::CatchRef);
  CHECK(read_failure<imm::TryTable>({0x40, 0x01, 0x04, 0x00}) == "malformed catch clause");
  // A count that the bytes cannot hold must not make room first.
  CHECK(read_failure<imm::TryTable>({0x40, 0xff, 0xff, 0xff, 0xff, 0x0f}) == "unexpected end");
}

TEST_CASE("constants keep their bits", "[instructions][i32_const][f64_const]") {
  CHECK(read<imm::I32Const>({0x80, 0x80, 0x80, 0x80, 0x78}).value == INT32_MIN);
  CHECK(read<imm::I64Const>({0x7f}).value == -1);
  CHECK(read<imm::F32Const>({0x01, 0x00, 0xa0, 0x7f}).bits == 0x7fa00001);
  CHECK(read<imm::F64Const>({1, 2, 3, 4, 5, 6, 7, 8}).bits == 0x0807060504030201);
}

}  // namespace wasmrun::instructions
