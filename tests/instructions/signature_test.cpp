#include "engine/instructions/signature.h"

#include <string>

#include "tests/support/catch.h"

namespace wasmrun::instructions {
namespace {

const char* name(SigType type) {
  switch (type) {
    case SigType::I32: return "i32";
    case SigType::I64: return "i64";
    case SigType::F32: return "f32";
    case SigType::F64: return "f64";
    case SigType::V128: return "v128";
    case SigType::Addr: return "addr";
    case SigType::EqRef: return "eqref";
    case SigType::ArrayRef: return "arrayref";
    case SigType::I31Ref: return "i31ref";
  }
  return "";
}

}  // namespace

TEST_CASE("each parsed signature prints as its row states it", "[instructions]") {
  size_t fixed = 0;
  for (size_t i = 0; i < std::size(kOpcodes); ++i) {
    const Signature& parsed = signature(static_cast<Opcode>(i));
    std::string text;
    for (const SigType type : parsed.operand_types()) text += name(type) + std::string(" ");
    text += "->";
    for (const SigType type : parsed.result_types()) text += std::string(" ") + name(type);
    CAPTURE(kOpcodes[i].text);
    CHECK((parsed.is_fixed ? text : "") == kOpcodes[i].signature);
    fixed += parsed.is_fixed;
  }
  CHECK(fixed > 400);
}

TEST_CASE("rows without a fixed signature have no operands to offer", "[instructions][br_if]") {
  CHECK_FALSE(signature(Opcode::br_if).is_fixed);
  CHECK(signature(Opcode::br_if).operand_types().empty());
  CHECK(signature(Opcode::nop).is_fixed);
}

}  // namespace wasmrun::instructions
