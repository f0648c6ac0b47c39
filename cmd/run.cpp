// `wasmrun run`: reads the options, then loads, links and runs the program.
#include "cmd/run_options.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "cmd/background.h"
#include "cmd/cache_options.h"
#include "cmd/coredump_file.h"
#include "cmd/import_hints.h"
#include "cmd/invoke.h"
#include "cmd/load.h"
#include "cmd/log.h"
#include "cmd/perf_map_file.h"
#include "cmd/progress.h"
#include "cmd/subcommands.h"
#include "cmd/time_limit.h"
#include "cmd/trap_report.h"
#include "engine/engine.h"
#include "wasi/threads.h"
#include "wasi/wasi.h"

namespace wasmrun::cmd {
namespace {

std::vector<std::string_view> host_environment() {
  std::vector<std::string_view> settings;
  for (char** setting = ::environ; setting && *setting; ++setting) settings.emplace_back(*setting);
  return settings;
}

/// The status a guest asked for, as the kernel can carry it: the low eight bits, but never 0 for a code that is not 0.
int exit_status_of(uint32_t exit_code) {
  const int status = static_cast<int>(exit_code & 0xff);
  return status == 0 && exit_code != 0 ? 1 : status;
}

bool exports_function(const LoadedModule& loaded, std::string_view name) {
  for (const ExternDescription& entry : exports_of(loaded)) {
    if (entry.kind == ExternKind::Func && entry.name == name) return true;
  }
  return false;
}

std::string list_functions(const LoadedModule& loaded) {
  constexpr size_t kMostListed = 20;
  std::string text;
  size_t count = 0;
  for (const ExternDescription& entry : exports_of(loaded)) {
    if (entry.kind != ExternKind::Func) continue;
    if (++count <= kMostListed) text += "  " + entry.name + ": " + entry.type + "\n";
  }
  if (count == 0) return "It exports no function.";
  if (count > kMostListed) text += "  ... and " + std::to_string(count - kMostListed) + " more\n";
  return "It exports:\n" + text;
}

constexpr size_t kDumpedFramesAtEachEnd = 10000;

/// As people want to read it: with lines of the source, and not too long.
Trap for_reading(Trap trap) {
  constexpr size_t kAtEachEnd = 20;
  if (trap.frames.size() > 2 * kAtEachEnd) {
    trap.frames_left_out += trap.frames.size() - 2 * kAtEachEnd;
    trap.frames.erase(trap.frames.begin() + kAtEachEnd, trap.frames.end() - kAtEachEnd);
  }
  find_source(trap);
  return trap;
}

/// One run of a program, from its options to its status.
class Program {
 public:
  /// A module inside this program's own file; no file: APP is one.
  struct Embedded {
    OwnedFd file;
    uint64_t offset = 0;
  };

  Program(const CommandLine& line, const RunOptions& options, Embedded embedded)
      : embedded_(std::move(embedded)), file_(line.files.front()), words_(line.guest_words), options_(options), log_(options.verbose),
        progress_(file_, options.optimizes && !options.verbose),
        time_limit_({options.timeout, options.timeout_text}, {options.cpu_time, options.cpu_time_text}) {}

  int run() {
    const int status = run_to_end();
    // Other threads of the program may still run.
    if (threads_) ::_exit(status);
    return status;
  }

 private:
  int run_to_end() {
    if (!time_limit_.start()) return fail({kFailed, "cannot start a thread for --timeout and --cpu-time"});
    if (auto failure = prepare()) return stop_and_fail(*failure);
    if (auto failure = load_preloads()) return stop_and_fail(*failure);
    if (auto failure = tell_tools()) return stop_and_fail(*failure);
    prepare_next_run();
    if (auto failure = restrict_files()) return stop_and_fail(*failure);
    if (auto status = preload()) return *status;
    if (auto failure = check_imports(file_, *loaded_)) return stop_and_fail(*failure);
    if (auto status = instantiate(file_, loaded_, module_name(file_), instance_)) return *status;
    log_.say("instantiated");
    return call_entry_point();
  }

