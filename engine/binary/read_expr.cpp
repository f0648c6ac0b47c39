// Finds the end of an expression without a stack of any kind. What may stand in it is for validation to say.
#include "engine/binary/decoder.h"
#include "engine/instructions/visit.h"

namespace wasmrun::binary {
namespace {

namespace imm = instructions::imm;

/// A handler for each row. All do nothing but those that open or close a block, and ref.func.
class ExprScanner {
 public:
  explicit ExprScanner(std::vector<FuncIndex>& functions) : functions_(functions) {}

  /// Open blocks, the expression itself included; 0 once its `end` has been read.
  uint32_t depth() const { return depth_; }

  void block(const imm::BlockType&) { ++depth_; }
  void loop(const imm::BlockType&) { ++depth_; }
  void if_(const imm::BlockType&) { ++depth_; }
  void try_(const imm::BlockType&) { ++depth_; }
  void try_table(const imm::TryTable&) { ++depth_; }
  void end() { --depth_; }
  // Neither of these can end the expression itself, which is when its `end` is missing.
  bool delegate(const imm::LabelIndex&) { return depth_ > 1 && depth_-- != 0; }
  bool else_() { return depth_ > 1; }
  void ref_func(const imm::FuncIndex& operand) { functions_.push_back(operand.index); }

  // The handlers above win where they fit exactly; so none of them is const.
#define OP(name, ...)         \
  template <class... Operand> \
  void name(const Operand&...) {}
#define OP_RULE OP
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE

 private:
  std::vector<FuncIndex>& functions_;
  uint32_t depth_ = 1;
};

}  // namespace

void pass_over_expr(ByteReader& reader, std::vector<FuncIndex>& functions) {
  ExprScanner scanner(functions);
  while (scanner.depth() > 0) {
    const uint64_t start = reader.offset();
    if (instructions::visit_instruction(reader, scanner)) continue;
    return reader.fail("END opcode expected", start);
  }
}

Result<module::ConstExpr> read_const_expr(Section& section) {
  const uint64_t begin = section.reader.offset();
  pass_over_expr(section.reader, section.decoder.functions_in_consts);
  TRY(section.check());
  return module::ConstExpr{begin, section.reader.offset()};
}

}  // namespace wasmrun::binary
