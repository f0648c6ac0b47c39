// Index types: a FuncIndex is not a TypeIndex. Visible: Index and one alias for each index space.
#pragma once

#include <compare>
#include <cstdint>

namespace wasmrun {

/// A position in one index space of a module. `Tag` only tells the spaces apart. spec: syntax-index
template <class Tag>
struct Index {
  uint32_t value = 0;
  constexpr Index() = default;
  constexpr explicit Index(uint32_t v) : value(v) {}
  friend constexpr auto operator<=>(Index, Index) = default;
};

using TypeIndex = Index<struct TypeIndexTag>;
using FuncIndex = Index<struct FuncIndexTag>;
using TableIndex = Index<struct TableIndexTag>;
using MemoryIndex = Index<struct MemoryIndexTag>;
using GlobalIndex = Index<struct GlobalIndexTag>;
using TagIndex = Index<struct TagIndexTag>;
using ElemIndex = Index<struct ElemIndexTag>;
using DataIndex = Index<struct DataIndexTag>;
using LocalIndex = Index<struct LocalIndexTag>;
using LabelIndex = Index<struct LabelIndexTag>;
using FieldIndex = Index<struct FieldIndexTag>;

/// Process-wide identity of a type after canonicalization: equal types of any two modules have equal ids.
using CanonicalTypeId = Index<struct CanonicalTypeIdTag>;

}  // namespace wasmrun