  int stop_and_fail(const Failure& failure) {
    time_limit_.stop();
    return fail(failure);
  }

  std::optional<Failure> prepare() {
    auto engine = Engine::create({.compiler = options_.optimizes       ? CompilerChoice::Optimizing
                                              : options_.baseline_only ? CompilerChoice::Baseline
                                                                       : CompilerChoice::Automatic,
                                  .explicit_bounds_checks = options_.explicit_bounds_checks,
                                  .canonical_nans = options_.deterministic_seed.has_value(),
                                  .for_debugger = options_.gdb,
                                  .progress = progress_.callback(),
                                  .features = options_.features,
                                  .cache = cache_options(options_)});
    if (!engine.ok()) return Failure{kFailed, engine.error().to_string()};
    engine_ = std::move(engine).value();
    if (auto failure = embedded_.file.valid() ? load_embedded(*engine_, log_, embedded_.file, embedded_.offset, loaded_) : load(file_, loaded_)) return failure;
    if (auto failure = choose_entry_point()) return failure;

    wasi::WasiOptions given = wasi_options();
    if (auto failure = open_trace(given)) return failure;
    auto wasi = wasi::Wasi::create(std::move(given));
    if (!wasi.ok()) return Failure{kFailed, wasi.error().to_string()};
    wasi_ = std::move(wasi).value();
    announce_listeners();

    StoreOptions store_options;
    if (options_.stack_size_bytes) store_options.stack_size_bytes = *options_.stack_size_bytes;
    store_options.max_memory_bytes = options_.max_memory_bytes;
    store_options.gc_heap_size = options_.gc_heap_size_bytes;
    if (options_.coredump) store_options.backtrace_frames_at_each_end = kDumpedFramesAtEachEnd;
    auto store = Store::create(*engine_, store_options);
    if (!store.ok()) return Failure{kFailed, store.error().to_string()};
    store_ = std::move(store).value();
    wasi_->define_in(*store_, *loaded_);
    time_limit_.watch(store_.get());
    return define_threads(store_options);
  }

  std::optional<Failure> load(const std::string& file, std::shared_ptr<const LoadedModule>& loaded) {
    auto failure = load_file(*engine_, log_, file, loaded, options_.allow_precompiled ? Precompiled::Allow : Precompiled::Refuse);
    progress_.clear();
    return failure;
  }

  std::optional<Failure> define_threads(const StoreOptions& store_options) {
    if (!wasi::Threads::are_wanted(*loaded_)) return std::nullopt;
    threads_ = std::make_unique<wasi::Threads>(wasi::Threads::Program{
        *engine_, *wasi_, loaded_, module_name(file_), store_options, [this](const Outcome& outcome) { ::_exit(end(outcome)); }});
    if (auto defined = threads_->define_in(*store_); !defined.ok()) return describe_error(file_, defined.error());
    return std::nullopt;
  }

  /// Of the threads that end the program, the first decides its status; the others wait here for the end of the process.
  void begin_end() {
    if (has_ended_.test_and_set()) {
      for (;;) ::pause();
    }
    time_limit_.stop();
    background_.stop();
    if (const std::string report = background_.report(); !report.empty()) log_.say(report);
    say_what_was_seen();
  }

  /// Whoever asked for any port must learn which one it is.
  void announce_listeners() {
    const std::vector<std::string> addresses = wasi_->listener_addresses();
    for (size_t i = 0; i < addresses.size(); ++i) {
      if (i < options_.tcplisten.size() && options_.tcplisten[i].ends_with(":0")) {
        report("listening on " + addresses[i]);
      } else {
        log_.say("listening on " + addresses[i]);
      }
    }
  }

