// Rules of references: null, function references, tests and casts, conversions. spec: valid-instr-ref
#include "engine/validate/body.h"

namespace wasmrun::validate {

using module::AbstractHeapType;
using module::kI32;

AbstractHeapType top_of(const module::Module& module, module::HeapType type) {
  if (type.is_index())
    return module.types[type.index().value].kind == module::SubType::Kind::Func ? AbstractHeapType::Func
                                                                                : AbstractHeapType::Any;
  switch (type.abstract()) {
    case AbstractHeapType::Func:
    case AbstractHeapType::NoFunc: return AbstractHeapType::Func;
    case AbstractHeapType::Extern:
    case AbstractHeapType::NoExtern: return AbstractHeapType::Extern;
    case AbstractHeapType::Exn:
    case AbstractHeapType::NoExn: return AbstractHeapType::Exn;
    case AbstractHeapType::Any:
    case AbstractHeapType::Eq:
    case AbstractHeapType::I31:
    case AbstractHeapType::Struct:
    case AbstractHeapType::Array:
    case AbstractHeapType::None: return AbstractHeapType::Any;
  }
  __builtin_unreachable();
}

bool Body::ref_null(const imm::HeapType& type) {
  const ValueType result = ValueType::ref(type.type, true);
  return check_type(result) && push(result);
}

bool Body::ref_is_null() {
  ValueType type;
  return pop_ref(type) && push(kI32);
}

bool Body::ref_func(const imm::FuncIndex& function) {
  if (function.index.value >= module_.functions.size()) return unknown("function", function.index.value);
  if (!is_constant_ && !module_.is_referenced(function.index))
    return fail("undeclared function reference: function " + std::to_string(function.index.value) +
                " is in no export, global or element segment");
  const TypeIndex type = module_.functions[function.index.value].type;
  const bool is_exact =
      module_.features.has(module::Feature::custom_descriptors) && module_.has_exact_type(function.index);
  return push(ValueType::ref(is_exact ? module::HeapType::exact(type) : module::HeapType(type), false));
}

bool Body::ref_as_non_null() {
  ValueType type;
  return pop_ref(type) && push(type.as_non_null());
}

bool Body::test(module::HeapType type, bool nullable) {
  count_call();
  if (!check_type(ValueType::ref(type, nullable))) return false;
  return replace({ValueType::ref(top_of(module_, type), true)}, {kI32});
}

bool Body::cast(module::HeapType type, bool nullable) {
  count_call();
  const ValueType result = ValueType::ref(type, nullable);
  if (!check_type(result)) return false;
  return replace({ValueType::ref(top_of(module_, type), true)}, {result});
}

bool Body::ref_test(const imm::HeapType& type) {
  return test(type.type, false);
}
bool Body::ref_test_null(const imm::HeapType& type) {
  return test(type.type, true);
}
bool Body::ref_cast(const imm::HeapType& type) {
  return cast(type.type, false);
}
bool Body::ref_cast_null(const imm::HeapType& type) {
  return cast(type.type, true);
}

bool Body::find_cast_descriptor(module::HeapType target, ValueType& descriptor) {
  const std::optional<TypeIndex> found =
      target.is_index() ? module_.types[target.index().value].descriptor : std::nullopt;
  if (!found) return fail("type " + to_string(target) + " does not have a descriptor");
  descriptor = ValueType::ref(target.with_index(*found), true);
  return true;
}

bool Body::cast_by_descriptor(module::HeapType type, bool nullable) {
  count_call();
  const ValueType result = ValueType::ref(type, nullable);
  ValueType descriptor;
  if (!check_type(result) || !find_cast_descriptor(type, descriptor)) return false;
  return replace({descriptor, ValueType::ref(top_of(module_, type), true)}, {result});
}

bool Body::ref_cast_desc_eq(const imm::HeapType& type) {
  if (!module_.features.has(module::Feature::custom_descriptors)) return not_enabled(Opcode::ref_cast_desc_eq);
  return cast_by_descriptor(type.type, false);
}
bool Body::ref_cast_desc_eq_null(const imm::HeapType& type) {
  if (!module_.features.has(module::Feature::custom_descriptors)) return not_enabled(Opcode::ref_cast_desc_eq_null);
  return cast_by_descriptor(type.type, true);
}

bool Body::ref_get_desc(const imm::TypeIndex& type) {
  if (!module_.features.has(module::Feature::custom_descriptors)) return not_enabled(Opcode::ref_get_desc);
  if (type.index.value >= module_.types.size()) return unknown("type", type.index.value);
  const std::optional<TypeIndex> descriptor = module_.types[type.index.value].descriptor;
  if (!descriptor) return fail("type without descriptor " + std::to_string(type.index.value));
  ValueType operand;
  if (!pop_ref(operand)) return false;
  // An operand of exactly this type has exactly its descriptor.
  const auto exact = module::HeapType::exact(type.index);
  const bool is_exact = matches(operand, ValueType::ref(exact, true));
  const ValueType wanted = ValueType::ref(type.index, true);
  if (!matches(operand, wanted)) return mismatch(wanted, operand);
  return push(ValueType::ref(is_exact ? exact.with_index(*descriptor) : module::HeapType(*descriptor), false));
}

bool Body::ref_i31() {
  return replace({kI32}, {ValueType::ref(AbstractHeapType::I31, false)});
}

bool Body::any_convert_extern() {
  ValueType type;
  if (!pop_ref(type)) return false;
  if (!matches(type, module::kExternRef)) return mismatch(module::kExternRef, type);
  return push(ValueType::ref(AbstractHeapType::Any, type.nullable()));
}

bool Body::extern_convert_any() {
  const ValueType any = ValueType::ref(AbstractHeapType::Any, true);
  ValueType type;
  if (!pop_ref(type)) return false;
  if (!matches(type, any)) return mismatch(any, type);
  return push(ValueType::ref(AbstractHeapType::Extern, type.nullable()));
}

}  // namespace wasmrun::validate
