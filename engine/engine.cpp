// Engine::create and what is found out about this machine once.
#include "engine/engine.h"

#include <sys/resource.h>

#include "engine/abi/compiler.h"
#include "engine/engine_impl.h"
#include "engine/runtime/memory.h"

namespace wasmrun {
namespace {

// Whether guarded memories, of 8 GiB address space each, are to be had: several of them, if there is a limit.
bool has_address_space() {
  constexpr rlim_t kEnough = rlim_t{64} << 30;
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < kEnough) return false;
  return runtime::Memory::can_reserve_guarded();
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::create(const EngineOptions& options) {
  if (!abi::CpuFeatures::host_is_supported()) {
    return Error{ErrorKind::Unsupported, "this processor is too old: wasmrun needs x86-64-v2 (SSE4.2 and POPCNT)"};
  }
  auto engine = std::make_unique<EngineImpl>();
  engine->types = std::make_shared<module::TypeRegistry>();
  const auto cpu = abi::CpuFeatures::find(options.target_cpu);
  if (!cpu) {
    return Error{ErrorKind::Unsupported,
                 "no such processor: '" + options.target_cpu + "'; there are host, x86-64-v2, x86-64-v3 and x86-64-v4"};
  }
  engine->compile_options.cpu = *cpu;
  engine->compile_options.guard_pages = !options.explicit_bounds_checks && has_address_space();
  engine->compile_options.canonical_nans = options.canonical_nans;
  engine->threads = options.threads;
  engine->progress = options.progress;
  engine->for_debugger = options.for_debugger;
  // Loaded only when something is to be compiled; what will be missing then is told now.
  const bool is_there = can_load_optimizing_compiler() && !optimizing_compiler_name().empty();
  if (options.compiler == CompilerChoice::Optimizing && !is_there) TRY(engine->load_optimizing());
  engine->choice = options.compiler;
  engine->cache_options = options.cache;
  engine->features = options.features;
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace wasmrun
