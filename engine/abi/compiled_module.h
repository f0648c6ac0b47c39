// What every compiler makes. Visible: CompiledModule, CompiledFunction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/abi/code_space.h"
#include "engine/base/indices.h"

namespace wasmrun::abi {

/// One defined function's code and its location list. Offsets count from CodeSpace::base().
struct CompiledFunction {
  uint32_t code_begin = 0;
  uint32_t code_end = 0;
  /// The function's part of its location list: `location_list` names the list, `location_begin/end` the bytes.
  uint32_t location_list = 0;
  uint32_t location_begin = 0;
  uint32_t location_end = 0;
};

/// Appends and reads pairs (code offset, module offset) of one function: each site where the guest can trap or leave the
/// function. Both are deltas from the pair before (the first from the function's begin and from 0), as unsigned and zigzag LEB128.
class LocationWriter {
 public:
  explicit LocationWriter(std::vector<uint8_t>& bytes, uint32_t code_begin) : bytes_(bytes), code_(code_begin) {}
  /// `code_offset` is the faulting instruction's begin, or a call's return address. Offsets must not decrease.
  void add(uint32_t code_offset, uint64_t module_offset);

 private:
  std::vector<uint8_t>& bytes_;
  uint32_t code_;
  uint64_t module_offset_ = 0;
};

/// Native code of one module with its tables. Immutable once compiled.
struct CompiledModule {
  std::unique_ptr<CodeSpace> code;
  std::vector<CompiledFunction> functions;  ///< defined functions, in module order
  std::vector<std::vector<uint8_t>> location_lists;

  const void* entry(uint32_t defined_function) const { return code->base() + functions[defined_function].code_begin; }
  /// The defined function whose code holds `address`, if any. Linear search is never used: a sorted index is built by `index()`.
  std::optional<uint32_t> find_function(const void* address) const;
  /// The module offset recorded for exactly this code address (a return address or a faulting instruction).
  std::optional<uint64_t> find_module_offset(uint32_t defined_function, const void* address) const;
  /// Builds the index that find_function uses. Call once, after the last function.
  void build_index();

 private:
  std::vector<uint32_t> by_address_;
};

}  // namespace wasmrun::abi
