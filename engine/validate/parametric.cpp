// Rules of drop and select. spec: valid-instr-parametric
#include "engine/validate/body.h"

namespace wasmrun::validate {

bool Body::drop() {
  ValueType type;
  return pop_any(type);
}

bool Body::select() {
  ValueType second, first;
  if (!pop(module::kI32) || !pop_any(second) || !pop_any(first)) return false;
  if (first.is_ref() || second.is_ref()) return fail("type mismatch: select of references must state their type");
  if (first != second && first != module::kBottom && second != module::kBottom) return mismatch(first, second);
  return push(first == module::kBottom ? second : first);
}

bool Body::select_t(const imm::SelectTypes& types) {
  if (types.count != 1) return fail("invalid result arity: select states " + std::to_string(types.count) + " types");
  return check_type(types.first) && replace({module::kI32, types.first, types.first}, {types.first});
}

}  // namespace wasmrun::validate
