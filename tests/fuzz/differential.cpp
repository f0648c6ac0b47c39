// Runs modules of random content and prints what each exported function gave, for differential.mjs to compare with node; or runs each
// under both compilers and prints what differs.
// usage: fuzz_differential SUPPORT [--both-compilers] [--explicit-bounds-checks] [--canonical-nans] [--gc-stress] FILE...
// Lines, fields parted by tabs:
//   module FILE                      the lines up to the next belong to it
//   extern NAME                      an external reference that it imports; the value is the number 7
//   instantiate OUTCOME
//   call NAME PARAMS RESULTS OUTCOME an argument is made of its position, see `argument`
//   memory NAME HASH                 of an exported memory at the end
//   log HASH                         of all that it told the support module
// With --both-compilers, "FILE: LINE under the baseline | LINE when optimized" for the first that differ, and a line of counts.
// OUTCOME: the results, or "trap" and the message. After exhaustion or an interrupt nothing more is run: "stop".
#include <signal.h>
#include <sys/time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace {

using namespace wasmrun;

constexpr int kModuleMs = 5000;
Store* running_store = nullptr;
void on_alarm(int) {
  if (running_store) running_store->interrupt();
}
void set_alarm(int milliseconds) {
  itimerval timer{};
  timer.it_value.tv_sec = milliseconds / 1000;
  timer.it_value.tv_usec = milliseconds % 1000 * 1000;
  timer.it_interval.tv_usec = timer.it_value.tv_sec || timer.it_value.tv_usec ? 100000 : 0;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

std::vector<uint8_t> read_file(const char* path) {
  std::vector<uint8_t> bytes;
  std::FILE* file = std::fopen(path, "rb");
  if (!file) return bytes;
  uint8_t buffer[65536];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) bytes.insert(bytes.end(), buffer, buffer + n);
  std::fclose(file);
  return bytes;
}

/// Where the lines about a module go.
using Lines = std::vector<std::string>;

uint64_t hash_of(std::span<const uint8_t> bytes) {  // FNV-1a on 32 bits, which is quick in JavaScript too
  uint32_t hash = 2166136261u;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 16777619u;
  return hash;
}

// Vectors and exceptions cannot pass between JavaScript and WebAssembly.
bool passes(ValueType type) {
  const std::string text = to_string(type);
  return type.is_ref() ? text.find("exn") == std::string::npos : type != module::kV128;
}
bool can_call(const FuncType& type) {
  for (const ValueType param : type.params)
    if (!passes(param) || (param.is_ref() && !param.nullable())) return false;
  for (const ValueType result : type.results)
    if (!passes(result)) return false;
  return true;
}

RawValue argument(ValueType type, size_t position) {
  RawValue value{};
  if (type == module::kI32) value.i32 = static_cast<uint32_t>(position * 77 + 3);
  if (type == module::kI64) value.i64 = position * 77 + 3;
  if (type == module::kF32) value.f32 = static_cast<float>(position) + 0.5f;
  if (type == module::kF64) value.f64 = static_cast<double>(position) + 0.25;
  return value;
}

std::string shown(ValueType type, RawValue value) {
  char text[32];
  if (type == module::kI32) return std::to_string(static_cast<int32_t>(value.i32));
  if (type == module::kI64) return std::to_string(static_cast<int64_t>(value.i64));
  if (type == module::kF32) {
    if (value.f32 != value.f32) return "nan";
    std::snprintf(text, sizeof text, "%08x", value.i32);
    return text;
  }
  if (type == module::kF64) {
    if (value.f64 != value.f64) return "nan";
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value.i64));
    return text;
  }
  return value.ref == 0 ? "null" : "ref";
}

std::string letters(const std::vector<ValueType>& types) {
  std::string text;
  for (const ValueType type : types) {
    text += type == module::kI32 ? 'i' : type == module::kI64 ? 'l' : type == module::kF32 ? 'f' : type == module::kF64 ? 'd' : 'r';
  }
  return text.empty() ? "-" : text;
}

bool stopped(const Outcome& outcome) {
  const std::string& message = outcome.trap.message;
  return outcome.kind == Outcome::Kind::Trapped &&
         (outcome.interrupted || message.starts_with("call stack exhausted") || message.starts_with("allocation failure"));
}

