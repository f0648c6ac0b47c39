// Prints instructions: a visitor of all rows, and one function for each immediate.
#include <bit>
#include <cstring>
#include <optional>

#include "engine/instructions/visit.h"
#include "engine/text/printer.h"

namespace wasmrun::text {
namespace {

using instructions::Opcode;
namespace imm = instructions::imm;

/// The shortest decimal that is read back to the same float; a NaN keeps its payload. spec: text-float
template <class Float, class Bits>
void print_float(Printer& out, Bits bits) {
  constexpr int kFraction = sizeof(Float) == 4 ? 23 : 52;
  constexpr Bits kSign = Bits{1} << (sizeof(Float) * 8 - 1);
  constexpr Bits kFractionMask = (Bits{1} << kFraction) - 1;
  constexpr Bits kExponent = ~(kSign | kFractionMask);
  if ((bits & kExponent) == kExponent) {
    if (bits & kSign) out << '-';
    const Bits payload = bits & kFractionMask;
    if (payload == 0) {
      out << "inf";
    } else if (payload == Bits{1} << (kFraction - 1)) {
      out << "nan";
    } else {
      char digits[16];
      const auto end = std::to_chars(digits, digits + sizeof digits, payload, 16);
      out << "nan:0x" << std::string_view(digits, end.ptr);
    }
    return;
  }
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, std::bit_cast<Float>(bits));
  out << std::string_view(digits, end.ptr);
}

class BodyPrinter {
 public:
  BodyPrinter(Printer& out, const Identifiers& locals, bool on_one_line) : out_(out), locals_(locals), on_one_line_(on_one_line) {}

  /// Prints up to the `end` that closes the sequence, which must be the last byte.
  Result<void> run(ByteReader& reader) {
    while (!ended_) {
      const uint64_t start = reader.offset();
      if (reader.at_end()) return Error{ErrorKind::Malformed, "unexpected end", start};
      if (!instructions::visit_instruction(reader, *this)) {
        if (reader.failed()) return Error{ErrorKind::Malformed, reader.error(), reader.error_offset()};
        return Error{ErrorKind::Invalid, problem_, start};
      }
    }
    if (!reader.at_end()) return Error{ErrorKind::Malformed, "END opcode expected", reader.offset()};
    return {};
  }

#define OP(name, ...)                          \
  template <class... Immediate>                \
  bool name(const Immediate&... immediate) {   \
    return print(Opcode::name, immediate...);  \
  }
#define OP_RULE OP
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE

 private:
  template <class... Immediate>
  bool print(Opcode opcode, const Immediate&... immediate) {
    const bool closes = opcode == Opcode::end || opcode == Opcode::delegate;
    const bool divides = opcode == Opcode::else_ || opcode == Opcode::catch_ || opcode == Opcode::catch_all;
    if (depth_ == 0 && (closes || divides)) {
      ended_ = opcode == Opcode::end;
      if (!ended_) problem_ = "unexpected token: it belongs to a block";
      return ended_;
    }
    if (closes) --depth_;
    if (on_one_line_) {
      out_ << ' ';
    } else {
      out_.line(2 + depth_ - divides);
    }
    out_ << instructions::opcode_info(opcode).text;
    opcode_ = opcode;
    (operand(immediate), ...);
    if (opcode == Opcode::block || opcode == Opcode::loop || opcode == Opcode::if_ || opcode == Opcode::try_ ||
        opcode == Opcode::try_table) {
      ++depth_;
    }
    return problem_ == nullptr;
  }

