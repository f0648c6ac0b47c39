// Constant expressions. Visible: evaluate, check_supported.
#pragma once

#include <optional>

#include "engine/abi/instance_layout.h"
#include "engine/abi/traps.h"
#include "engine/base/result.h"
#include "engine/module/module.h"

namespace wasmrun::runtime {

class Instance;

/// The value of a validated constant expression of the instance's module. Globals and function objects that it names must be
/// there already. Nothing when the collected heap is full or a struct lacks its descriptor; `trap` then says so. An object that it
/// makes lives until the next collection: the caller puts it where the store's roots are, or into TemporaryRoots.
/// spec: valid-constant
std::optional<abi::Slot> evaluate(Instance& instance, module::ConstExpr expression, abi::TrapCode& trap);

/// Fails with Unsupported, "not supported yet: NAME", when a constant expression of a valid module uses an instruction that
/// `evaluate` does not know.
Result<void> check_const_exprs_supported(const module::Module& module);

}  // namespace wasmrun::runtime
