// Builds binary modules from C++ calls, for tests. Bodies and other expressions are raw bytes.
// Visible: Bytes, encodings, ModuleBuilder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/indices.h"
#include "engine/module/types.h"

namespace wasmrun::testing {

using Bytes = std::vector<uint8_t>;

/// Concatenation: `bytes(Bytes{0x41}, leb_s(5), Bytes{0x0b})`.
template <class... Part>
Bytes bytes(const Part&... parts) {
  Bytes result;
  result.reserve((parts.size() + ... + 0));  // Also keeps g++ 12 from seeing an overflow where there is none.
  (std::copy(parts.begin(), parts.end(), std::back_inserter(result)), ...);
  return result;
}

Bytes leb_u(uint64_t value);
Bytes leb_s(int64_t value);
/// A byte count, then the bytes: names, bodies, sections.
Bytes sized(const Bytes& content);
Bytes sized(std::string_view content);
Bytes encode(module::ValueType type);

/// Each call appends one entry to its section and returns its index where it has one. Imports must come before
/// definitions of their kind. `build` writes only the sections that have entries, in the specification's order.
class ModuleBuilder {
 public:
  TypeIndex func_type(const std::vector<module::ValueType>& params, const std::vector<module::ValueType>& results);
  /// One entry of the type section that defines `count` types.
  TypeIndex raw_type(const Bytes& rec_type, uint32_t count = 1);

  FuncIndex import_func(std::string_view module, std::string_view name, TypeIndex type);
  /// `description` is kind and type, as the import section has them.
  void raw_import(std::string_view module, std::string_view name, const Bytes& description);
  /// `instructions` without the final `end`; `locals` are runs as the code section has them, without their count.
  FuncIndex func(TypeIndex type, const Bytes& instructions, const std::vector<Bytes>& locals = {});
  void memory(uint32_t min_pages, std::optional<uint32_t> max_pages = std::nullopt);
  void raw_memory(const Bytes& type);
  void table(module::ValueType element, uint32_t min, std::optional<uint32_t> max = std::nullopt);
  void raw_table(const Bytes& table);
  void tag(TypeIndex type);
  /// `init` without the final `end`.
  void global(module::ValueType type, bool is_mutable, const Bytes& init);
  void export_as(std::string_view name, module::ExternKind kind, uint32_t index);
  void start(FuncIndex function);
  void raw_elem(const Bytes& segment);
  /// An active segment of memory 0 at a constant offset.
  void data(int32_t offset, std::string_view content);
  void passive_data(std::string_view content);
  void raw_data(const Bytes& segment);
  /// Adds the data count section.
  void count_data();
  /// Custom sections come last.
  void custom(std::string_view name, const Bytes& content);

  std::shared_ptr<const Bytes> build() const;

 private:
  struct Entries {
    uint32_t count = 0;
    Bytes content;
    void add(const Bytes& entry);
  };
  static void write(Bytes& module, uint8_t id, const Entries& entries);

  uint32_t types_ = 0;
  uint32_t functions_ = 0;
  Entries type_entries_, import_entries_, function_entries_, table_entries_, memory_entries_, tag_entries_,
      global_entries_, export_entries_, elem_entries_, code_entries_, data_entries_;
  std::optional<FuncIndex> start_;
  bool counts_data_ = false;
  Bytes custom_sections_;
};

}  // namespace wasmrun::testing
