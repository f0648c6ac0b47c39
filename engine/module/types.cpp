// Types as the text format and messages write them.
#include "engine/module/types.h"

#include "engine/base/check.h"

namespace wasmrun::module {
namespace {

const char* heap_type_name(AbstractHeapType type) {
  switch (type) {
    case AbstractHeapType::Func: return "func";
    case AbstractHeapType::Extern: return "extern";
    case AbstractHeapType::Any: return "any";
    case AbstractHeapType::Eq: return "eq";
    case AbstractHeapType::I31: return "i31";
    case AbstractHeapType::Struct: return "struct";
    case AbstractHeapType::Array: return "array";
    case AbstractHeapType::Exn: return "exn";
    case AbstractHeapType::None: return "none";
    case AbstractHeapType::NoFunc: return "nofunc";
    case AbstractHeapType::NoExtern: return "noextern";
    case AbstractHeapType::NoExn: return "noexn";
  }
  CHECK(!"an abstract heap type has a name");
  return "";
}

/// The short form of `(ref null type)`. spec: text-reftype, abbreviations
const char* nullable_reference_name(AbstractHeapType type) {
  switch (type) {
    case AbstractHeapType::Func: return "funcref";
    case AbstractHeapType::Extern: return "externref";
    case AbstractHeapType::Any: return "anyref";
    case AbstractHeapType::Eq: return "eqref";
    case AbstractHeapType::I31: return "i31ref";
    case AbstractHeapType::Struct: return "structref";
    case AbstractHeapType::Array: return "arrayref";
    case AbstractHeapType::Exn: return "exnref";
    case AbstractHeapType::None: return "nullref";
    case AbstractHeapType::NoFunc: return "nullfuncref";
    case AbstractHeapType::NoExtern: return "nullexternref";
    case AbstractHeapType::NoExn: return "nullexnref";
  }
  CHECK(!"an abstract heap type has a name");
  return "";
}

std::string reference_name(ValueType type) {
  const HeapType heap_type = type.heap_type();
  if (type.nullable() && !heap_type.is_index()) return nullable_reference_name(heap_type.abstract());
  return (type.nullable() ? "(ref null " : "(ref ") + to_string(heap_type) + ")";
}

std::string list(const std::vector<ValueType>& types) {
  std::string text = "[";
  for (const ValueType type : types) {
    if (text.size() > 1) text += ' ';
    text += to_string(type);
  }
  return text + "]";
}

}  // namespace

std::string to_string(HeapType type) {
  if (!type.is_index()) return heap_type_name(type.abstract());
  const std::string index = std::to_string(type.index().value);
  return type.is_exact() ? "(exact " + index + ")" : index;
}

std::string to_string(ValueType type) {
  switch (type.kind()) {
    case ValueType::Kind::Bottom: return "bot";
    case ValueType::Kind::I32: return "i32";
    case ValueType::Kind::I64: return "i64";
    case ValueType::Kind::F32: return "f32";
    case ValueType::Kind::F64: return "f64";
    case ValueType::Kind::V128: return "v128";
    case ValueType::Kind::Ref: return reference_name(type);
  }
  CHECK(!"a value type has a name");
  return "";
}

std::string to_string(const FuncType& type) {
  return list(type.params) + " -> " + list(type.results);
}

const char* to_string(ExternKind kind) {
  switch (kind) {
    case ExternKind::Func: return "func";
    case ExternKind::Table: return "table";
    case ExternKind::Memory: return "memory";
    case ExternKind::Global: return "global";
    case ExternKind::Tag: return "tag";
  }
  CHECK(!"an extern kind has a name");
  return "";
}

}  // namespace wasmrun::module
