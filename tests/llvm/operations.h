// Every instruction that takes numbers or vectors, from opcodes.def, and modules made of it as text.
// Visible: Operation, operations, Random, Operands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/instructions/nan_results.h"

namespace llvm_test {

using wasmrun::RawValue;

/// One row of opcodes.def whose operands and results are numbers, vectors and perhaps an address.
struct Operation {
  std::string text;
  std::string immediate;  ///< the type of its immediate, as in opcodes.def
  std::vector<std::string> operands, results;  ///< "i32", "v128", ... or "addr"
  wasmrun::instructions::NanResult nans = wasmrun::instructions::NanResult::None;

  bool has_address() const { return !operands.empty() && operands[0] == "addr"; }
  bool is_store() const { return has_address() && results.empty(); }
  /// Of a memory access, from its immediate's name.
  uint32_t access_bytes() const;
};

/// All that do not wait for another thread.
const std::vector<Operation>& operations();

/// A small generator: the same numbers everywhere for one seed.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e37'79b9'7f4a'7c15 + 1) {}
  uint64_t next();
  uint32_t below(uint32_t end) { return static_cast<uint32_t>(next() >> 32) % end; }
  /// A value of the type, often one at which instructions differ: NaNs of all kinds, zeros, infinities, limits of integers.
  RawValue value(std::string_view type);
  /// What follows the instruction's name: lanes.
  std::string immediate(const Operation& operation);

 private:
  uint32_t bits32();
  uint64_t bits64();
  uint64_t state_;
};

/// "(i32.const 7)", bit for bit.
std::string constant(std::string_view type, const RawValue& value);
/// "(param i32 v128)"
std::string params(const std::vector<std::string>& types);
/// " (result i32)", or nothing.
std::string results(const std::vector<std::string>& types);

}  // namespace llvm_test
