// Rules of globals, and of locals that have no value until they are set. spec: valid-instr-variable
#include "engine/validate/body.h"

namespace wasmrun::validate {

bool Body::uninitialized(uint32_t local) {
  return fail("uninitialized local: local " + std::to_string(local) + " is read before it is set");
}

void Body::initialize(uint32_t local) {
  unset_locals_[local] = false;
  set_locals_.push_back(local);
}

void Body::forget_locals(size_t height) {
  for (; set_locals_.size() > height; set_locals_.pop_back()) unset_locals_[set_locals_.back()] = true;
}

bool Body::global_get(const imm::GlobalIndex& global) {
  if (global.index.value >= visible_globals_) return unknown("global", global.index.value);
  const module::GlobalType& type = module_.globals[global.index.value].type;
  if (is_constant_ && type.is_mutable)
    return fail("constant expression required: global " + std::to_string(global.index.value) + " is mutable");
  return push(type.type);
}

bool Body::global_set(const imm::GlobalIndex& global) {
  if (global.index.value >= visible_globals_) return unknown("global", global.index.value);
  const module::GlobalType& type = module_.globals[global.index.value].type;
  if (!type.is_mutable)
    return fail("immutable global: global " + std::to_string(global.index.value) + " cannot be set");
  return pop(type.type);
}

}  // namespace wasmrun::validate
