// A module under both compilers. Visible: Pair, with_backtrace.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tests/support/catch.h"

namespace llvm_test {

/// An instance of one module under each compiler.
class Pair {
 public:
  Pair(const std::string& text, wasmrun::EngineOptions options) {
    options.features = wasmrun::module::FeatureSet::all();
    options.threads = 1;
    for (const wasmrun::CompilerChoice compiler : {wasmrun::CompilerChoice::Baseline, wasmrun::CompilerChoice::Optimizing}) {
      options.compiler = compiler;
      Side& side = compiler == wasmrun::CompilerChoice::Baseline ? baseline : optimized;
      auto engine = wasmrun::Engine::create(options);
      INFO((engine.ok() ? "" : engine.error().to_string()));
      REQUIRE(engine.ok());
      side.engine = std::move(engine).value();
      const auto loaded = side.engine->load({text.begin(), text.end()});
      INFO((loaded.ok() ? "" : loaded.error().to_string()));
      REQUIRE(loaded.ok());
      REQUIRE(wasmrun::not_optimized_because(*loaded.value()) == "");
      side.store = std::move(wasmrun::Store::create(*side.engine).value());
      side.instance = side.store->instantiate(loaded.value(), "module").value().instance;
      REQUIRE(side.instance);
    }
  }
  struct Side {
    std::unique_ptr<wasmrun::Engine> engine;
    std::unique_ptr<wasmrun::Store> store;
    wasmrun::Instance* instance = nullptr;
    wasmrun::Outcome call(const std::string& name, const std::vector<wasmrun::RawValue>& arguments) { return store->call(*instance, name, arguments); }
  };
  Side baseline, optimized;
};

/// "integer divide by zero at 3+120 at 5+200": functions and offsets.
inline std::string with_backtrace(const wasmrun::Trap& trap) {
  std::string text = trap.message.substr(0, trap.message.find('\n'));
  for (const wasmrun::BacktraceFrame& frame : trap.frames) {
    text += " at " + std::to_string(frame.function) + "+" + (frame.module_offset ? std::to_string(*frame.module_offset) : "?");
  }
  return text;
}

}  // namespace llvm_test
