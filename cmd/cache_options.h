// Where the cache is, by options and environment. Visible: cache_options.
#pragma once

#include "cmd/run_options.h"
#include "engine/code_cache.h"

namespace wasmrun::cmd {

/// --no-cache, --cache-dir, $WASMRUN_CACHE_DIR, $XDG_CACHE_HOME, $HOME; $WASMRUN_CACHE_SIZE, which is ignored when it is no size.
CacheOptions cache_options(const RunOptions& options);

}  // namespace wasmrun::cmd
