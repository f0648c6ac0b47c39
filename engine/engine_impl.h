// The one implementation of Engine, shared by the engine_*.cpp files only.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/abi/compiler.h"
#include "engine/engine.h"
#include "engine/module/type_registry.h"

namespace wasmrun {

class EngineImpl final : public Engine {
 public:
  Result<void> validate(std::span<const uint8_t> bytes) override;
  Result<std::shared_ptr<const LoadedModule>> load(std::vector<uint8_t> bytes) override;

  std::shared_ptr<module::TypeRegistry> types;
  abi::CompileOptions compile_options;
  unsigned threads = 0;
  module::FeatureSet features = module::FeatureSet::defaults();
};

/// How many threads the scheduler's mask and the cgroup's quota allow; at least 1.
unsigned available_threads();

}  // namespace wasmrun