  void operand(const imm::BlockType& type) {
    switch (type.kind) {
      case imm::BlockType::Kind::Empty: return;
      case imm::BlockType::Kind::Result: out_ << " (result " << module::to_string(type.result) << ')'; return;
      case imm::BlockType::Kind::Type: out_ << " (type ", out_.number(type.type.value) << ')'; return;
    }
  }
  void operand(const imm::TryTable& table) {
    operand(table.type);
    for (const imm::Catch& handler : table.catches) {
      switch (handler.kind) {
        case imm::Catch::Kind::Catch: out_ << " (catch", out_.index(out_.tags, handler.tag.value); break;
        case imm::Catch::Kind::CatchRef: out_ << " (catch_ref", out_.index(out_.tags, handler.tag.value); break;
        case imm::Catch::Kind::CatchAll: out_ << " (catch_all"; break;
        case imm::Catch::Kind::CatchAllRef: out_ << " (catch_all_ref"; break;
      }
      (out_ << ' ').number(handler.label.value) << ')';
    }
  }
  void operand(const imm::LabelIndex& label) { (out_ << ' ').number(label.index.value); }
  void operand(const imm::FuncIndex& function) { out_.index(out_.functions, function.index.value); }
  void operand(const imm::TypeIndex& type) { (out_ << ' ').number(type.index.value); }
  void operand(const imm::LocalIndex& local) { out_.index(locals_, local.index.value); }
  void operand(const imm::GlobalIndex& global) { out_.index(out_.globals, global.index.value); }
  void operand(const imm::TagIndex& tag) { out_.index(out_.tags, tag.index.value); }
  void operand(const imm::DataIndex& data) { out_.index(out_.datas, data.index.value); }
  void operand(const imm::ElemIndex& elem) { out_.index(out_.elems, elem.index.value); }
  void operand(const imm::TableIndex& table) { unless_first(out_.tables, table.index.value); }
  void operand(const imm::MemoryIndex& memory) { unless_first(out_.memories, memory.index.value); }
  void operand(const imm::CallIndirect& call) {
    unless_first(out_.tables, call.second.value);
    (out_ << " (type ").number(call.first.value) << ')';
  }
  void operand(const imm::TypeField& pair) { two_numbers(pair.first.value, pair.second.value); }
  void operand(const imm::TypePair& pair) { two_numbers(pair.first.value, pair.second.value); }
  void operand(const imm::TypeCount& pair) { two_numbers(pair.type.value, pair.count); }
  void operand(const imm::TypeData& pair) {
    (out_ << ' ').number(pair.first.value).index(out_.datas, pair.second.value);
  }
  void operand(const imm::TypeElem& pair) {
    (out_ << ' ').number(pair.first.value).index(out_.elems, pair.second.value);
  }
  // The binary format has the segment first, the text format the memory or table.
  void operand(const imm::DataMemory& pair) {
    unless_first(out_.memories, pair.second.value);
    out_.index(out_.datas, pair.first.value);
  }
  void operand(const imm::ElemTable& pair) {
    unless_first(out_.tables, pair.second.value);
    out_.index(out_.elems, pair.first.value);
  }
  void operand(const imm::MemoryPair& pair) { both_or_none(out_.memories, pair.first.value, pair.second.value); }
  void operand(const imm::TablePair& pair) { both_or_none(out_.tables, pair.first.value, pair.second.value); }
  void operand(const imm::LabelTable& table) {
    table.for_each([&](LabelIndex label) { (out_ << ' ').number(label.value); });
  }
  template <uint32_t kBits>
  void operand(const imm::MemArgOf<kBits>& arg) { mem_arg(arg, kBits / 8); }
  template <uint32_t kBits>
  void operand(const imm::AtomicMemArgOf<kBits>& arg) { mem_arg(arg, kBits / 8); }
  template <uint32_t kBits>
  void operand(const imm::MemArgLaneOf<kBits>& arg) {
    mem_arg(arg, kBits / 8);
    (out_ << ' ').number(arg.lane);
  }
  template <uint32_t kLanes>
  void operand(const imm::LaneIndexOf<kLanes>& lane) { (out_ << ' ').number(lane.lane); }
  void operand(const imm::ZeroByte&) {}
  void operand(const imm::V128Const& constant) {
    out_ << " i32x4";
    for (size_t lane = 0; lane < 4; ++lane) {
      uint32_t bits = 0;
      std::memcpy(&bits, constant.bytes.data() + 4 * lane, sizeof bits);
      char digits[8];
      const auto end = std::to_chars(digits, digits + sizeof digits, bits, 16);
      out_ << " 0x" << std::string_view(digits, end.ptr);
    }
  }
  void operand(const imm::Shuffle& shuffle) {
    for (const uint8_t lane : shuffle.lanes) (out_ << ' ').number(lane);
  }
  void operand(const imm::I32Const& constant) { (out_ << ' ').signed_number(constant.value); }
  void operand(const imm::I64Const& constant) { (out_ << ' ').signed_number(constant.value); }
  void operand(const imm::F32Const& constant) { print_float<float>(out_ << ' ', constant.bits); }
  void operand(const imm::F64Const& constant) { print_float<double>(out_ << ' ', constant.bits); }
  void operand(const imm::HeapType& type) {
    if (opcode_ == Opcode::ref_null) {
      out_ << ' ' << module::to_string(type.type);
    } else {
      const bool nullable = opcode_ == Opcode::ref_test_null || opcode_ == Opcode::ref_cast_null ||
                            opcode_ == Opcode::ref_cast_desc_eq_null;
      out_ << ' ' << module::to_string(module::ValueType::ref(type.type, nullable));
    }
  }
  void operand(const imm::SelectTypes& types) {
    if (types.count > 1) problem_ = "invalid result arity";
    out_ << (types.count == 0 ? " (result" : " (result " + module::to_string(types.first)) << ')';
  }
  void operand(const imm::BrOnCast& cast) {
    (out_ << ' ').number(cast.label.value) << ' ' << module::to_string(cast.from) << ' ' << module::to_string(cast.to);
  }

