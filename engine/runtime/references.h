// References of the collected heap as the runtime holds them. Visible: TemporaryRoots, store_field.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/abi/object_layout.h"
#include "engine/runtime/store.h"

namespace wasmrun::runtime {

/// Keeps objects that only C++ knows of alive. Scopes nest.
class TemporaryRoots {
 public:
  explicit TemporaryRoots(Store& store) : store_(store), begin_(store.temporary_roots_.size()) {}
  ~TemporaryRoots() { store_.temporary_roots_.resize(begin_); }
  TemporaryRoots(const TemporaryRoots&) = delete;
  TemporaryRoots& operator=(const TemporaryRoots&) = delete;
  void add(uint64_t reference) { store_.temporary_roots_.push_back(reference); }

 private:
  Store& store_;
  size_t begin_;
};

/// Writes a value to a field or element at `address`.
void store_field(uint8_t* address, const abi::FieldLayout& layout, const abi::Slot& value);

}  // namespace wasmrun::runtime
