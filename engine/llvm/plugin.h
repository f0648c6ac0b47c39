// The plugin's one entry point. The engine loads the plugin only to compile, so that other runs never map LLVM.
// Visible: kPluginFile, kPluginEntry, PluginEntry, kPluginBuild, PluginBuild.
#pragma once

#include "engine/abi/compiler.h"
#include "engine/base/program.h"

namespace wasmrun::llvm_compiler {

inline constexpr char kPluginFile[] = "libwasmrun-llvm.so";
inline constexpr char kPluginEntry[] = "wasmrun_llvm_compiler";
/// A new compiler; the caller owns it.
using PluginEntry = abi::Compiler* (*)();

inline constexpr char kPluginBuild[] = "wasmrun_llvm_build_id";
/// The plugin's `own_build_id`. Where it differs from the program's, classes and generated code of the two do not fit.
using PluginBuild = const BuildId& (*)();

}  // namespace wasmrun::llvm_compiler
