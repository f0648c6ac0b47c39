// Understands the options of `run` and `exec`. The only file that includes CLI11, and the only one of the product that is
// built with C++ exceptions: CLI11 reports by them, and none leaves parse_run_options.
#include "cmd/run_options.h"

#include <algorithm>
#include <CLI/CLI.hpp>

namespace wasmrun::cmd {
namespace {

constexpr uint64_t kMinStackBytes = uint64_t{64} << 10;
constexpr uint64_t kMaxStackBytes = uint64_t{16} << 30;

/// The values as typed; CLI11 fills them.
struct RawOptions {
#define VALUE_OPTION(field, spelling) std::vector<std::string> field;
#define OPTIONAL_OPTION VALUE_OPTION
#define FLAG_OPTION(field, spelling) bool field = false;
#define LATER_OPTION(spelling)
#include "cmd/options.def"
#undef VALUE_OPTION
#undef OPTIONAL_OPTION
#undef FLAG_OPTION
#undef LATER_OPTION
};

/// A callback, so that CLI11 hands the words over as they are and splits none of them.
void add_value_option(CLI::App& app, const char* spelling, std::vector<std::string>& values) {
  app.add_option(spelling, CLI::callback_t([&values](const CLI::results_t& words) {
       values = words;
       return true;
     }))
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

// CLI11 is told of the options that are there: telling it of all took two fifths of what a small program's run executes.
std::optional<Failure> parse_raw(const CommandLine& line, RawOptions& raw) {
  if (line.options.empty()) return std::nullopt;
  CLI::App app;
  app.set_help_flag();
  const auto is_there = [&](std::string_view spelling) {
    return std::any_of(line.options.begin(), line.options.end(), [&](std::string_view option) { return option.starts_with(spelling); });
  };
#define VALUE_OPTION(field, spelling) \
  if (is_there(spelling)) add_value_option(app, spelling, raw.field);
#define OPTIONAL_OPTION VALUE_OPTION
#define FLAG_OPTION(field, spelling) \
  if (is_there(spelling)) app.add_flag(spelling, raw.field);
#define LATER_OPTION(spelling)
#include "cmd/options.def"
#undef VALUE_OPTION
#undef OPTIONAL_OPTION
#undef FLAG_OPTION
#undef LATER_OPTION
  std::vector<std::string> words(line.options.rbegin(), line.options.rend());
  try {
    app.parse(std::move(words));
  } catch (const CLI::Error& error) {
    return Failure{kFailed, error.what(), "See `wasmrun --help`."};
  }
  return std::nullopt;
}

Failure wrong_value(std::string_view option, std::string_view value, const std::string& problem) {
  return {kFailed, "option " + quoted(option) + ": " + quoted(value) + ": " + problem, "See `wasmrun --help`."};
}

template <class T, class Parse>
std::optional<Failure> parse_all(std::string_view option, const std::vector<std::string>& words, Parse parse,
                                 std::vector<T>& values) {
  for (const std::string& word : words) {
    auto parsed = parse(word);
    if (!parsed.value) return wrong_value(option, word, parsed.problem);
    values.push_back(std::move(*parsed.value));
  }
  return std::nullopt;
}

template <class T, class Parse>
std::optional<Failure> parse_last(std::string_view option, const std::vector<std::string>& words, Parse parse,
                                  std::optional<T>& value) {
  std::vector<T> values;
  if (auto failure = parse_all(option, words, parse, values)) return failure;
  if (!values.empty()) value = std::move(values.back());
  return std::nullopt;
}

std::optional<std::string> last(const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  return words.back();
}

}  // namespace

std::optional<Failure> parse_run_options(const CommandLine& line, RunOptions& options) {
  RawOptions raw;
  if (auto failure = parse_raw(line, raw)) return failure;
  if (auto failure = parse_all("--dir", raw.dir, parse_dir, options.dirs)) return failure;
  if (auto failure = parse_all("--preload", raw.preload, parse_preload, options.preloads)) return failure;
  if (auto failure = parse_last("--timeout", raw.timeout, parse_duration, options.timeout)) return failure;
  if (auto failure = parse_last("--cpu-time", raw.cpu_time, parse_duration, options.cpu_time)) return failure;
  if (auto failure = parse_last("--max-fds", raw.max_fds, parse_count, options.max_fds)) return failure;
  if (auto failure = parse_last("--deterministic", raw.deterministic, parse_seed, options.deterministic_seed)) return failure;
  if (auto failure = parse_last("--max-output", raw.max_output, parse_size, options.max_output_bytes)) return failure;
  if (auto failure = parse_last("--max-memory", raw.max_memory, parse_size, options.max_memory_bytes)) return failure;
  if (auto failure = parse_last("--stack-size", raw.stack_size, parse_size, options.stack_size_bytes)) return failure;
  if (auto failure = parse_last("--gc-heap-size", raw.gc_heap_size, parse_size, options.gc_heap_size_bytes)) return failure;
  for (const std::string& name : raw.enable) {
    const auto feature = module::find_feature(name);
    if (!feature && name != "all")
      return wrong_value("--enable", name, "no such feature; those that are off are " + module::options_off_by_default());
    options.features = feature ? options.features.with(*feature) : module::FeatureSet::all();
  }
  for (const std::string& setting : raw.env) {
    if (const std::string problem = check_env(setting); !problem.empty()) return wrong_value("--env", setting, problem);
  }
  if (const auto stack = options.stack_size_bytes; stack && (*stack < kMinStackBytes || *stack > kMaxStackBytes))
    return wrong_value("--stack-size", raw.stack_size.back(), "it must be from 64KiB to 16GiB");

  if (const auto level = last(raw.optimize)) {
    if (*level != "0" && *level != "2") return wrong_value("-O", *level, "the levels are 0 and 2");
    options.optimizes = *level == "2";
    options.level = options.optimizes ? 2 : 0;
    options.baseline_only = *level == "0";
  }

  options.tcplisten = std::move(raw.tcplisten);
  options.allow_connect = std::move(raw.allow_connect);
  options.allow_bind = std::move(raw.allow_bind);
  options.allow_resolve = std::move(raw.allow_resolve);
  options.env = std::move(raw.env);
  options.env_inherit = raw.env_inherit;
  options.argv0 = last(raw.argv0);
  options.invoke = last(raw.invoke);
  options.trace_wasi = last(raw.trace_wasi);
  options.timeout_text = last(raw.timeout).value_or("");
  options.cpu_time_text = last(raw.cpu_time).value_or("");
  options.max_output_text = last(raw.max_output).value_or("");
  options.explicit_bounds_checks = raw.explicit_bounds_checks;
  options.coredump = last(raw.coredump);
  options.perf = raw.perf;
  options.gdb = raw.gdb;
  options.no_landlock = raw.no_landlock;
  options.output = last(raw.output);
  options.target_cpu = last(raw.target_cpu);
  options.exe = raw.exe;
  options.allow_precompiled = raw.allow_precompiled;
  options.enable = std::move(raw.enable);
  options.cache_dir = last(raw.cache_dir);
  options.no_cache = raw.no_cache;
  options.json = raw.json;
  options.verbose = raw.verbose;
  options.wat = raw.wat;
  return std::nullopt;
}

}  // namespace wasmrun::cmd
