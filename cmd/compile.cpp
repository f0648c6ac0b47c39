// `wasmrun compile`: a program to an artifact, or to a native executable.
#include <memory>

#include "cmd/load.h"
#include "cmd/output_file.h"
#include "cmd/payload.h"
#include "cmd/progress.h"
#include "cmd/run_options.h"
#include "cmd/subcommands.h"

namespace wasmrun::cmd {
namespace {

/// The options that the executable has from the start: all but those that only matter now.
std::vector<std::string> words_for_later(const CommandLine& line) {
  std::vector<std::string> words;
  for (const std::string& option : line.options) {
    const std::string_view name = std::string_view(option).substr(0, option.find('='));
    if (name.starts_with("-O") || name.starts_with("-o") || name == "--exe" || name == "--target-cpu" || name == "-v") continue;
    words.push_back(option);
  }
  return words;
}

std::string default_output(const std::string& file, bool is_executable) {
  return module_name(file) + (is_executable ? "" : ".wasmx");
}

class Compilation {
 public:
  Compilation(const CommandLine& line, const RunOptions& options)
      : line_(line), options_(options), file_(line.files.front()), log_(options.verbose), progress_(file_, !options.verbose) {}

  std::optional<Failure> run() {
    if (file_ == "-" && !options_.output) return Failure{kFailed, "a program from standard input has no name", "Give one with -o FILE."};
    const std::string output = options_.output.value_or(default_output(file_, options_.exe));
    if (auto failure = OutputFile::check(output, file_)) return failure;
    if (auto failure = create_engine()) return failure;
    if (auto failure = compile()) return failure;

    OutputFile out(output);
    if (auto failure = out.open()) return failure;
    if (options_.exe) {
      if (auto failure = write_with_payload(out.fd(), *engine_, *loaded_, words_for_later(line_))) return out.failure(failure->message);
    } else if (auto written = engine_->write_artifact(*loaded_, out.fd()); !written.ok()) {
      return out.failure(written.error().message);
    }
    if (auto failure = out.finish(options_.exe)) return failure;
    log_.say("wrote " + output);
    return std::nullopt;
  }

 private:
  std::optional<Failure> create_engine() {
    EngineOptions wanted{.compiler = options_.level.value_or(2) == 0 ? CompilerChoice::Baseline : CompilerChoice::Optimizing,
                         .explicit_bounds_checks = options_.explicit_bounds_checks,
                         .canonical_nans = options_.deterministic_seed.has_value(),
                         .features = options_.features};
    wanted.target_cpu = options_.target_cpu.value_or("host");
    wanted.progress = progress_.callback();
    auto engine = Engine::create(wanted);
    if (!engine.ok() && wanted.compiler == CompilerChoice::Optimizing) {
      auto baseline = wanted;
      baseline.compiler = CompilerChoice::Baseline;
      auto second = Engine::create(baseline);
      // Something else is wrong.
      if (!second.ok()) return Failure{kFailed, second.error().to_string()};
      if (options_.level) {
        return Failure{kFailed, engine.error().to_string(),
                       "Install llvm-22-dev (scripts/setup does) and build wasmrun again: what it makes for that lies beside wasmrun or in lib/wasmrun. -O0 needs none."};
      }
      report("compiling with -O0: " + engine.error().to_string());
      engine = std::move(second);
    }
    if (!engine.ok()) return Failure{kFailed, engine.error().to_string()};
    engine_ = std::move(engine).value();
    return std::nullopt;
  }

  std::optional<Failure> compile() {
    auto failure = load_file(*engine_, log_, file_, loaded_);
    progress_.clear();
    if (failure) return failure;
    if (const std::string reason = not_optimized_because(*loaded_); !reason.empty()) {
      report("compiled " + (origin_of(*loaded_).is_optimized ? functions_by_baseline(*loaded_) + " " : "") + "with -O0: " + reason);
    }
    return std::nullopt;
  }

  const CommandLine& line_;
  const RunOptions& options_;
  const std::string& file_;
  Log log_;
  Progress progress_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<const LoadedModule> loaded_;
};

}  // namespace

int compile(const CommandLine& line) {
  RunOptions options;
  if (auto failure = parse_run_options(line, options)) return fail(*failure);
  if (auto failure = Compilation(line, options).run()) return fail(*failure);
  return kSuccess;
}

}  // namespace wasmrun::cmd
