// Gives equal types of any two modules one identity. Visible: TypeRegistry, check_rec_group_indices, canonical.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/module/module.h"
#include "engine/module/types.h"

namespace wasmrun::module {

/// Hash-conses whole rec groups, so that type equality is a compare of ids. Inside the registry a type index means a
/// canonical id. Thread-safe. spec: valid-comptype, type equivalence by rolling and unrolling
class TypeRegistry {
 public:
  TypeRegistry();
  ~TypeRegistry();
  TypeRegistry(const TypeRegistry&) = delete;
  TypeRegistry& operator=(const TypeRegistry&) = delete;

  /// Interns rec group `group_index` of `module`; the groups before it must be interned. Appends to
  /// module.canonical_types. References inside the group may point forward within it; the caller has checked bounds.
  void canonicalize(Module& module, size_t group_index);

  /// Interns a function type that no module states, such as a host function's.
  CanonicalTypeId intern(const FuncType& type);

  /// Interns a type of its own rec group that no module states, such as an exception's. Its type indices are canonical ids.
  CanonicalTypeId intern(const SubType& type);

  /// The type behind an id; the reference stays valid as long as the registry. Indices in it are canonical ids.
  const SubType& type(CanonicalTypeId id) const;
  /// Reflexive and transitive. spec: match-deftype
  bool is_subtype(CanonicalTypeId sub, CanonicalTypeId super) const;
  /// Both types must be canonical: their type indices are canonical ids.
  bool matches(ValueType sub, ValueType super) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Checks what `canonicalize` relies on: type indices in rec group `group_index` reach no further than the group's end, a
/// supertype stands before its subtype, and no chain of supertypes is longer than limits::kSubtypingDepth. The groups before
/// must have passed. Errors are Invalid, without an offset. spec: valid-rectype
Result<void> check_rec_group_indices(const Module& module, size_t group_index);

/// `type` of `module` with its type index replaced by the canonical id.
ValueType canonical(const Module& module, ValueType type);

}  // namespace wasmrun::module
