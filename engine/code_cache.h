// What the command tells the engine about the cache, and asks it. Visible: CacheOptions, CodeOrigin, CacheFinding.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace wasmrun {

struct CacheOptions {
  std::string directory;   ///< empty: no cache
  int descriptor = -1;     ///< of the directory, instead of its name; stays the caller's
  uint64_t max_bytes = uint64_t{1} << 30;  ///< of all entries together
};

/// How a module came to its code.
struct CodeOrigin {
  bool is_optimized = false;
  size_t functions_by_baseline = 0;  ///< of optimized code that was made by this engine
  bool is_from_cache = false;
  std::chrono::nanoseconds compile_time{0};  ///< zero from the cache
  std::string cache_problem;                 ///< why the cache was not used or not written; empty when nothing is to be said
};

/// What the cache holds of a module for one compiler.
struct CacheFinding {
  std::string kind;     ///< "optimized", "baseline", "clusters"
  bool is_hit = false;  ///< a run would start on it; of clusters: some are there
  std::string file;     ///< the entry's name in the cache
  std::string reason;   ///< why it is no hit, or how far the clusters are; may be empty
  std::vector<std::string> others;  ///< entries of the same module that do not fit, and what differs
};

}  // namespace wasmrun