  wasi::WasiOptions wasi_options() const {
    wasi::WasiOptions given;
    given.args.push_back(options_.argv0.value_or(file_name(file_)));
    given.args.insert(given.args.end(), words_.begin(), words_.end());
    if (options_.env_inherit || !options_.env.empty())
      given.env = guest_environment(options_.env, options_.env_inherit, host_environment());
    for (const DirGrant& dir : options_.dirs) given.preopens.push_back({dir.host, dir.guest, dir.read_only});
    given.tcp_listeners = options_.tcplisten;
    given.inherited_listeners = wasi::inherited_listeners();
    given.deterministic_seed = options_.deterministic_seed;
    given.max_fds = options_.max_fds;
    given.max_output_bytes = options_.max_output_bytes;
    given.allow_connect = options_.allow_connect;
    given.allow_bind = options_.allow_bind;
    given.allow_resolve = options_.allow_resolve;
    return given;
  }

  /// The file is wasmrun's own: the program neither sees nor can close it.
  std::optional<Failure> open_trace(wasi::WasiOptions& given) const {
    if (!options_.trace_wasi) return std::nullopt;
    const std::string& where = *options_.trace_wasi;
    given.trace_summary = where == "summary";
    if (given.trace_summary) return std::nullopt;
    given.trace_fd = where == "-" ? ::dup(STDERR_FILENO) : ::open(where.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (given.trace_fd < 0) return Failure{kFailed, "--trace-wasi: cannot write " + quoted(where) + ": " + std::strerror(errno)};
    return std::nullopt;
  }

  /// A command has `_start`; a reactor may have `_initialize`, which comes before any other call.
  std::optional<Failure> choose_entry_point() {
    if (options_.invoke) {
      if (!exports_function(*loaded_, *options_.invoke)) {
        return Failure{kFailed, quoted(file_) + " exports no function " + quoted(*options_.invoke) + " for --invoke",
                       list_functions(*loaded_)};
      }
      return std::nullopt;
    }
    if (exports_function(*loaded_, "_start") || exports_function(*loaded_, "_initialize")) return std::nullopt;
    return Failure{kCannotRun, quoted(file_) + " is no program: it exports no function '_start'",
                   "Call one of its functions with --invoke NAME. " + list_functions(*loaded_)};
  }

  std::optional<Failure> check_imports(const std::string& file, const LoadedModule& loaded) {
    const auto missing = store_->missing_imports(loaded);
    if (missing.empty()) return std::nullopt;
    const std::string count = missing.size() == 1 ? "1 import" : std::to_string(missing.size()) + " imports";
    return Failure{kCannotRun, quoted(file) + " cannot be linked: nothing provides " + count, describe_missing_imports(missing)};
  }

  /// The last files that wasmrun itself opens.
  std::optional<Failure> load_preloads() {
    for (const Preload& preload : options_.preloads) {
      if (auto failure = load(preload.file, preloaded_.emplace_back())) {
        // 127 is for APP alone.
        if (failure->exit_code == kNotFound) *failure = {kFailed, "--preload: " + failure->message};
        return failure;
      }
      wasi_->define_in(*store_, *preloaded_.back());
    }
    return std::nullopt;
  }

  /// What profilers and debuggers are told, and what needs the rights that are given up next.
  std::optional<Failure> tell_tools() {
    const auto for_each_module = [&](auto&& visit) {
      for (size_t i = 0; i < preloaded_.size(); ++i) visit(*preloaded_[i], options_.preloads[i].name);
      visit(*loaded_, module_name(file_));
    };
    if (options_.perf) {
      std::string map;
      for_each_module([&](const LoadedModule& loaded, const std::string& name) { map += perf_map(loaded, name); });
      if (auto failure = write_perf_map(map)) return failure;
    }
    if (options_.gdb) for_each_module(register_with_debugger);
    if (!options_.coredump) return std::nullopt;
    const std::string path = *options_.coredump == "-" ? "core." + std::to_string(::getpid()) + ".wasm" : *options_.coredump;
    return CoredumpFile::prepare(path, coredump_);
  }

  /// Before the kernel restricts this thread and those that it starts.
  void prepare_next_run() {
    if (cache_options(options_).directory.empty()) return;
    const CodeOrigin origin = origin_of(*loaded_);
    const bool is_precompiled = !origin.is_from_cache && origin.compile_time.count() == 0;
    if (is_precompiled || origin.is_optimized || (options_.baseline_only && origin.is_from_cache) || options_.optimizes) return;
    background_.start(*engine_, loaded_, file_name(file_), code_words(), !options_.baseline_only);
  }

  /// The options that shape code, for the child.
  std::vector<std::string> code_words() const {
    std::vector<std::string> words;
    if (options_.explicit_bounds_checks) words.push_back("--explicit-bounds-checks");
    if (options_.deterministic_seed) words.push_back("--deterministic=0");
    for (const std::string& name : options_.enable) words.push_back("--enable=" + name);
    return words;
  }

  /// From here on the guest may run. The kernel's second layer is best effort; the first one does not rely on it.
  std::optional<Failure> restrict_files() {
    if (options_.no_landlock) return std::nullopt;
    const std::string problem = wasi_->restrict_files();
    if (!problem.empty()) {
      log_.say("files are not restricted by the kernel: " + problem);
      return std::nullopt;
    }
    log_.say("files are restricted by the kernel (Landlock)");
    if (!time_limit_.renew()) return Failure{kFailed, "cannot start a thread for --timeout and --cpu-time"};
    return std::nullopt;
  }

  /// Instantiates the modules of --preload in order. Returns a status when the program ends there.
  std::optional<int> preload() {
    for (size_t i = 0; i < options_.preloads.size(); ++i) {
      const Preload& preload = options_.preloads[i];
      const auto& loaded = preloaded_[i];
      if (auto failure = check_imports(preload.file, *loaded)) return stop_and_fail(*failure);
      Instance* instance = nullptr;
      if (auto status = instantiate(preload.file, loaded, preload.name, instance)) return status;
      if (auto status = initialize(preload.file, *instance)) return status;
      store_->define_instance(preload.name, *instance);
    }
    return std::nullopt;
  }

  std::optional<int> instantiate(const std::string& file, const std::shared_ptr<const LoadedModule>& loaded, std::string name,
                                 Instance*& instance) {
    auto result = store_->instantiate(loaded, std::move(name));
    if (!result.ok()) return stop_and_fail(describe_error(file, result.error()));
    instance = result.value().instance;
    if (!instance) return end(result.value().outcome);
    return std::nullopt;
  }

  std::optional<int> initialize(const std::string& file, Instance& instance) {
    if (!store_->function_type(instance, "_initialize")) return std::nullopt;
    if (auto failure = check_entry_type(file, instance, "_initialize")) return stop_and_fail(*failure);
    const Outcome outcome = store_->call(instance, "_initialize", {});
    if (outcome.kind != Outcome::Kind::Returned) return end(outcome);
    return std::nullopt;
  }

  int call_entry_point() {
    if (options_.invoke) return invoke(*options_.invoke);
    if (!store_->function_type(*instance_, "_start")) return initialize(file_, *instance_).value_or(kSuccess);
    if (auto failure = check_entry_type(file_, *instance_, "_start")) return stop_and_fail(*failure);
    return end(store_->call(*instance_, "_start", {}));
  }

  std::optional<Failure> check_entry_type(const std::string& file, Instance& instance, const char* name) {
    const auto type = store_->function_type(instance, name);
    if (type->params.empty() && type->results.empty()) return std::nullopt;
    return Failure{kCannotRun, quoted(file) + " is no program: its '" + name + "' has the type " + module::to_string(*type) +
                                   " instead of [] -> []"};
  }

  int invoke(const std::string& name) {
    const FuncType type = *store_->function_type(*instance_, name);
    if (words_.size() != type.params.size()) {
      return stop_and_fail({kFailed, "--invoke " + name + ": expected " + std::to_string(type.params.size()) + " arguments, found " +
                                         std::to_string(words_.size()),
                            "Its type is " + module::to_string(type) + "."});
    }
    std::vector<RawValue> arguments;
    for (size_t i = 0; i < words_.size(); ++i) {
      const auto value = parse_argument(type.params[i], words_[i]);
      if (!value) return stop_and_fail({kFailed, "--invoke " + name + ": " + quoted(words_[i]) + " is no " + module::to_string(type.params[i])});
      arguments.push_back(*value);
    }
    if (auto status = initialize(file_, *instance_)) return *status;
    const Outcome outcome = store_->call(*instance_, name, arguments);
    if (outcome.kind != Outcome::Kind::Returned) return end(outcome);
    std::string text;
    for (size_t i = 0; i < type.results.size(); ++i) text += print_value(type.results[i], outcome.results[i]) + "\n";
    begin_end();
    return print_to_stdout(text);
  }

  /// Reports the end of a call and says what the process's status is.
  int end(const Outcome& outcome) {
    begin_end();
    const bool has_failed = outcome.kind != Outcome::Kind::Returned && !(outcome.kind == Outcome::Kind::Exited && outcome.exit_code == 0);
    if (has_failed && !outcome.interrupted && !wasi_->output_exceeded()) {
      if (const std::string hint = wasi_->path_hint(); !hint.empty()) report(hint);
    }
    switch (outcome.kind) {
      case Outcome::Kind::Returned: return kSuccess;
      case Outcome::Kind::Exited: return exit_status_of(outcome.exit_code);
      case Outcome::Kind::Trapped: break;
    }
    const std::string backtrace = report_is_read() ? describe_backtrace(for_reading(outcome.trap)) : std::string();
    if (outcome.interrupted) return fail({kLimitReached, time_limit_.message(), backtrace});
    if (wasi_->output_exceeded()) return fail({kLimitReached, "wrote more than " + options_.max_output_text, backtrace});
    const int status = fail({kTrapped, "trap: " + outcome.trap.message, backtrace});
    if (coredump_) write_coredump(outcome.trap);
    return status;
  }

  void write_coredump(const Trap& trap) {
    const bool is_whole = store_->write_coredump(trap, file_.substr(file_.rfind('/') + 1),
                                                 [&](std::span<const uint8_t> bytes) { return coredump_->write(bytes); });
    const std::string problem = coredump_->finish(is_whole);
    report(problem.empty() ? "core dump: " + coredump_->path() : "no core dump " + quoted(coredump_->path()) + ": " + problem);
  }

  /// Once, at the end, whatever the status: programs tend to hide why they could not connect.
  void say_what_was_seen() {
    if (const std::string refusal = wasi_->network_refusal(); !refusal.empty()) report(refusal);
    std::string summary = wasi_->trace_summary();
    if (summary.empty()) return;
    summary.pop_back();
    report("what the program asked of the system:", summary);
  }

  Embedded embedded_;
  const std::string& file_;
  const std::vector<std::string>& words_;
  const RunOptions& options_;
  Log log_;
  Progress progress_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<const LoadedModule> loaded_;
  std::vector<std::shared_ptr<const LoadedModule>> preloaded_;  // one for each of the options
  std::unique_ptr<wasi::Wasi> wasi_;  // outlives the store that calls it
  std::unique_ptr<Store> store_;
  std::unique_ptr<wasi::Threads> threads_;  // null: the program starts none
  std::unique_ptr<CoredumpFile> coredump_;  // null: not wanted
  std::atomic_flag has_ended_;
  Instance* instance_ = nullptr;
  Background background_;
  TimeLimit time_limit_;  // stops before the store goes
};

int run_program(const CommandLine& line, Program::Embedded embedded) {
  RunOptions options;
  if (auto failure = parse_run_options(line, options)) return fail(*failure);
  // Never destroyed: the process ends here, and the kernel takes mappings down faster than destructors do.
  auto* const program = new Program(line, *new RunOptions(std::move(options)), std::move(embedded));
  return program->run();
}

}  // namespace

int run(const CommandLine& line) { return run_program(line, {}); }

int run_embedded(const CommandLine& line, OwnedFd file, uint64_t offset) { return run_program(line, {std::move(file), offset}); }

}  // namespace wasmrun::cmd
