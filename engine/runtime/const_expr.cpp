// Evaluates constant expressions; the bytes are decoded by visit_instruction like function bodies.
#include "engine/runtime/const_expr.h"

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "engine/instructions/visit.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/references.h"

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
  Instance* instance = nullptr;
  TemporaryRoots* roots = nullptr;
  std::vector<abi::Slot> stack;
  bool heap_is_full = false;
  bool null_descriptor = false;

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
  void ref_func(imm::FuncIndex f) { push(instance->function_reference(f.index)); }
  void global_get(imm::GlobalIndex g) { stack.push_back(*instance->global(g.index.value).cell); }

  void i32_add() { binary([](uint64_t a, uint64_t b) { return uint64_t{static_cast<uint32_t>(a + b)}; }); }
  void i32_sub() { binary([](uint64_t a, uint64_t b) { return uint64_t{static_cast<uint32_t>(a - b)}; }); }
  void i32_mul() { binary([](uint64_t a, uint64_t b) { return uint64_t{static_cast<uint32_t>(a * b)}; }); }
  void i64_add() { binary([](uint64_t a, uint64_t b) { return a + b; }); }
  void i64_sub() { binary([](uint64_t a, uint64_t b) { return a - b; }); }
  void i64_mul() { binary([](uint64_t a, uint64_t b) { return a * b; }); }

  // Objects.

  const module::Module& module() const { return instance->module(); }
  bool push_object(gc::Reference object) {
    heap_is_full = object == 0;
    if (object) roots->add(object);
    push(object);
    return object != 0;
  }
  /// Pops the values of `count` fields into the object; `layout(i)` is field i's.
  template <class F>
  void pop_fields(gc::Reference object, size_t count, F layout) {
    for (size_t i = count; i-- > 0;) {
      const abi::FieldLayout field = layout(i);
      store_field(instance->store().heap().address(object) + field.offset, field, stack[stack.size() - count + i]);
    }
    stack.resize(stack.size() - count);
  }
  bool struct_new_desc(imm::TypeIndex type) { return with_descriptor(type, [&] { return struct_new(type); }); }
  bool struct_new_default_desc(imm::TypeIndex type) {
    return with_descriptor(type, [&] { return struct_new_default(type); });
  }
  /// `make` makes the struct; its descriptor lies on top of the stack.
  template <class Make>
  bool with_descriptor(imm::TypeIndex type, Make make) {
    const auto descriptor = static_cast<uint32_t>(pop());
    if (descriptor == 0) {
      null_descriptor = true;
      return false;
    }
    if (!make()) return false;
    const uint32_t offset = instance->loaded().objects.descriptor_offset(type.index);
    std::memcpy(instance->store().heap().address(static_cast<gc::Reference>(stack.back().low)) + offset, &descriptor,
                sizeof descriptor);
    return true;
  }
  bool struct_new(imm::TypeIndex type) {
    const gc::Reference object = instance->store().heap().allocate_struct(instance->type_tag(type.index));
    if (object) {
      const abi::ObjectLayouts& layouts = instance->loaded().objects;
      pop_fields(object, module().types[type.index.value].fields.size(),
                 [&](size_t i) { return layouts.field(type.index, static_cast<uint32_t>(i)); });
    }
    return push_object(object);
  }
  bool struct_new_default(imm::TypeIndex type) {
    return push_object(instance->store().heap().allocate_struct(instance->type_tag(type.index)));
  }
  bool new_array(TypeIndex type, uint32_t length) {
    return push_object(instance->store().heap().allocate_array(instance->type_tag(type), length));
  }
  abi::FieldLayout element(TypeIndex type, size_t i) {
    abi::FieldLayout layout = instance->loaded().objects.element(type);
    layout.offset += static_cast<uint32_t>(i << layout.size_log2);
    return layout;
  }
  bool array_new(imm::TypeIndex type) {
    const auto length = static_cast<uint32_t>(pop());
    const abi::Slot value = stack.back();
    stack.pop_back();
    if (!new_array(type.index, length)) return false;
    const auto object = static_cast<gc::Reference>(stack.back().low);
    for (size_t i = 0; i < length; ++i) {
      const abi::FieldLayout field = element(type.index, i);
      store_field(instance->store().heap().address(object) + field.offset, field, value);
    }
    return true;
  }
  bool array_new_default(imm::TypeIndex type) {
    return new_array(type.index, static_cast<uint32_t>(pop()));
  }
  bool array_new_fixed(imm::TypeCount type) {
    const gc::Reference object = instance->store().heap().allocate_array(instance->type_tag(type.type), type.count);
    if (object) pop_fields(object, type.count, [&](size_t i) { return element(type.type, i); });
    return push_object(object);
  }
  void ref_i31() { push(abi::i31_reference(static_cast<uint32_t>(pop()))); }
  void any_convert_extern() {}
  void extern_convert_any() {}

  bool end() { return false; }
};

// Passes over what Evaluator knows.
struct Checker : OtherInstructions {
#define KNOWN(name)              \
  template <class... Immediate>  \
  void name(const Immediate&...) {}
  KNOWN(i32_const) KNOWN(i64_const) KNOWN(f32_const) KNOWN(f64_const) KNOWN(v128_const)
  KNOWN(i32_add) KNOWN(i32_sub) KNOWN(i32_mul) KNOWN(i64_add) KNOWN(i64_sub) KNOWN(i64_mul)
  KNOWN(ref_null) KNOWN(ref_func) KNOWN(global_get) KNOWN(ref_i31) KNOWN(any_convert_extern) KNOWN(extern_convert_any)
  KNOWN(struct_new_desc) KNOWN(struct_new_default_desc)
  KNOWN(struct_new) KNOWN(struct_new_default) KNOWN(array_new) KNOWN(array_new_default) KNOWN(array_new_fixed)
#undef KNOWN
  bool end() { return false; }
};

Result<void> check_supported(const module::Module& module, module::ConstExpr expression) {
  TrustedReader reader(module.view(expression), expression.begin);
  Checker evaluator;
  uint64_t offset = reader.offset();
  while (instructions::visit_instruction(reader, evaluator)) offset = reader.offset();
  if (!evaluator.unsupported) return {};
  return Error{ErrorKind::Unsupported,
               std::string("not supported yet: ") + instructions::opcode_info(*evaluator.unsupported).text, offset};
}

}  // namespace

std::optional<abi::Slot> evaluate(Instance& instance, module::ConstExpr expression, abi::TrapCode& trap) {
  TrustedReader reader(instance.module().view(expression), expression.begin);
  Evaluator evaluator;
  TemporaryRoots roots(instance.store());
  evaluator.instance = &instance;
  evaluator.roots = &roots;
  while (instructions::visit_instruction(reader, evaluator)) {
  }
  if (evaluator.heap_is_full || evaluator.null_descriptor) {
    trap = evaluator.heap_is_full ? abi::TrapCode::gc_heap_exhausted : abi::TrapCode::null_descriptor_reference;
    return std::nullopt;
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
