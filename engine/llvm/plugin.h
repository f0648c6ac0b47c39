// The plugin's one entry point. The engine loads the plugin only to compile, so that other runs never map LLVM.
// Visible: kPluginFile, kPluginEntry, PluginEntry.
#pragma once

#include "engine/abi/compiler.h"

namespace wasmrun::llvm_compiler {

inline constexpr char kPluginFile[] = "libwasmrun-llvm.so";
/// Changes with every change of what passes between engine and plugin: both come from one build.
inline constexpr char kPluginEntry[] = "wasmrun_llvm_compiler_2";
/// A new compiler; the caller owns it.
using PluginEntry = abi::Compiler* (*)();

}  // namespace wasmrun::llvm_compiler
