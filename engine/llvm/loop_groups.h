// The accesses of a loop whose addresses are affine in its iteration. Visible: Access, Group.
#pragma once

#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/IR/InstrTypes.h>

#include <cstdint>
#include <vector>

namespace wasmrun::llvm_compiler {

/// A load or store of memory 0 whose address, of 32 bits or known not to wrap, is start + step * iteration.
struct Access {
  llvm::Instruction* instruction;
  llvm::Value* base;        ///< of the memory
  const llvm::SCEV* start;  ///< i32 or i64
  const llvm::SCEV* step;   ///< of the same type; zero for an address that stays
  uint64_t offset;          ///< added to the extended address
  uint64_t bytes;
};

/// Accesses with the same step whose starts are constants apart.
struct Group {
  struct Member {
    const Access* access;
    int64_t distance;  ///< of its start, from the first access's

    /// From the first access's start.
    int64_t place() const { return distance + static_cast<int64_t>(access->offset); }
  };

  const llvm::SCEV* start;  ///< of the lowest, by a signed distance from the first
  const llvm::SCEV* step;
  llvm::Value* base;
  int64_t lowest = 0;  ///< distance of `start` from the first access's
  std::vector<Member> members;
  bool is_stored = false;  ///< to

  // Made with the check.
  llvm::Value* pointer = nullptr;           ///< where the lowest access of the first iteration goes
  llvm::Value* step_value = nullptr;        ///< i64
  llvm::Value* low = nullptr;               ///< i64: the lowest address
  llvm::Value* high = nullptr;              ///< i64: behind the highest
  llvm::BinaryOperator* walked = nullptr;  ///< in the fast loop: step * iteration
};

}  // namespace wasmrun::llvm_compiler
