// Allocates and grows tables.
#include "engine/runtime/table.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "engine/module/limits.h"

namespace wasmrun::runtime {

Result<std::unique_ptr<Table>> Table::create(const module::TableType& type, uint64_t initial) {
  if (type.limits.min > module::limits::kTableElements) {
    return Error{ErrorKind::Unlinkable, "table too large: " + std::to_string(type.limits.min) + " elements, the limit is " +
                                            std::to_string(module::limits::kTableElements)};
  }
  std::unique_ptr<Table> table(new Table);
  table->type_ = type;
  if (type.limits.min && !table->grow(type.limits.min, initial)) {
    return Error{ErrorKind::Io, "cannot allocate a table of " + std::to_string(type.limits.min) + " elements"};
  }
  return table;
}

Table::~Table() { std::free(descriptor_.elements); }

std::optional<uint64_t> Table::grow(uint64_t delta, uint64_t value) {
  const uint64_t old_size = descriptor_.size;
  const uint64_t max = std::min(type_.limits.max.value_or(UINT64_MAX), module::limits::kTableElements);
  if (delta > max - std::min(old_size, max)) return std::nullopt;
  const uint64_t new_size = old_size + delta;
  if (new_size > capacity_) {
    // The first allocation is exact: most tables never grow. calloc leaves untouched pages of a large table unused.
    const uint64_t capacity = capacity_ ? std::min(max, std::max(new_size, capacity_ * 2)) : new_size;
    void* elements = capacity_ ? std::realloc(descriptor_.elements, capacity * sizeof(uint64_t))
                               : std::calloc(capacity, sizeof(uint64_t));
    if (!elements) return std::nullopt;
    const bool is_zeroed = capacity_ == 0;
    descriptor_.elements = static_cast<uint64_t*>(elements);
    capacity_ = capacity;
    if (is_zeroed && value == 0) {
      descriptor_.size = new_size;
      return old_size;
    }
  }
  std::fill(descriptor_.elements + old_size, descriptor_.elements + new_size, value);
  descriptor_.size = new_size;
  return old_size;
}

}  // namespace wasmrun::runtime
