// Debug locations in the form in which they reach the object. Visible: settle_locations, kInlinedSection.
#pragma once

namespace llvm {
class Module;
}

namespace wasmrun::llvm_compiler {

/// A section with the abi::InlinedLocations of an object; `function` counts imported functions too.
inline constexpr char kInlinedSection[] = ".wasmrun.inlined";

/// Call it after the last pass and before code generation.
/// - A debug location of an inlined instruction becomes one of the function that now holds it: its line is that of an entry in a new
///   section, with abi::InlinedLocation::kFlag. The object's line table, which knows lines only, then tells all of them apart.
/// - Code generation makes loads operands of other instructions, which keep their own locations: those get the load's, where a trap is.
void settle_locations(llvm::Module& ir);

}  // namespace wasmrun::llvm_compiler
