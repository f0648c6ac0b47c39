// See cache_options.h.
#include "cmd/cache_options.h"

#include <stdlib.h>

#include "engine/cache/directory.h"

namespace wasmrun::cmd {

CacheOptions cache_options(const RunOptions& options) {
  CacheOptions cache;
  // A debugger wants to know every instruction's place, which kept code does not have.
  if (options.no_cache || options.gdb) return cache;
  cache.directory = options.cache_dir.value_or(cache::choose_path(::getenv("WASMRUN_CACHE_DIR"), ::getenv("XDG_CACHE_HOME"), ::getenv("HOME")));
  cache.max_bytes = cache::Directory::kDefaultMaxBytes;
  if (const char* const size = ::getenv("WASMRUN_CACHE_SIZE")) {
    if (const auto parsed = parse_size(size); parsed.value) cache.max_bytes = *parsed.value;
  }
  return cache;
}

}  // namespace wasmrun::cmd
