// The plugin's one entry point. The engine loads the plugin only to compile, so that other runs never map LLVM.
// Visible: kPluginFile, kPluginEntry, PluginEntry, kPluginContract, kContract.
#pragma once

#include "contract.h"
#include "engine/abi/compiler.h"

namespace wasmrun::llvm_compiler {

inline constexpr char kPluginFile[] = "libwasmrun-llvm.so";
inline constexpr char kPluginEntry[] = "wasmrun_llvm_compiler";
/// A new compiler; the caller owns it.
using PluginEntry = abi::Compiler* (*)();

/// The name of the plugin's own `kContract`. One that differs from the program's was built of other sources: classes and generated code
/// of the two do not fit.
inline constexpr char kPluginContract[] = "wasmrun_llvm_contract";
inline constexpr char kContract[] = "wasmrun contract " WASMRUN_CONTRACT;

}  // namespace wasmrun::llvm_compiler
