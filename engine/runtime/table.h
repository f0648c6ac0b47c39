// Tables. Visible: Table.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "engine/abi/instance_layout.h"
#include "engine/base/result.h"
#include "engine/module/types.h"

namespace wasmrun::runtime {

/// A table of references (64-bit words, null is 0).
class Table {
 public:
  /// `type.element` must be canonical. Elements start as `initial`. Errors: Unlinkable when the minimum is above what any
  /// table may have, Io when the system refuses.
  static Result<std::unique_ptr<Table>> create(const module::TableType& type, uint64_t initial);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  /// Adds `delta` elements of `value`. Returns the old size, or nothing when a limit or the system refuses.
  /// spec: exec-table.grow
  std::optional<uint64_t> grow(uint64_t delta, uint64_t value);

  std::span<uint64_t> elements() const { return {descriptor_.elements, static_cast<size_t>(descriptor_.size)}; }
  uint64_t size() const { return descriptor_.size; }
  const module::TableType& type() const { return type_; }
  abi::TableDescriptor* descriptor() { return &descriptor_; }

 private:
  Table() = default;
  module::TableType type_;
  abi::TableDescriptor descriptor_;
  uint64_t capacity_ = 0;
};

}  // namespace wasmrun::runtime
