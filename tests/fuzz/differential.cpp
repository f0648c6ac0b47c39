// Runs modules of random content and prints what each exported function gave, for differential.mjs to compare with node.
// usage: fuzz_differential SUPPORT.wasm [--explicit-bounds-checks] [--gc-stress] FILE...
// Lines, fields parted by tabs:
//   module FILE                      the lines up to the next belong to it
//   extern NAME                      an external reference that it imports; the value is the number 7
//   instantiate OUTCOME
//   call NAME PARAMS RESULTS OUTCOME an argument is made of its position, see `argument`
//   memory NAME HASH                 of an exported memory at the end
//   log HASH                         of all that it told the support module
// OUTCOME: the results, or "trap" and the message. After exhaustion or an interrupt nothing more is run: "stop".
#include <signal.h>
#include <sys/time.h>

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

std::string shown(const Outcome& outcome, const std::vector<ValueType>& results) {
  if (stopped(outcome)) return "stop\t" + outcome.trap.message;
  if (outcome.kind == Outcome::Kind::Trapped) return "trap\t" + outcome.trap.message.substr(0, outcome.trap.message.find('\n'));
  std::string text = "ok\t";
  for (size_t i = 0; i < results.size(); ++i) text += (i ? " " : "") + shown(results[i], outcome.results[i]);
  return text;
}

// Globals of external references are the number 7, in the form that JavaScript's numbers have.
std::string module_of_externs(const LoadedModule& loaded) {
  std::string text;
  for (const ExternDescription& import : imports_of(loaded)) {
    if (import.module != "__fuzz_import" || import.kind != ExternKind::Global) continue;
    const std::string type = import.type.substr(std::string("global ").size());
    text += "(global (export \"" + import.name + "\") " + type + " (extern.convert_any (ref.i31 (i32.const 7))))\n";
    std::printf("extern\t%s\n", import.name.c_str());
  }
  return text;
}

struct Options {
  StoreOptions store{.stack_size_bytes = 1 << 20, .max_memory_bytes = 64 << 20, .gc_heap_size = 64 << 20};
  std::shared_ptr<const LoadedModule> support;
};

bool define_externs(Engine& engine, Store& store, const LoadedModule& loaded) {
  const std::string text = module_of_externs(loaded);
  if (text.empty()) return true;
  const auto externs = engine.load(std::vector<uint8_t>(text.begin(), text.end()));
  if (!externs.ok()) return std::printf("refused\t%s\n", externs.error().to_string().c_str()), false;
  const auto instance = store.instantiate(externs.value(), "externs");
  if (!instance.ok()) return std::printf("refused\t%s\n", instance.error().to_string().c_str()), false;
  store.define_instance("__fuzz_import", *instance.value().instance);
  return true;
}

void call_exports(Store& store, Instance& instance, const LoadedModule& loaded) {
  for (const ExternDescription& entry : exports_of(loaded)) {
    if (entry.kind != ExternKind::Func) continue;
    const auto type = store.function_type(instance, entry.name);
    if (!can_call(*type)) continue;
    std::vector<RawValue> arguments;
    for (const ValueType param : type->params) arguments.push_back(argument(param, arguments.size()));
    const Outcome outcome = store.call(instance, entry.name, arguments);
    std::printf("call\t%s\t%s\t%s\t%s\n", entry.name.c_str(), letters(type->params).c_str(), letters(type->results).c_str(),
                shown(outcome, type->results).c_str());
    if (stopped(outcome)) return;
  }
  for (const ExternDescription& entry : exports_of(loaded)) {
    if (entry.kind != ExternKind::Memory) continue;
    std::printf("memory\t%s\t%llu\n", entry.name.c_str(), static_cast<unsigned long long>(hash_of(*store.memory(instance, entry.name))));
  }
}

void run(Engine& engine, const Options& options, const char* path) {
  std::printf("module\t%s\n", path);
  const auto loaded = engine.load(read_file(path));
  if (!loaded.ok()) return void(std::printf("refused\t%s\n", loaded.error().to_string().c_str()));
  const auto made = Store::create(engine, options.store);
  if (!made.ok()) return void(std::printf("refused\t%s\n", made.error().to_string().c_str()));
  Store& store = *made.value();
  Instance& support = *store.instantiate(options.support, "support").value().instance;
  store.define_instance("fuzzing-support", support);
  if (!define_externs(engine, store, *loaded.value())) return;
  running_store = &store;
  set_alarm(kModuleMs);
  const auto instantiation = store.instantiate(loaded.value(), "module");
  if (!instantiation.ok()) {
    std::printf("refused\t%s\n", instantiation.error().to_string().c_str());
  } else {
    std::printf("instantiate\t%s\n", shown(instantiation.value().outcome, {}).c_str());
    if (instantiation.value().instance) call_exports(store, *instantiation.value().instance, *loaded.value());
    std::printf("log\t%lld\n", static_cast<long long>(store.global(support, "log")->second.i64));
  }
  set_alarm(0);
  running_store = nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  struct sigaction action {};
  action.sa_handler = on_alarm;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigaction(SIGALRM, &action, nullptr);
  Options options;
  EngineOptions engine_options{.threads = 1};
  int first = 2;
  for (; first < argc && argv[first][0] == '-'; ++first) {
    if (!std::strcmp(argv[first], "--explicit-bounds-checks")) engine_options.explicit_bounds_checks = true;
    if (!std::strcmp(argv[first], "--gc-stress")) options.store.gc_stress = true;
  }
  if (argc <= first) return std::fprintf(stderr, "usage: fuzz_differential SUPPORT.wasm [OPTIONS] FILE...\n"), 2;
  auto engine = Engine::create(engine_options);
  if (!engine.ok()) return std::fprintf(stderr, "%s\n", engine.error().to_string().c_str()), 1;
  const auto support = engine.value()->load(read_file(argv[1]));
  if (!support.ok()) return std::fprintf(stderr, "%s: %s\n", argv[1], support.error().to_string().c_str()), 1;
  options.support = support.value();
  for (int i = first; i < argc; ++i) run(*engine.value(), options, argv[i]);
}
