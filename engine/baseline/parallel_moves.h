// Moves between registers that happen at once. Visible: ParallelMoves.
#pragma once

#include <array>
#include <cstdint>

#include "engine/baseline/x64/assembler.h"

namespace wasmrun::baseline {

/// Collects moves of one register class and emits them in an order in which no source is overwritten before it is read.
template <class Register>
class ParallelMoves {
 public:
  void add(Register destination, Register source) {
    if (destination == source) return;
    sources_[x64::encoding(destination)] = source;
    ++readers_[x64::encoding(source)];
    pending_.insert(destination);
  }

  /// Calls `move(destination, source)`, and `exchange(a, b)` for what goes in circles.
  template <class Move, class Exchange>
  void emit(Move&& move, Exchange&& exchange) {
    while (!pending_.empty()) {
      bool moved = false;
      for (const Register destination : pending_) {
        if (readers_[x64::encoding(destination)] != 0) continue;
        const Register source = sources_[x64::encoding(destination)];
        move(destination, source);
        --readers_[x64::encoding(source)];
        pending_.erase(destination);
        moved = true;
      }
      if (moved || pending_.empty()) continue;
      // Only circles are left: each register is read exactly once. An exchange settles one destination; what was in it is
      // now in its source.
      const Register destination = pending_.first();
      const Register source = sources_[x64::encoding(destination)];
      exchange(destination, source);
      pending_.erase(destination);
      readers_[x64::encoding(source)] = 0;
      for (const Register other : pending_) {
        if (sources_[x64::encoding(other)] != destination) continue;
        readers_[x64::encoding(destination)] = 0;
        if (other == source) {
          pending_.erase(other);
        } else {
          sources_[x64::encoding(other)] = source;
          readers_[x64::encoding(source)] = 1;
        }
        break;
      }
    }
  }

 private:
  std::array<Register, 16> sources_{};
  std::array<uint8_t, 16> readers_{};
  x64::RegisterSet<Register> pending_;
};

/// Emits the moves of all 64 bits of general registers and of whole vector registers.
inline void emit_moves(x64::Assembler& assembler, ParallelMoves<x64::Gpr>& moves) {
  moves.emit([&](x64::Gpr dst, x64::Gpr src) { assembler.mov(x64::Width::W64, dst, src); },
             [&](x64::Gpr a, x64::Gpr b) { assembler.xchg(x64::Width::W64, a, b); });
}
inline void emit_moves(x64::Assembler& assembler, ParallelMoves<x64::Xmm>& moves) {
  moves.emit([&](x64::Xmm dst, x64::Xmm src) { assembler.movaps(dst, src); },
             [&](x64::Xmm a, x64::Xmm b) {
               assembler.movaps(x64::Xmm::xmm15, a);
               assembler.movaps(a, b);
               assembler.movaps(b, x64::Xmm::xmm15);
             });
}

}  // namespace wasmrun::baseline
