// Modules whose code is written here in assembly, so that the runtime is tested without a compiler.
// Visible: GUEST_CODE, HandModule, and views of a store that tests share.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "engine/runtime/store.h"
#include "tests/support/catch.h"

/// Defines `name##_begin` and `name##_end` around position-independent guest code (calling_convention.h), Intel syntax.
#define GUEST_CODE(name, text)                                                                      \
  extern "C" const uint8_t name##_begin[];                                                          \
  extern "C" const uint8_t name##_end[];                                                            \
  asm(".pushsection .rodata\n.intel_syntax noprefix\n" #name "_begin:\n" text "\n" #name            \
      "_end:\n.att_syntax prefix\n.popsection\n")
#define GUEST_SPAN(name) (std::span(name##_begin, name##_end))

namespace wasmrun::runtime::test {

/// Adds parts in the order of the index spaces: imports of a kind before definitions of that kind.
class HandModule {
 public:
  explicit HandModule(std::shared_ptr<module::TypeRegistry> types) : types_(std::move(types)) {
    bytes_ = std::make_shared<std::vector<uint8_t>>();
  }

  TypeIndex type(std::vector<ValueType> params, std::vector<ValueType> results) {
    module::SubType type;
    type.func = {std::move(params), std::move(results)};
    module_.types.push_back(std::move(type));
    const TypeIndex index(static_cast<uint32_t>(module_.types.size() - 1));
    module_.rec_groups.push_back({index, 1});
    types_->canonicalize(module_, module_.rec_groups.size() - 1);
    return index;
  }
  FuncIndex import_function(std::string module, std::string name, TypeIndex type) {
    add_import(std::move(module), std::move(name), ExternKind::Func, module_.functions.size());
    module_.functions.push_back({type, {}});
    return FuncIndex(module_.imported_functions++);
  }
  void import_memory(std::string module, std::string name, module::MemoryType type) {
    add_import(std::move(module), std::move(name), ExternKind::Memory, module_.memories.size());
    module_.memories.push_back(type);
    ++module_.imported_memories;
  }
  void import_table(std::string module, std::string name, module::TableType type) {
    add_import(std::move(module), std::move(name), ExternKind::Table, module_.tables.size());
    module_.tables.push_back({type, std::nullopt});
    ++module_.imported_tables;
  }
  void import_global(std::string module, std::string name, module::GlobalType type) {
    add_import(std::move(module), std::move(name), ExternKind::Global, module_.globals.size());
    module_.globals.push_back({type, {}});
    ++module_.imported_globals;
  }
  /// Exported under `name` too, and referenced.
  FuncIndex function(std::string name, TypeIndex type, std::span<const uint8_t> code) {
    const FuncIndex index(static_cast<uint32_t>(module_.functions.size()));
    module_.functions.push_back({type, {}});
    module_.referenced_functions.push_back(index);
    codes_.push_back(code);
    names()[index.value] = name;
    add_export(std::move(name), ExternKind::Func, index.value);
    return index;
  }
  void memory(uint64_t min, std::optional<uint64_t> max, std::string name = "memory") {
    add_export(std::move(name), ExternKind::Memory, module_.memories.size());
    module_.memories.push_back(memory_type(min, max));
  }
  void table(uint64_t min, std::optional<uint64_t> max, std::string name = "table") {
    add_export(std::move(name), ExternKind::Table, module_.tables.size());
    module_.tables.push_back({table_type(min, max), std::nullopt});
  }
  void global(std::string name, module::GlobalType type, std::vector<uint8_t> init) {
    add_export(std::move(name), ExternKind::Global, module_.globals.size());
    module_.globals.push_back({type, append(init)});
  }
  void data(std::vector<uint8_t> offset, std::string_view bytes) {
    module::DataSegment segment;
    segment.mode = offset.empty() ? module::SegmentMode::Passive : module::SegmentMode::Active;
    segment.offset_expr = append(offset);
    segment.bytes = append(std::vector<uint8_t>(bytes.begin(), bytes.end()));
    module_.datas.push_back(segment);
  }
  void elem(std::vector<uint8_t> offset, std::vector<FuncIndex> functions) {
    module::ElemSegment segment;
    segment.mode = offset.empty() ? module::SegmentMode::Passive : module::SegmentMode::Active;
    segment.offset_expr = append(offset);
    segment.functions = std::move(functions);
    module_.elems.push_back(std::move(segment));
  }
  void start(FuncIndex function) { module_.start = function; }
  void add_export(std::string name, ExternKind kind, size_t index) {
    module_.exports.push_back({std::move(name), kind, static_cast<uint32_t>(index), 0});
  }
  module::Module& module() { return module_; }

