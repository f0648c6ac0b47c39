// Instructions of the text format to bytes. Visible: BodyParser, BranchHint.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/instructions/visit.h"
#include "engine/text/byte_writer.h"
#include "engine/text/names.h"
#include "engine/text/type_parser.h"

namespace wasmrun::text {

/// A `(@metadata.code.branch_hint)` at an offset of its function's body.
struct BranchHint {
  uint32_t offset;
  uint8_t likely;
};

/// Parses instruction sequences, flat and folded, and writes them in the order in which they run. Nesting lives on a
/// stack of its own, so its depth is bounded by memory only. spec: text-instrs
class BodyParser {
 public:
  /// What the instructions of one function or constant expression may name.
  BodyParser(Cursor& cursor, TypeParser& types, const Names& names, const IndexSpace& locals, ByteWriter& out)
      : cursor_(cursor), types_(types), names_(names), locals_(locals), out_(out) {}

  /// Instructions up to the ")" that encloses them, which stays.
  void parse_sequence();
  /// One folded instruction.
  void parse_folded();

  const std::vector<BranchHint>& branch_hints() const { return hints_; }
  /// Whether an instruction names a data segment: the module then needs a data count section.
  bool names_data() const { return names_data_; }

 private:
  using Opcode = instructions::Opcode;
  template <class Immediate>
  struct Of {};

  // What stands open. The `After` states wait for the next part of a folded instruction, or for its ")".
  enum class Open : uint8_t {
    FlatBlock,
    FlatIf,
    FlatElse,
    FlatTry,
    FlatCatch,
    FlatCatchAll,
    Folded,
    FoldedBlock,
    FoldedCondition,
    FoldedThen,
    FoldedAfterThen,
    FoldedElse,
    FoldedAfterElse,
    FoldedTry,
    FoldedDo,
    FoldedAfterDo,
    FoldedCatch,
    FoldedAfterCatch,
    FoldedCatchAll,
    FoldedAfterCatchAll,
    FoldedDelegated,
  };
  struct Frame {
    Open open;
    bool has_label = false;  // whether `label` is pushed
    std::string_view label;  // empty: the label has no name
    size_t pending = 0;      // Folded, FoldedCondition: where its bytes begin in pending_
    std::optional<uint8_t> hint;
  };

  void run(bool one_folded);
  void close();
  void open_folded();
  void fold_plain(Opcode opcode);
  void flat_instruction();
  static bool is_flat(Open open);
  bool takes_instructions() const;
  bool takes_flat_instructions() const;
  bool open_part_of_if(Frame& frame);
  bool open_part_of_try(Frame& frame);

  void begin_block(Opcode opcode, Open open);
  void begin_try_table(Open open);
  void begin_folded_if();
  void end_flat();
  void flat_else();
  void flat_catch(Opcode opcode);
  void flat_delegate();
  void write_delegate();
  void write_catch();
  void expect_same_label(const Frame& frame);

  std::string_view take_label_name();
  void push_label(Frame& frame, std::string_view name);
  void pop_label(Frame& frame);
  uint32_t parse_label();

  void take_hints();
  void write_opcode(Opcode opcode) { write_opcode(opcode, take_hint(opcode)); }
  void write_opcode(Opcode opcode, std::optional<uint8_t> hint);
  std::optional<uint8_t> take_hint(Opcode opcode);