bool shows_backtraces = false;

std::string backtrace(const Trap& trap) {
  std::string text;
  if (!shows_backtraces) return text;
  for (const BacktraceFrame& frame : trap.frames) {
    text += " at " + std::to_string(frame.function) + "+" + (frame.module_offset ? std::to_string(*frame.module_offset) : "?");
  }
  return text;
}

std::string shown(const Outcome& outcome, const std::vector<ValueType>& results) {
  if (stopped(outcome)) return "stop\t" + outcome.trap.message;
  if (outcome.kind == Outcome::Kind::Trapped) return "trap\t" + outcome.trap.message.substr(0, outcome.trap.message.find('\n')) + backtrace(outcome.trap);
  std::string text = "ok\t";
  for (size_t i = 0; i < results.size(); ++i) text += (i ? " " : "") + shown(results[i], outcome.results[i]);
  return text;
}

// Globals of external references are the number 7, in the form that JavaScript's numbers have.
std::string module_of_externs(const LoadedModule& loaded, Lines& lines) {
  std::string text;
  for (const ExternDescription& import : imports_of(loaded)) {
    if (import.module != "__fuzz_import" || import.kind != ExternKind::Global) continue;
    const std::string type = import.type.substr(std::string("global ").size());
    text += "(global (export \"" + import.name + "\") " + type + " (extern.convert_any (ref.i31 (i32.const 7))))\n";
    lines.push_back("extern\t" + import.name);
  }
  return text;
}

bool define_externs(Engine& engine, Store& store, const LoadedModule& loaded, Lines& lines) {
  const std::string text = module_of_externs(loaded, lines);
  if (text.empty()) return true;
  const auto externs = engine.load(std::vector<uint8_t>(text.begin(), text.end()));
  if (!externs.ok()) return lines.push_back("refused\t" + externs.error().to_string()), false;
  const auto instance = store.instantiate(externs.value(), "externs");
  if (!instance.ok()) return lines.push_back("refused\t" + instance.error().to_string()), false;
  store.define_instance("__fuzz_import", *instance.value().instance);
  return true;
}

void call_exports(Store& store, Instance& instance, const LoadedModule& loaded, Lines& lines) {
  for (const ExternDescription& entry : exports_of(loaded)) {
    if (entry.kind != ExternKind::Func) continue;
    const auto type = store.function_type(instance, entry.name);
    if (!can_call(*type)) continue;
    std::vector<RawValue> arguments;
    for (const ValueType param : type->params) arguments.push_back(argument(param, arguments.size()));
    const Outcome outcome = store.call(instance, entry.name, arguments);
    lines.push_back("call\t" + entry.name + "\t" + letters(type->params) + "\t" + letters(type->results) + "\t" + shown(outcome, type->results));
    if (stopped(outcome)) return;
  }
  for (const ExternDescription& entry : exports_of(loaded)) {
    if (entry.kind != ExternKind::Memory) continue;
    lines.push_back("memory\t" + entry.name + "\t" + std::to_string(hash_of(*store.memory(instance, entry.name))));
  }
}

/// A compiler, and the support module compiled by it.
struct Side {
  std::unique_ptr<Engine> engine;
  std::shared_ptr<const LoadedModule> support;
};

Lines run(const Side& side, const StoreOptions& options, const char* path, bool& is_optimized) {
  Lines lines;
  const auto loaded = side.engine->load(read_file(path));
  if (!loaded.ok()) return {"refused\t" + loaded.error().to_string()};
  is_optimized = not_optimized_because(*loaded.value()).empty();
  const auto made = Store::create(*side.engine, options);
  if (!made.ok()) return {"refused\t" + made.error().to_string()};
  Store& store = *made.value();
  Instance& support = *store.instantiate(side.support, "support").value().instance;
  store.define_instance("fuzzing-support", support);
  if (!define_externs(*side.engine, store, *loaded.value(), lines)) return lines;
  running_store = &store;
  set_alarm(kModuleMs);
  const auto instantiation = store.instantiate(loaded.value(), "module");
  if (!instantiation.ok()) {
    lines.push_back("refused\t" + instantiation.error().to_string());
  } else {
    lines.push_back("instantiate\t" + shown(instantiation.value().outcome, {}));
    if (instantiation.value().instance) call_exports(store, *instantiation.value().instance, *loaded.value(), lines);
    lines.push_back("log\t" + std::to_string(static_cast<int64_t>(store.global(support, "log")->second.i64)));
  }
  set_alarm(0);
  running_store = nullptr;
  return lines;
}

