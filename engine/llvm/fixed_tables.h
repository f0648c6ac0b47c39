// Tables that nobody can change once their instance is made. Visible: FixedTables.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/module/module.h"

namespace wasmrun::llvm_compiler {

/// A table is fixed when it is the module's own, not exported, no instruction writes to it, and its initialization cannot fail halfway.
/// Its size and elements are then known when code is made.
class FixedTables {
 public:
  /// Reads all bodies, which need not be valid: when one cannot be read, no table is fixed.
  explicit FixedTables(const module::Module& module);

  bool is_fixed(TableIndex table) const { return tables_[table.value].is_fixed; }
  /// Of a fixed table.
  uint64_t size(TableIndex table) const { return tables_[table.value].elements.size(); }

  /// Whether every function of a fixed table is defined in the module: calls stay in the instance.
  bool is_own(TableIndex table) const { return tables_[table.value].is_own; }

  struct Target {
    FuncIndex function;
    uint64_t element = 0;
  };
  /// The only element of a fixed table that has this type; nothing when there are several or none.
  std::optional<Target> only_target(TableIndex table, TypeIndex type) const;

 private:
  struct Table {
    bool is_fixed = false;
    bool is_own = false;
    std::vector<uint32_t> elements;  ///< function indices
    /// By canonical type: the only function of that type, or nothing when there are more.
    std::unordered_map<uint32_t, std::optional<Target>> targets;
  };
  void fill();
  void find_targets(Table& table);

  const module::Module& module_;
  std::vector<Table> tables_;
};

}  // namespace wasmrun::llvm_compiler
