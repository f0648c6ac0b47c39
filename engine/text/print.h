// Module to text. Visible: print_module.
#pragma once

#include <functional>
#include <string_view>

#include "engine/base/result.h"
#include "engine/module/module.h"
#include "engine/module/name_section.h"

namespace wasmrun::text {

/// Prints the module in parts through `write`; assemble_module makes the same module of the text, with the same bytes in function
/// bodies and data segments as far as the module's numbers are written in their shortest form. Custom sections are printed too,
/// without their exact place; the name section becomes identifiers. Errors: Malformed, where a body does not decode.
/// spec: text-module
Result<void> print_module(const module::Module& module, const module::NameSection& names,
                          const std::function<void(std::string_view)>& write);

}  // namespace wasmrun::text
