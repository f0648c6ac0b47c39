// Rust's own mangling scheme ("v0"). Visible: demangle_rust_v0.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wasmrun::runtime {

/// The path that `name` ("_R...") stands for, without crate hashes; nothing when it does not follow the grammar.
/// The grammar is that of the Rust reference, "v0 symbol format".
std::optional<std::string> demangle_rust_v0(std::string_view name);

}  // namespace wasmrun::runtime