Side make_side(EngineOptions options, CompilerChoice compiler, const char* support) {
  options.compiler = compiler;
  auto engine = Engine::create(options);
  if (!engine.ok()) return std::fprintf(stderr, "%s\n", engine.error().to_string().c_str()), Side{};
  auto loaded = engine.value()->load(read_file(support));
  if (!loaded.ok()) return std::fprintf(stderr, "%s: %s\n", support, loaded.error().to_string().c_str()), Side{};
  return {std::move(engine).value(), std::move(loaded).value()};
}

// ---- Both compilers.

struct Counts {
  unsigned modules = 0, optimized = 0, calls = 0, traps = 0, stopped = 0, differences = 0;
};

bool is_stop(const std::string& line) { return line.find("stop\t") != std::string::npos; }

/// Compares line by line, up to where one stopped: exhaustion comes at another depth.
void compare(const char* path, const Lines& baseline, const Lines& optimized, Counts& counts) {
  for (size_t i = 0; i < std::max(baseline.size(), optimized.size()); ++i) {
    const std::string one = i < baseline.size() ? baseline[i] : "nothing", other = i < optimized.size() ? optimized[i] : "nothing";
    if (is_stop(one) || is_stop(other)) return void(++counts.stopped);
    counts.calls += one.starts_with("call\t");
    counts.traps += one.find("\ttrap\t") != std::string::npos;
    if (one == other) continue;
    ++counts.differences;
    return void(std::printf("%s: %s | %s\n", path, one.c_str(), other.c_str()));
  }
}

void run_both(const Side& baseline, const Side& optimizing, const StoreOptions& options, const char* path, Counts& counts) {
  // Whatever ends the process, the module is known.
  std::printf("module\t%s\n", path);
  std::fflush(stdout);
  bool is_optimized = false, ignored = false;
  const Lines one = run(baseline, options, path, ignored);
  const Lines other = run(optimizing, options, path, is_optimized);
  ++counts.modules;
  counts.optimized += is_optimized;
  compare(path, one, other, counts);
}

}  // namespace

int main(int argc, char** argv) {
  struct sigaction action {};
  action.sa_handler = on_alarm;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigaction(SIGALRM, &action, nullptr);
  StoreOptions store_options{.stack_size_bytes = 1 << 20, .max_memory_bytes = 64 << 20, .gc_heap_size = 64 << 20};
  EngineOptions engine_options{.threads = 1};
  bool both = false;
  int first = 2;
  for (; first < argc && argv[first][0] == '-'; ++first) {
    const std::string option = argv[first];
    if (option == "--both-compilers") both = true;
    if (option == "--explicit-bounds-checks") engine_options.explicit_bounds_checks = true;
    if (option == "--canonical-nans") engine_options.canonical_nans = true;
    if (option == "--gc-stress") store_options.gc_stress = true;
  }
  if (argc <= first) return std::fprintf(stderr, "usage: fuzz_differential SUPPORT [OPTIONS] FILE...\n"), 2;
  shows_backtraces = both;  // node has its own
  const Side baseline = make_side(engine_options, CompilerChoice::Baseline, argv[1]);
  const Side optimizing = both ? make_side(engine_options, CompilerChoice::Optimizing, argv[1]) : Side{};
  if (!baseline.engine || (both && !optimizing.engine)) return 1;
  Counts counts;
  for (int i = first; i < argc; ++i) {
    if (both) {
      run_both(baseline, optimizing, store_options, argv[i], counts);
      continue;
    }
    bool ignored = false;
    std::printf("module\t%s\n", argv[i]);
    for (const std::string& line : run(baseline, store_options, argv[i], ignored)) std::printf("%s\n", line.c_str());
  }
  if (!both) return 0;
  std::printf("%u modules, %u optimized, %u calls, %u traps, %u stopped, %u differences\n", counts.modules, counts.optimized, counts.calls,
              counts.traps, counts.stopped, counts.differences);
  return counts.differences != 0;
}
