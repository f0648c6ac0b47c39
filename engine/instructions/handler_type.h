// How a compiler declares one handler a row of opcodes.def. Visible: HandlerType.
#pragma once

#include "engine/instructions/immediates.h"

namespace wasmrun::instructions {

/// `void()` for instructions without immediate, else `void(const Immediate&)`.
template <class Immediate>
struct HandlerType {
  using type = void(const Immediate&);
};
template <>
struct HandlerType<imm::None> {
  using type = void();
};

}  // namespace wasmrun::instructions
