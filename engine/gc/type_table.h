// What generated code and the collector know of each type at run time. Visible: TypeTable.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/abi/object_layout.h"
#include "engine/module/type_registry.h"

namespace wasmrun::gc {

/// A TypeRecord for every type that functions and objects of one store can have. Records never move; the table of them does.
class TypeTable {
 public:
  explicit TypeTable(const module::TypeRegistry& types);
  TypeTable(const TypeTable&) = delete;
  TypeTable& operator=(const TypeTable&) = delete;

  /// Makes the record of a type, if there is none yet.
  void add(CanonicalTypeId id);
  /// By index of a tag. Valid until the next `add`.
  const abi::TypeRecord* const* records() const { return records_.data(); }
  /// The record behind the tag of a struct or array.
  const abi::TypeRecord& record(abi::TypeTag tag) const { return *records_[tag & abi::kTagIndexMask]; }

 private:
  const abi::TypeRecord* make_record(CanonicalTypeId id);
  uint32_t* allocate(size_t words);

  const module::TypeRegistry& types_;
  std::vector<const abi::TypeRecord*> records_;
  std::deque<std::unique_ptr<uint32_t[]>> storage_;
  /// Of no type, and of functions without supertypes, whose only supertype is themselves: its display is empty.
  const abi::TypeRecord* plain_ = nullptr;
};

}  // namespace wasmrun::gc
