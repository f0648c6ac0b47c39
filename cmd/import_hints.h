// Explains imports that nothing provides. Visible: describe_missing_imports.
#pragma once

#include <span>
#include <string>

#include "engine/engine.h"

namespace wasmrun::cmd {

/// A line for each missing import with its type, then what such imports usually come from and what to do about it.
std::string describe_missing_imports(std::span<const Store::MissingImport> missing);

}  // namespace wasmrun::cmd
