// Constant expressions: the rules of bodies, for the few instructions that are constant. Visible inside validate/:
// check_constant. spec: valid-constant
#include "engine/validate/body.h"

namespace wasmrun::validate {

namespace {

constexpr bool is_constant(Opcode opcode) {
  switch (opcode) {
    case Opcode::end:
    case Opcode::i32_const:
    case Opcode::i64_const:
    case Opcode::f32_const:
    case Opcode::f64_const:
    case Opcode::v128_const:
    case Opcode::i32_add:
    case Opcode::i32_sub:
    case Opcode::i32_mul:
    case Opcode::i64_add:
    case Opcode::i64_sub:
    case Opcode::i64_mul:
    case Opcode::global_get:
    case Opcode::ref_null:
    case Opcode::ref_func:
    case Opcode::ref_i31:
    case Opcode::struct_new:
    case Opcode::struct_new_default:
    case Opcode::struct_new_desc:
    case Opcode::struct_new_default_desc:
    case Opcode::array_new:
    case Opcode::array_new_default:
    case Opcode::array_new_fixed:
    case Opcode::any_convert_extern:
    case Opcode::extern_convert_any: return true;
    default: return false;  // A list of the few: every other row, and every new one, is not constant.
  }
}

/// Hands constant instructions to the body and refuses the others.
struct ConstantVisitor {
  Body& body;
#define OP(name, immediate_text, prefix, code, ...)                                                     \
  template <class... Immediate>                                                                         \
  bool name(const Immediate&... immediate) {                                                            \
    if constexpr (is_constant(Opcode::name)) {                                                          \
      return body.name(immediate...);                                                                   \
    } else {                                                                                            \
      return body.fail(std::string("constant expression required: ") + opcode_info(Opcode::name).text + \
                       " is not constant");                                                             \
    }                                                                                                   \
  }
#define OP_RULE OP
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
};

}  // namespace

bool Body::begin_constant(ValueType result, uint32_t visible_globals, uint64_t size) {
  error_.reset();
  work_left_ = 100'000 + 16 * static_cast<int64_t>(size);
  is_constant_ = true;
  visible_globals_ = visible_globals;
  frames_.clear();
  set_locals_.clear();
  top_ = base_ = high_ = stack_.get();
  Frame frame;
  frame.kind = Frame::Kind::Function;
  frame.single_result = result;
  frame.has_single_result = true;
  return push_frame(frame, {});
}

Result<void> check_constant(Body& body, const module::Module& module, module::ConstExpr expression, ValueType type,
                            uint32_t visible_globals) {
  ByteReader reader(module.view(expression), expression.begin);
  ConstantVisitor visitor{body};
  if (!body.begin_constant(type, visible_globals, expression.size()) || !body.run(reader, visitor))
    return body.take_error();
  if (!reader.at_end())
    return Error{ErrorKind::Malformed, "section size mismatch: bytes after the expression's end", reader.offset()};
  return {};
}

}  // namespace wasmrun::validate