  void unless_first(const Identifiers& space, uint32_t index) {
    if (index != 0) out_.index(space, index);
  }
  void two_numbers(uint32_t first, uint32_t second) {
    (out_ << ' ').number(first) << ' ';
    out_.number(second);
  }
  void both_or_none(const Identifiers& space, uint32_t first, uint32_t second) {
    if (first != 0 || second != 0) out_.index(space, first).index(space, second);
  }
  void mem_arg(const imm::MemArg& arg, uint32_t natural_bytes) {
    unless_first(out_.memories, arg.memory.value);
    if (arg.offset != 0) (out_ << " offset=").number(arg.offset);
    if (arg.align_log2 >= 64 || uint64_t{1} << arg.align_log2 != natural_bytes) {
      if (arg.align_log2 >= 64) problem_ = "alignment must not be larger than natural";
      (out_ << " align=").number(uint64_t{1} << (arg.align_log2 & 63));
    }
  }

  Printer& out_;
  const Identifiers& locals_;
  bool on_one_line_;
  size_t depth_ = 0;
  bool ended_ = false;
  Opcode opcode_ = Opcode::nop;
  const char* problem_ = nullptr;
};

}  // namespace

Result<void> print_const_expr(Printer& printer, module::ConstExpr range) {
  static const Identifiers kNoLocals;
  ByteReader reader(printer.module.view(range), range.begin);
  return BodyPrinter(printer, kNoLocals, true).run(reader);
}

Result<void> print_body(Printer& printer, FuncIndex function) {
  const module::ByteRange range = printer.module.functions[function.value].body;
  ByteReader reader(printer.module.view(range), range.begin);
  const auto found = printer.names.locals.find(function.value);
  module::NameSection::Names names;
  if (found != printer.names.locals.end()) names.insert(found->second.begin(), found->second.end());
  const Identifiers locals(names);

  const uint32_t runs = reader.read_u32();
  auto local = static_cast<uint32_t>(printer.module.func_type(function).params.size());
  std::optional<module::ValueType> open;  // of the "(local" that is not closed: neighbouring runs of one type are one
  const auto close = [&] {
    if (open) printer << ')';
    open.reset();
  };
  for (uint32_t i = 0; i < runs && !reader.failed(); ++i) {
    const uint32_t count = reader.read_u32();
    const module::ValueType type = instructions::read_value_type(reader);
    if (reader.failed()) break;
    for (uint32_t j = 0; j < count; ++j, ++local) {
      if (!names.empty() || open != type) {
        close();
        printer.line(2) << "(local";
        open = type;
      }
      if (const std::string* id = locals.find(local)) printer << ' ' << *id;
      printer << ' ' << module::to_string(type);
    }
  }
  close();
  if (reader.failed()) return Error{ErrorKind::Malformed, reader.error(), reader.error_offset()};
  return BodyPrinter(printer, locals, false).run(reader);
}

}  // namespace wasmrun::text