  std::shared_ptr<const LoadedModule> load() {
    module_.bytes = SharedBytes(std::shared_ptr<const std::vector<uint8_t>>(bytes_));
    auto loaded = std::make_shared<LoadedModule>(std::move(module_), types_);
    abi::CompiledModule& compiled = loaded->code;
    auto space = abi::CodeSpace::create(1 << 16);
    REQUIRE(space.ok());
    compiled.code = std::move(space).value();
    compiled.location_lists.emplace_back();
    for (const auto code : codes_) {
      uint8_t* place = compiled.code->allocate(code.size());
      REQUIRE(place);
      std::memcpy(place, code.data(), code.size());
      const auto begin = static_cast<uint32_t>(place - compiled.code->base());
      compiled.functions.push_back({begin, begin + static_cast<uint32_t>(code.size()), 0, 0, 0});
    }
    compiled.build_index();
    REQUIRE(compiled.code->seal().ok());
    loaded->read_function_names = [](const module::Module&) { return names(); };
    return loaded;
  }

  static module::MemoryType memory_type(uint64_t min, std::optional<uint64_t> max) {
    module::MemoryType type;
    type.limits.min = min;
    type.limits.max = max;
    return type;
  }
  static module::TableType table_type(uint64_t min, std::optional<uint64_t> max) {
    module::TableType type;
    type.limits.min = min;
    type.limits.max = max;
    return type;
  }
  static std::vector<uint8_t> i32_const(uint8_t value) { return {0x41, value, 0x0b}; }

 private:
  // One table of names is enough: tests that look at names use one module.
  static LoadedModule::FunctionNames& names() {
    static LoadedModule::FunctionNames names;
    return names;
  }
  void add_import(std::string module, std::string name, ExternKind kind, size_t index) {
    module_.imports.push_back({std::move(module), std::move(name), kind, static_cast<uint32_t>(index), 0});
  }
  module::ByteRange append(const std::vector<uint8_t>& bytes) {
    const uint64_t begin = bytes_->size();
    bytes_->insert(bytes_->end(), bytes.begin(), bytes.end());
    return {begin, bytes_->size()};
  }

  std::shared_ptr<module::TypeRegistry> types_;
  std::shared_ptr<std::vector<uint8_t>> bytes_;
  module::Module module_;
  std::vector<std::span<const uint8_t>> codes_;
};

struct StoreFixture {
  std::shared_ptr<module::TypeRegistry> types = std::make_shared<module::TypeRegistry>();
  std::unique_ptr<Store> store = make({}, true);

  std::unique_ptr<Store> make(const StoreOptions& options, bool guard_pages) {
    auto made = Store::create(types, options, guard_pages);
    REQUIRE(made.ok());
    return std::move(made).value();
  }
  Instance& instantiate(HandModule& module, std::string name = "test") {
    auto result = store->instantiate(module.load(), std::move(name));
    if (!result.ok()) FAIL(result.error().to_string());
    REQUIRE(result.value().instance);
    return *result.value().instance;
  }
};

inline RawValue i32(uint32_t value) {
  RawValue raw = {};
  raw.i32 = value;
  return raw;
}
inline RawValue i64(uint64_t value) {
  RawValue raw = {};
  raw.i64 = value;
  return raw;
}

}  // namespace wasmrun::runtime::test
