// Understands the options of `run` and `exec`. Visible: RunOptions, parse_run_options.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cmd/command_line.h"
#include "cmd/option_values.h"
#include "cmd/report.h"
#include "engine/engine.h"

namespace wasmrun::cmd {

struct RunOptions {
  std::vector<DirGrant> dirs;      ///< in the order of descriptors, from 3
  std::vector<std::string> env;    ///< as typed: "K=V" or "K"
  bool env_inherit = false;
  std::optional<std::string> argv0;
  std::optional<std::string> invoke;
  std::optional<std::string> trace_wasi;  ///< a file, "-" for standard error, "summary"
  std::vector<Preload> preloads;
  std::vector<std::string> tcplisten;  ///< as typed, as are the three below: wasi/ understands them
  std::vector<std::string> allow_connect, allow_bind, allow_resolve;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds> cpu_time;
  std::string timeout_text, cpu_time_text, max_output_text;  ///< as typed, for messages
  std::optional<uint64_t> deterministic_seed;
  std::optional<uint32_t> max_fds;
  std::optional<uint64_t> max_output_bytes;
  std::optional<uint64_t> max_memory_bytes;
  std::optional<uint64_t> stack_size_bytes;
  std::optional<uint64_t> gc_heap_size_bytes;
  module::FeatureSet features = module::FeatureSet::defaults();
  bool optimizes = false;  ///< -O2
  std::optional<int> level;  ///< -O, as typed
  std::optional<std::string> output, target_cpu;  ///< compile
  bool exe = false;                               ///< compile: an executable
  bool allow_precompiled = false;
  std::vector<std::string> enable;  ///< as typed; `features` is what it means
  bool baseline_only = false;   ///< -O0
  std::optional<std::string> cache_dir;
  bool no_cache = false;
  bool json = false;  ///< cache: for programs
  bool explicit_bounds_checks = false;
  bool no_landlock = false;
  bool perf = false;
  bool gdb = false;
  std::optional<std::string> coredump;  ///< a file; "-": one named after the process
  bool verbose = false;
  bool wat = false;  ///< inspect: as text
};

/// Of an option that takes one value, the last one counts. Failures are wrong usage and name the option and its value.
std::optional<Failure> parse_run_options(const CommandLine& line, RunOptions& options);

}  // namespace wasmrun::cmd
