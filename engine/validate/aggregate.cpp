// Rules of structs and arrays. spec: valid-instr-struct, valid-instr-array
#include "engine/validate/body.h"

namespace wasmrun::validate {

using module::FieldType;
using module::kI32;
using module::SubType;

static ValueType nullable_ref(TypeIndex type) {
  return ValueType::ref(type, true);
}
static bool is_packed(const FieldType& field) {
  return field.packing != FieldType::Packing::None;
}

bool Body::find_struct(TypeIndex index, const SubType*& type) {
  if (index.value >= module_.types.size()) return unknown("type", index.value);
  type = &module_.types[index.value];
  return type->kind == SubType::Kind::Struct ||
         fail("type mismatch: type " + std::to_string(index.value) + " is not a struct type");
}

bool Body::find_field(const imm::TypeField& field, const FieldType*& type) {
  const SubType* owner = nullptr;
  if (!find_struct(field.first, owner)) return false;
  if (field.second.value >= owner->fields.size()) return unknown("field", field.second.value);
  type = &owner->fields[field.second.value];
  return true;
}

bool Body::find_array(TypeIndex index, const FieldType*& element) {
  if (index.value >= module_.types.size()) return unknown("type", index.value);
  const SubType& type = module_.types[index.value];
  if (type.kind != SubType::Kind::Array)
    return fail("type mismatch: type " + std::to_string(index.value) + " is not an array type");
  element = &type.fields[0];
  return true;
}

bool Body::find_mutable_array(TypeIndex index, const FieldType*& element) {
  if (!find_array(index, element)) return false;
  return element->is_mutable ||
         fail("immutable array: elements of type " + std::to_string(index.value) + " cannot be set");
}

bool Body::find_numeric_array(TypeIndex index, const FieldType*& element) {
  if (!find_array(index, element)) return false;
  return !element->type.is_ref() ||
         fail("array type is not numeric or vector: its elements are " + to_string(element->type));
}

bool Body::new_object(TypeIndex type) {
  count_call();
  // A new object is of no subtype. Said only where types can tell, so that types stay equal elsewhere.
  const bool is_exact = module_.features.has(module::Feature::custom_descriptors);
  return push(ValueType::ref(is_exact ? module::HeapType::exact(type) : module::HeapType(type), false));
}

// Structs.

bool Body::check_allocation(TypeIndex type, bool with_descriptor) {
  if (module_.types[type.value].descriptor.has_value() == with_descriptor) return true;
  return fail(with_descriptor ? "type without descriptor requires non-descriptor allocation"
                              : "type with descriptor requires descriptor allocation");
}

bool Body::pop_fields(const SubType& type) {
  // A struct may have thousands of fields: an empty stack is to fail, or to give Bottom, at once.
  for (size_t i = type.fields.size(); i-- > 0;) {
    if (top_ == base_ && frames_.back().unreachable) break;
    if (!pop(type.fields[i].type)) return false;
  }
  return true;
}

bool Body::check_defaults(const SubType& type) {
  if (!spend(type.fields.size())) return false;
  for (const FieldType& field : type.fields)
    if (!field.type.defaultable())
      return fail("type mismatch: field type is not defaultable: " + to_string(field.type));
  return true;
}

bool Body::struct_new(const imm::TypeIndex& type) {
  const SubType* found = nullptr;
  return find_struct(type.index, found) && check_allocation(type.index, false) && pop_fields(*found) &&
         new_object(type.index);
}

bool Body::struct_new_default(const imm::TypeIndex& type) {
  const SubType* found = nullptr;
  return find_struct(type.index, found) && check_defaults(*found) && check_allocation(type.index, false) &&
         new_object(type.index);
}

bool Body::struct_new_desc(const imm::TypeIndex& type) {
  if (!module_.features.has(module::Feature::custom_descriptors)) return not_enabled(Opcode::struct_new_desc);
  const SubType* found = nullptr;
  return find_struct(type.index, found) && check_allocation(type.index, true) &&
         pop(ValueType::ref(module::HeapType::exact(*found->descriptor), true)) && pop_fields(*found) &&
         new_object(type.index);
}

bool Body::struct_new_default_desc(const imm::TypeIndex& type) {
  if (!module_.features.has(module::Feature::custom_descriptors)) return not_enabled(Opcode::struct_new_default_desc);
  const SubType* found = nullptr;
  return find_struct(type.index, found) && check_defaults(*found) && check_allocation(type.index, true) &&
         pop(ValueType::ref(module::HeapType::exact(*found->descriptor), true)) && new_object(type.index);
}

bool Body::get_field(const imm::TypeField& field, bool packed) {
  const FieldType* type = nullptr;
  if (!find_field(field, type)) return false;
  if (is_packed(*type) != packed)
    return fail(packed ? "type mismatch: field is unpacked" : "type mismatch: field is packed");
  return replace({nullable_ref(field.first)}, {type->type});
}

bool Body::struct_get(const imm::TypeField& field) {
  return get_field(field, false);
}
bool Body::struct_get_s(const imm::TypeField& field) {
  return get_field(field, true);
}
bool Body::struct_get_u(const imm::TypeField& field) {
  return get_field(field, true);
}

bool Body::struct_set(const imm::TypeField& field) {
  const FieldType* type = nullptr;
  if (!find_field(field, type)) return false;
  if (!type->is_mutable) return fail("immutable field: field " + std::to_string(field.second.value) + " cannot be set");
  return replace({type->type, nullable_ref(field.first)}, {});
}

// Arrays.

bool Body::array_new(const imm::TypeIndex& type) {
  const FieldType* element = nullptr;
  return find_array(type.index, element) && replace({kI32, element->type}, {}) && new_object(type.index);
}

bool Body::array_new_default(const imm::TypeIndex& type) {
  const FieldType* element = nullptr;
  if (!find_array(type.index, element)) return false;
  if (!element->type.defaultable())
    return fail("type mismatch: element type is not defaultable: " + to_string(element->type));
  return pop(kI32) && new_object(type.index);
}

bool Body::array_new_fixed(const imm::TypeCount& type) {
  const FieldType* element = nullptr;
  if (!find_array(type.type, element)) return false;
  for (uint32_t i = 0; i < type.count; ++i) {
    if (top_ == base_ && frames_.back().unreachable) break;
    if (!pop(element->type)) return false;
  }
  return new_object(type.type);
}

bool Body::array_new_data(const imm::TypeData& source) {
  const FieldType* element = nullptr;
  if (!check_data(source.second) || !find_numeric_array(source.first, element)) return false;
  return replace({kI32, kI32}, {}) && new_object(source.first);
}

bool Body::array_new_elem(const imm::TypeElem& source) {
  const FieldType* element = nullptr;
  if (!find_array(source.first, element) || !check_elem(source.second)) return false;
  const ValueType given = module_.elems[source.second.value].type;
  if (!matches(given, element->type)) return mismatch(element->type, given);
  return replace({kI32, kI32}, {}) && new_object(source.first);
}

bool Body::get_element(TypeIndex type, bool packed) {
  const FieldType* element = nullptr;
  if (!find_array(type, element)) return false;
  if (is_packed(*element) != packed)
    return fail(packed ? "type mismatch: array is unpacked" : "type mismatch: array is packed");
  return replace({kI32, nullable_ref(type)}, {element->type});
}

bool Body::array_get(const imm::TypeIndex& type) {
  return get_element(type.index, false);
}
bool Body::array_get_s(const imm::TypeIndex& type) {
  return get_element(type.index, true);
}
bool Body::array_get_u(const imm::TypeIndex& type) {
  return get_element(type.index, true);
}

bool Body::array_set(const imm::TypeIndex& type) {
  const FieldType* element = nullptr;
  return find_mutable_array(type.index, element) && replace({element->type, kI32, nullable_ref(type.index)}, {});
}

bool Body::array_fill(const imm::TypeIndex& type) {
  const FieldType* element = nullptr;
  count_call();
  return find_mutable_array(type.index, element) && replace({kI32, element->type, kI32, nullable_ref(type.index)}, {});
}

bool Body::array_copy(const imm::TypePair& types) {
  const FieldType* destination = nullptr;
  const FieldType* source = nullptr;
  count_call();
  if (!find_mutable_array(types.first, destination) || !find_array(types.second, source)) return false;
  if (destination->packing != source->packing || !matches(source->type, destination->type))
    return fail("array types do not match: from type " + std::to_string(types.second.value) + " to type " +
                std::to_string(types.first.value));
  return replace({kI32, kI32, nullable_ref(types.second), kI32, nullable_ref(types.first)}, {});
}

bool Body::array_init_data(const imm::TypeData& source) {
  const FieldType* element = nullptr;
  count_call();
  if (!check_data(source.second) || !find_mutable_array(source.first, element) ||
      !find_numeric_array(source.first, element))
    return false;
  return replace({kI32, kI32, kI32, nullable_ref(source.first)}, {});
}

bool Body::array_init_elem(const imm::TypeElem& source) {
  const FieldType* element = nullptr;
  count_call();
  if (!find_mutable_array(source.first, element) || !check_elem(source.second)) return false;
  const ValueType given = module_.elems[source.second.value].type;
  if (!matches(given, element->type)) return mismatch(element->type, given);
  return replace({kI32, kI32, kI32, nullable_ref(source.first)}, {});
}

}  // namespace wasmrun::validate
