// Evaluates constant expressions; the bytes are decoded by visit_instruction like function bodies.
#include "engine/runtime/const_expr.h"

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "engine/instructions/visit.h"
#include "engine/runtime/instance.h"

namespace wasmrun::runtime {
namespace {

using instructions::Opcode;
namespace imm = instructions::imm;

// Every instruction that Evaluator does not hide by a handler of its own.
struct OtherInstructions {
  std::optional<Opcode> unsupported;

  bool refuse(Opcode opcode) {
    unsupported = opcode;
    return false;
  }
#define OP(name, ...)             \
  template <class... Immediate>   \
  bool name(const Immediate&...) { \
    return refuse(Opcode::name);  \
  }
#define OP_RULE(name, ...) OP(name)
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE
};

struct Evaluator : OtherInstructions {
  // Without an instance the expression is only walked.
  const Instance* instance = nullptr;
  std::vector<abi::Slot> stack;

  void push(uint64_t low, uint64_t high = 0) { stack.push_back({low, high}); }
  uint64_t pop() {
    const uint64_t value = stack.back().low;
    stack.pop_back();
    return value;
  }
  template <class F>
  void binary(F f) {
    const uint64_t b = pop();
    const uint64_t a = pop();
    push(f(a, b));
  }

  void i32_const(imm::I32Const c) { push(static_cast<uint32_t>(c.value)); }
  void i64_const(imm::I64Const c) { push(static_cast<uint64_t>(c.value)); }
  void f32_const(imm::F32Const c) { push(c.bits); }
  void f64_const(imm::F64Const c) { push(c.bits); }
  void v128_const(const imm::V128Const& c) {
    abi::Slot slot;
    std::memcpy(&slot, c.bytes.data(), sizeof slot);
    stack.push_back(slot);
  }
  void ref_null(const imm::HeapType&) { push(0); }
  void ref_func(imm::FuncIndex f) { push(instance ? instance->function_reference(f.index) : 0); }
  void global_get(imm::GlobalIndex g) { stack.push_back(instance ? *instance->global(g.index.value).cell : abi::Slot{}); }

  void i32_add() { binary([](uint64_t a, uint64_t b) { return uint64_t{static_cast<uint32_t>(a + b)}; }); }
  void i32_sub() { binary([](uint64_t a, uint64_t b) { return uint64_t{static_cast<uint32_t>(a - b)}; }); }
  void i32_mul() { binary([](uint64_t a, uint64_t b) { return uint64_t{static_cast<uint32_t>(a * b)}; }); }
  void i64_add() { binary([](uint64_t a, uint64_t b) { return a + b; }); }
  void i64_sub() { binary([](uint64_t a, uint64_t b) { return a - b; }); }
  void i64_mul() { binary([](uint64_t a, uint64_t b) { return a * b; }); }

  bool end() { return false; }
};

Result<void> check_supported(const module::Module& module, module::ConstExpr expression) {
  TrustedReader reader(module.view(expression), expression.begin);
  Evaluator evaluator;
  uint64_t offset = reader.offset();
  while (instructions::visit_instruction(reader, evaluator)) offset = reader.offset();
  if (!evaluator.unsupported) return {};
  return Error{ErrorKind::Unsupported,
               std::string("not supported yet: ") + instructions::opcode_info(*evaluator.unsupported).text, offset};
}

}  // namespace

abi::Slot evaluate(const Instance& instance, module::ConstExpr expression) {
  TrustedReader reader(instance.module().view(expression), expression.begin);
  Evaluator evaluator;
  evaluator.instance = &instance;
  while (instructions::visit_instruction(reader, evaluator)) {
  }
  CHECK(!evaluator.unsupported && evaluator.stack.size() == 1);
  return evaluator.stack.back();
}

Result<void> check_const_exprs_supported(const module::Module& module) {
  for (size_t i = module.imported_globals; i < module.globals.size(); ++i) {
    TRY(check_supported(module, module.globals[i].init));
  }
  for (const module::Table& table : module.tables) {
    if (table.init) TRY(check_supported(module, *table.init));
  }
  for (const module::ElemSegment& segment : module.elems) {
    if (segment.mode == module::SegmentMode::Active) TRY(check_supported(module, segment.offset_expr));
    for (const module::ConstExpr item : segment.expressions) TRY(check_supported(module, item));
  }
  for (const module::DataSegment& segment : module.datas) {
    if (segment.mode == module::SegmentMode::Active) TRY(check_supported(module, segment.offset_expr));
  }
  return {};
}

}  // namespace wasmrun::runtime
