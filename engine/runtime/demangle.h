// Symbol names as their source wrote them. Visible: demangle.
#pragma once

#include <string>

namespace wasmrun::runtime {

/// Turns a mangled C++ or Rust name into a readable one; any other name comes back as it is.
std::string demangle(const std::string& name);

}  // namespace wasmrun::runtime
