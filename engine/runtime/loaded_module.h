// A module ready to be instantiated. Visible: LoadedModule.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/abi/compiled_module.h"
#include "engine/abi/data_images.h"
#include "engine/abi/instance_layout.h"
#include "engine/module/module.h"
#include "engine/module/type_registry.h"

namespace wasmrun::runtime {

/// Decoded, validated and compiled. Immutable once the engine hands it out; stores share it.
struct LoadedModule {
  using FunctionNames = std::unordered_map<uint32_t, std::string>;

  LoadedModule(module::Module decoded, std::shared_ptr<module::TypeRegistry> registry)
      : types(std::move(registry)), module(std::move(decoded)), layout(module), objects(module) {}

  std::shared_ptr<module::TypeRegistry> types;
  module::Module module;
  abi::ModuleLayout layout;
  abi::ObjectLayouts objects;
  abi::CompiledModule code;
  /// Of memories, where the module comes from a file that has them.
  abi::DataImages images;
  /// Whether the optimizing compiler made the code.
  bool is_optimized = false;
  /// Whether the code comes from the cache, how long it took to make otherwise, and why the cache was not used.
  bool is_from_cache = false;
  std::chrono::nanoseconds compile_time{0};
  std::string cache_problem;
  /// Why the optimizing compiler, which was asked for, did not make the code, or left functions to the baseline; empty otherwise.
  std::string not_optimized;
  /// How many it left, where it made the others.
  size_t functions_by_baseline = 0;
  /// Reads the name section; backtraces call it. The decoder belongs to another room.
  FunctionNames (*read_function_names)(const module::Module&) = nullptr;
};

}  // namespace wasmrun::runtime
