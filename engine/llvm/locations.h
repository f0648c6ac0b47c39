// Debug locations in the form in which they reach the object. Visible: settle_locations, make_locate_accesses, kInlinedSection.
#pragma once

namespace llvm {
class Module;
class Pass;
}

namespace wasmrun::llvm_compiler {

/// A section with the abi::InlinedLocations of an object; `function` counts imported functions too.
inline constexpr char kInlinedSection[] = ".wasmrun.inlined";

/// Call it after the last pass and before code generation. A debug location of an inlined instruction becomes one of the function that
/// now holds it: its line is that of an entry in a new section, with abi::InlinedLocation::kFlag. The object's line table, which knows
/// lines only, then tells all of them apart.
void settle_locations(llvm::Module& ir);

/// The last pass of code generation. LLVM makes an access the operand of an instruction with a location of its own, or another access with
/// none; each machine instruction that may trap gets the location of its access back.
llvm::Pass* make_locate_accesses();

}  // namespace wasmrun::llvm_compiler
