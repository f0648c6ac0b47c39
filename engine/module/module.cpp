// Look-ups in a Module, and matching of the types it states.
#include "engine/module/module.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/module/heap_type_lattice.h"

namespace wasmrun::module {
namespace {

/// Declared subtyping: `sub` itself, or a type on its chain of supertypes, equals `super`. spec: match-deftype
bool is_declared_subtype(const Module& module, TypeIndex sub, TypeIndex super) {
  const CanonicalTypeId wanted = module.canonical_types[super.value];
  while (module.canonical_types[sub.value] != wanted) {
    const std::optional<TypeIndex> next = module.types[sub.value].supertype;
    // A supertype stands before its subtypes; so the walk ends even in a module nobody has checked.
    if (!next || next->value >= sub.value) return false;
    sub = *next;
  }
  return true;
}

}  // namespace

bool Module::is_referenced(FuncIndex index) const {
  return std::binary_search(referenced_functions.begin(), referenced_functions.end(), index);
}

uint32_t Module::reference_slot(FuncIndex index) const {
  const auto found = std::lower_bound(referenced_functions.begin(), referenced_functions.end(), index);
  CHECK(found != referenced_functions.end() && *found == index);
  return static_cast<uint32_t>(found - referenced_functions.begin());
}

const Export* Module::find_export(std::string_view name) const {
  const auto found = std::find_if(exports.begin(), exports.end(), [&](const Export& e) { return e.name == name; });
  return found == exports.end() ? nullptr : &*found;
}

bool matches(const Module& module, HeapType sub, HeapType super) {
  if (sub == super) return true;
  const size_t known = module.canonical_types.size();
  if (sub.is_index() && sub.index().value >= known) return false;
  if (super.is_index() && super.index().value >= known) return false;
  if (!sub.is_index() && !super.is_index()) return is_below(sub.abstract(), super.abstract());
  if (!super.is_index()) return is_below(module.types[sub.index().value].kind, super.abstract());
  if (!sub.is_index()) return is_below(sub.abstract(), module.types[super.index().value].kind);
  if (super.is_exact()) {
    return sub.is_exact() && module.canonical_types[sub.index().value] == module.canonical_types[super.index().value];
  }
  return is_declared_subtype(module, sub.index(), super.index());
}

bool matches(const Module& module, ValueType sub, ValueType super) {
  if (sub == super || sub == kBottom) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  if (sub.nullable() && !super.nullable()) return false;
  return matches(module, sub.heap_type(), super.heap_type());
}

}  // namespace wasmrun::module
