// The one implementation of Engine, shared by the engine_*.cpp files only.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/abi/compiler.h"
#include "engine/artifact/artifact.h"
#include "engine/cache/cluster_log.h"
#include "engine/cache/directory.h"
#include "engine/dwarf/sections.h"
#include "engine/engine.h"
#include "engine/module/type_registry.h"

namespace wasmrun {

/// Keeps the objects of clusters for the next compilation of the same module. One call at a time.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  virtual std::optional<std::string> find(uint32_t cluster) = 0;
  virtual void keep(uint32_t cluster, std::string_view object) = 0;
};

/// Functions that the optimizing compiler left to the baseline.
struct LeftOut {
  size_t count = 0;
  std::string reason;  ///< of the first one; empty when its cluster was compiled before
};

class EngineImpl final : public Engine {
 public:
  Result<void> validate(std::span<const uint8_t> bytes) override;
  Result<ModuleSummary> summarize(std::span<const uint8_t> bytes) override;
  Result<void> print_text(std::span<const uint8_t> bytes, const std::function<void(std::string_view)>& write) override;
  Result<std::shared_ptr<const LoadedModule>> load(std::vector<uint8_t> bytes, std::string_view app) override;

  Result<void> write_artifact(const LoadedModule& loaded, int fd) override;
  Result<std::shared_ptr<const LoadedModule>> load_artifact(int fd, uint64_t offset) override;
  Result<std::vector<uint8_t>> module_of_artifact(int fd, uint64_t offset) override;

  bool can_optimize(const LoadedModule& loaded) override;
  Result<void> keep(const LoadedModule& loaded, std::string_view app) override;
  Result<bool> optimize(std::vector<uint8_t> bytes, std::string_view app) override;
  Result<std::vector<CacheFinding>> explain_cache(std::vector<uint8_t> bytes) override;
  std::string check_cache_entry(const std::string& file) override;
  int cache_descriptor() override;

  /// The cache; null when there is none, then with the reason. It is opened once; with `create` it is made when it is missing.
  cache::Directory* open_cache(bool create, std::string& problem);
  /// What the cache has of a binary module, the better compiler's first; null when nothing fits, perhaps with the reason.
  std::shared_ptr<const LoadedModule> find_in_cache(std::span<const uint8_t> binary, std::string& problem);
  /// A decoded module, checked and compiled; not looked for in the cache.
  Result<std::shared_ptr<const LoadedModule>> compile_module(module::Module decoded, bool optimized, ObjectStore* objects);
  /// The same by the optimizing compiler, beginning with the clusters that are in the cache, where the result is then; perhaps it is made
  /// by another process that was waited for. Errors beside those of compiling: Io; of the cache only with Wait::Yes, otherwise
  /// LoadedModule::cache_problem tells.
  Result<std::shared_ptr<const LoadedModule>> compile_for_cache(const cache::Directory& directory, module::Module decoded, std::string_view app,
                                                                cache::ClusterLog::Wait wait);
  /// Into compiler() if it is not there. Errors: Io.
  Result<abi::Compiler*> load_optimizing();

  /// What shapes the code that this engine makes by that compiler.
  artifact::Identity identity(bool is_optimized) const;
  /// As load_artifact, of exactly this identity and, where it is known, of this module.
  Result<std::shared_ptr<const LoadedModule>> load_artifact_of(const artifact::Identity& expected, int fd, uint64_t offset,
                                                               std::optional<std::span<const uint8_t>> module = std::nullopt);

  /// Validates all bodies and compiles them, but for clusters that `objects`, which may be null, has. Says what is left to the baseline.
  Result<abi::CompiledModule> compile(abi::Compiler& compiler, const module::Module& module, ObjectStore* objects, LeftOut& left_out);

  std::shared_ptr<module::TypeRegistry> types;
  abi::CompileOptions compile_options;
  bool for_debugger = false;
  CompilerChoice choice = CompilerChoice::Baseline;
  /// Null until it is needed.
  std::unique_ptr<abi::Compiler> optimizing;
  std::mutex optimizing_mutex;
  CacheOptions cache_options;
  std::optional<cache::Directory> cache;
  std::mutex cache_mutex;
  unsigned threads = 0;
  CompileProgress progress;
  module::FeatureSet features = module::FeatureSet::defaults();
};

/// The binary form of a module in either form, without a "#!" line. Errors as for Engine::load.
Result<std::vector<uint8_t>> binary_form(std::vector<uint8_t> bytes, module::FeatureSet features);
/// Decodes a module in binary or text form. Errors as for Engine::load.
Result<module::Module> decode_module(std::vector<uint8_t> bytes, module::TypeRegistry& types, module::FeatureSet features);

/// Loads the plugin of the optimizing compiler. Errors: Unsupported, with what to do.
Result<std::unique_ptr<abi::Compiler>> load_optimizing_compiler();
/// Its version and build, without loading it: "LLVM 22.1.8 (build 0123456789abcdef)". Empty when there is none.
const std::string& optimizing_compiler_name();

/// The debugging sections of a module, which the module owns.
dwarf::Sections dwarf_sections(const module::Module& module);

/// How many threads the scheduler's mask and the cgroup's quota allow; at least 1.
unsigned available_threads();

}  // namespace wasmrun
