// Loads every truncation and many single-byte flips of modules, and starts those that load: nothing may crash or take long.
// usage: fuzz_mutations FLIPS SEED FILE...
//   FLIPS single-byte flips, spread over the files; each truncation of files up to 64 KiB, else of 64 Ki places spread evenly.
// Prints one line a file and fails when one load or start takes over a second (ten under sanitizers).
#include <signal.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr double kLimitMs = 10000;
#else
constexpr double kLimitMs = 1000;
#endif
constexpr int kGuestMs = 20;  // a mutated guest may loop for ever: it is interrupted

wasmrun::Store* running_store = nullptr;
void on_alarm(int) {
  if (running_store) running_store->interrupt();
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

struct Tally {
  uint64_t runs = 0, loaded = 0, trapped = 0;
  double slowest_ms = 0;
};

wasmrun::HostOutcome answer_zero(void*, wasmrun::Caller&, const wasmrun::RawValue*, wasmrun::RawValue* results) {
  results[0].i64 = 0;
  return wasmrun::HostOutcome::returned();
}
wasmrun::HostOutcome answer_nothing(void*, wasmrun::Caller&, const wasmrun::RawValue*, wasmrun::RawValue*) {
  return wasmrun::HostOutcome::returned();
}

void set_alarm(int milliseconds) {
  itimerval timer{};
  timer.it_value.tv_usec = milliseconds * 1000;
  timer.it_interval.tv_usec = milliseconds * 1000;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

// Imports a guest may have are given functions that do nothing, as far as the flip left their types alone.
void define_imports(wasmrun::Store& store) {
  using wasmrun::module::kI32, wasmrun::module::kI64;
  const std::string wasi = "wasi_snapshot_preview1";
  for (const auto& [name, params] : std::vector<std::pair<std::string, std::vector<wasmrun::ValueType>>>{
           {"args_get", {kI32, kI32}}, {"args_sizes_get", {kI32, kI32}}, {"environ_get", {kI32, kI32}},
           {"environ_sizes_get", {kI32, kI32}}, {"clock_time_get", {kI32, kI64, kI32}}, {"fd_close", {kI32}},
           {"fd_fdstat_get", {kI32, kI32}}, {"fd_fdstat_set_flags", {kI32, kI32}}, {"fd_prestat_get", {kI32, kI32}},
           {"fd_prestat_dir_name", {kI32, kI32, kI32}}, {"fd_read", {kI32, kI32, kI32, kI32}},
           {"fd_seek", {kI32, kI64, kI32, kI32}}, {"fd_write", {kI32, kI32, kI32, kI32}},
           {"path_open", {kI32, kI32, kI32, kI32, kI32, kI64, kI64, kI32, kI32}}})
    store.define(wasi, name, {{params, {kI32}}, answer_zero, nullptr});
  store.define(wasi, "proc_exit", {{{kI32}, {}}, answer_nothing, nullptr});
}

void run(wasmrun::Engine& engine, const std::vector<uint8_t>& bytes, Tally& tally) {
  const auto begin = std::chrono::steady_clock::now();
  ++tally.runs;
  auto loaded = engine.load(bytes);
  if (loaded.ok()) {
    ++tally.loaded;
    auto store = wasmrun::Store::create(engine, {.stack_size_bytes = 256 << 10, .max_memory_bytes = 64 << 20});
    if (store.ok()) {
      define_imports(*store.value());
      running_store = store.value().get();
      set_alarm(kGuestMs);
      auto instantiation = store.value()->instantiate(loaded.value(), "mutation");
      if (instantiation.ok() && instantiation.value().instance) {
        auto type = store.value()->function_type(*instantiation.value().instance, "_start");
        if (type && type->params.empty()) {
          const auto outcome = store.value()->call(*instantiation.value().instance, "_start", {});
          tally.trapped += outcome.kind == wasmrun::Outcome::Kind::Trapped;
        }
      }
      set_alarm(0);
      running_store = nullptr;
    }
  }
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  tally.slowest_ms = std::max(tally.slowest_ms, ms);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: fuzz_mutations FLIPS SEED FILE...\n"), 2;
  const uint64_t flips = std::strtoull(argv[1], nullptr, 10) / static_cast<uint64_t>(argc - 3) + 1;
  uint64_t state = std::strtoull(argv[2], nullptr, 10) * 2 + 1;
  const auto next = [&state] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 33);
  };
  struct sigaction action {};
  action.sa_handler = on_alarm;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigaction(SIGALRM, &action, nullptr);
  auto engine = wasmrun::Engine::create({.explicit_bounds_checks = false, .threads = 1});
  if (!engine.ok()) return std::fprintf(stderr, "%s\n", engine.error().to_string().c_str()), 1;

  bool slow = false;
  for (int i = 3; i < argc; ++i) {
    const std::vector<uint8_t> original = read_file(argv[i]);
    if (original.empty()) return std::fprintf(stderr, "fuzz_mutations: cannot read %s\n", argv[i]), 2;
    Tally tally;
    const size_t step = original.size() / (64 << 10) + 1;
    for (size_t size = 0; size < original.size(); size += step)
      run(*engine.value(), std::vector<uint8_t>(original.begin(), original.begin() + static_cast<ptrdiff_t>(size)), tally);
    std::vector<uint8_t> mutant = original;
    for (uint64_t flip = 0; flip < flips; ++flip) {
      const size_t place = (static_cast<uint64_t>(next()) << 31 | next()) % original.size();
      mutant[place] = static_cast<uint8_t>(mutant[place] ^ (1 + next() % 255));
      run(*engine.value(), mutant, tally);
      mutant[place] = original[place];
    }
    std::printf("%s: %llu mutants, %llu loaded, %llu trapped, slowest %.0f ms\n", argv[i],
                static_cast<unsigned long long>(tally.runs), static_cast<unsigned long long>(tally.loaded),
                static_cast<unsigned long long>(tally.trapped), tally.slowest_ms);
    slow |= tally.slowest_ms > kLimitMs;
  }
  if (slow) std::fprintf(stderr, "fuzz_mutations: a mutant took longer than %.0f ms\n", kLimitMs);
  return slow;
}