  // One function for each immediate: writes the opcode and what follows it. None is missing, or a row does not compile.
  void parse(Opcode opcode, Of<instructions::imm::None>) { write_opcode(opcode); }
  void parse(Opcode opcode, Of<instructions::imm::BlockType>) { begin_block(opcode, Open::FlatBlock); }
  void parse(Opcode, Of<instructions::imm::TryTable>) { begin_try_table(Open::FlatBlock); }
  void parse(Opcode opcode, Of<instructions::imm::LabelIndex>);
  void parse(Opcode opcode, Of<instructions::imm::FuncIndex>) { parse_one(opcode, names_.functions); }
  void parse(Opcode opcode, Of<instructions::imm::TypeIndex>) { parse_one(opcode, names_.types); }
  void parse(Opcode opcode, Of<instructions::imm::LocalIndex>) { parse_one(opcode, locals_); }
  void parse(Opcode opcode, Of<instructions::imm::GlobalIndex>) { parse_one(opcode, names_.globals); }
  void parse(Opcode opcode, Of<instructions::imm::TagIndex>) { parse_one(opcode, names_.tags); }
  void parse(Opcode opcode, Of<instructions::imm::DataIndex>) {
    names_data_ = true;
    parse_one(opcode, names_.datas);
  }
  void parse(Opcode opcode, Of<instructions::imm::ElemIndex>) { parse_one(opcode, names_.elems); }
  void parse(Opcode opcode, Of<instructions::imm::TableIndex>) { parse_optional(opcode, names_.tables); }
  void parse(Opcode opcode, Of<instructions::imm::MemoryIndex>) { parse_optional(opcode, names_.memories); }
  void parse(Opcode opcode, Of<instructions::imm::CallIndirect>);
  void parse(Opcode opcode, Of<instructions::imm::TypeField>);
  void parse(Opcode opcode, Of<instructions::imm::TypeData>) {
    names_data_ = true;
    parse_two(opcode, names_.types, names_.datas);
  }
  void parse(Opcode opcode, Of<instructions::imm::TypeElem>) { parse_two(opcode, names_.types, names_.elems); }
  void parse(Opcode opcode, Of<instructions::imm::TypePair>) { parse_two(opcode, names_.types, names_.types); }
  void parse(Opcode opcode, Of<instructions::imm::DataMemory>) {
    names_data_ = true;
    parse_segment(opcode, names_.memories, names_.datas);
  }
  void parse(Opcode opcode, Of<instructions::imm::ElemTable>) { parse_segment(opcode, names_.tables, names_.elems); }
  void parse(Opcode opcode, Of<instructions::imm::MemoryPair>) { parse_both_or_none(opcode, names_.memories); }
  void parse(Opcode opcode, Of<instructions::imm::TablePair>) { parse_both_or_none(opcode, names_.tables); }
  void parse(Opcode opcode, Of<instructions::imm::TypeCount>);
  void parse(Opcode opcode, Of<instructions::imm::LabelTable>);
  template <uint32_t kBits>
  void parse(Opcode opcode, Of<instructions::imm::MemArgOf<kBits>>) {
    write_opcode(opcode);
    parse_mem_arg(kBits / 8, at_index(cursor_));
  }
  template <uint32_t kBits>
  void parse(Opcode opcode, Of<instructions::imm::AtomicMemArgOf<kBits>>) {
    write_opcode(opcode);
    parse_mem_arg(kBits / 8, at_index(cursor_));
  }
  void parse(Opcode opcode, Of<instructions::imm::ZeroByte>) {
    write_opcode(opcode);
    out_.u8(0);
  }
  template <uint32_t kBits>
  void parse(Opcode opcode, Of<instructions::imm::MemArgLaneOf<kBits>>) {
    write_opcode(opcode);
    parse_mem_arg_and_lane(kBits / 8);
  }
  template <uint32_t kLanes>
  void parse(Opcode opcode, Of<instructions::imm::LaneIndexOf<kLanes>>) {
    write_opcode(opcode);
    parse_lane();
  }
  void parse(Opcode opcode, Of<instructions::imm::V128Const>);
  void parse(Opcode opcode, Of<instructions::imm::Shuffle>);
  void parse(Opcode opcode, Of<instructions::imm::I32Const>);
  void parse(Opcode opcode, Of<instructions::imm::I64Const>);
  void parse(Opcode opcode, Of<instructions::imm::F32Const>);
  void parse(Opcode opcode, Of<instructions::imm::F64Const>);
  void parse(Opcode opcode, Of<instructions::imm::HeapType>);
  void parse(Opcode opcode, Of<instructions::imm::SelectTypes>);
  void parse(Opcode opcode, Of<instructions::imm::BrOnCast>);

  void parse_one(Opcode opcode, const IndexSpace& space);
  void parse_optional(Opcode opcode, const IndexSpace& space);
  void parse_two(Opcode opcode, const IndexSpace& first, const IndexSpace& second);
  void parse_segment(Opcode opcode, const IndexSpace& target, const IndexSpace& segments);
  void parse_both_or_none(Opcode opcode, const IndexSpace& space);
  void parse_mem_arg(uint32_t natural_bytes, bool has_memory);
  void parse_mem_arg_and_lane(uint32_t natural_bytes);
  void parse_lane();
  void plain_instruction(Opcode opcode);

  Cursor& cursor_;
  TypeParser& types_;
  const Names& names_;
  const IndexSpace& locals_;
  ByteWriter& out_;

  std::vector<Frame> frames_;
  std::vector<uint8_t> pending_;  // folded instructions wait here until their operands are written
  // Depths (from the outside) of the labels of each name, the innermost last.
  std::unordered_map<std::string_view, std::vector<uint32_t>> labels_;
  uint32_t label_depth_ = 0;

  std::optional<uint8_t> next_hint_;
  Token hint_place_;
  std::vector<BranchHint> hints_;
  bool names_data_ = false;
};

/// Reads the shape and lanes of a v128 constant ("i32x4 1 2 3 4"); the cursor stands at the shape. spec:
/// text-v128.const
std::array<uint8_t, 16> parse_v128(Cursor& cursor);

}  // namespace wasmrun::text
