// Times what stands between a module and its first instruction: bench_instance ROUNDS [FILE...] makes instances of modules with data
// segments of several sizes, copied from the module and mapped from an artifact; then loads each FILE's artifact. Medians in
// microseconds; all kinds take turns.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "engine/base/owned_fd.h"
#include "engine/engine.h"

namespace {

using namespace wasmrun;
using Clock = std::chrono::steady_clock;

template <class T>
T must(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "bench_instance: %s\n", result.error().to_string().c_str());
  std::exit(1);
}

double microseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

double median(std::vector<double>& times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

std::vector<uint8_t> module_with_data(size_t data_bytes) {
  std::string text = "(module (memory 32) (data (i32.const 1024) \"";
  for (size_t i = 0; i < data_bytes; ++i) text += static_cast<char>('a' + i * i % 26);
  text += "\"))";
  return {text.begin(), text.end()};
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

OwnedFd artifact_of(Engine& engine, const LoadedModule& loaded) {
  OwnedFd file(::memfd_create("artifact", MFD_CLOEXEC));
  if (!file.valid() || !engine.write_artifact(loaded, file.get()).ok()) std::fprintf(stderr, "bench_instance: no artifact\n"), std::exit(1);
  return file;
}

/// One instance, from the request to its end.
struct Times {
  std::vector<double> instantiate, all;
};

void time_instance(Engine& engine, const std::shared_ptr<const LoadedModule>& loaded, Times& times) {
  const auto begin = Clock::now();
  {
    auto store = must(Store::create(engine));
    const auto middle = Clock::now();
    if (!must(store->instantiate(loaded, "")).instance) std::exit(1);
    times.instantiate.push_back(microseconds_since(middle));
  }
  times.all.push_back(microseconds_since(begin));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: bench_instance ROUNDS [FILE...]\n"), 1;
  const int rounds = std::max(1, std::atoi(argv[1]));
  const auto engine = must(Engine::create());

  struct Case {
    size_t data_bytes;
    const char* kind;
    std::shared_ptr<const LoadedModule> loaded;
    Times times;
  };
  std::vector<Case> cases;
  for (const size_t kilobytes : {0, 64, 256, 1024}) {
    auto compiled = must(engine->load(module_with_data(kilobytes << 10)));
    auto mapped = must(engine->load_artifact(artifact_of(*engine, *compiled).get(), 0));
    cases.push_back({kilobytes << 10, "compiled", std::move(compiled), {}});
    cases.push_back({kilobytes << 10, "artifact", std::move(mapped), {}});
  }
  for (int round = 0; round < rounds; ++round) {
    for (Case& item : cases) time_instance(*engine, item.loaded, item.times);
  }
  std::printf("%10s %10s %14s %22s\n", "data", "from", "instantiate us", "with store and end us");
  for (Case& item : cases) {
    std::printf("%7zu KB %10s %14.1f %22.1f\n", item.data_bytes >> 10, item.kind, median(item.times.instantiate), median(item.times.all));
  }

  for (int i = 2; i < argc; ++i) {
    const std::vector<uint8_t> bytes = read_file(argv[i]);
    const OwnedFd file = artifact_of(*engine, *must(engine->load(bytes)));
    std::vector<double> times, processor_times;
    for (int round = 0; round < std::min(rounds, 100); ++round) {
      const auto begin = Clock::now();
      const std::clock_t processor_begin = std::clock();
      must(engine->load_artifact(file.get(), 0));
      processor_times.push_back(static_cast<double>(std::clock() - processor_begin) * 1e6 / CLOCKS_PER_SEC);
      times.push_back(microseconds_since(begin));
    }
    std::printf("load %s: module %.2f MB, artifact %.2f MB, %.0f us, %.0f us of processor time\n", argv[i], static_cast<double>(bytes.size()) / 1e6,
                static_cast<double>(::lseek(file.get(), 0, SEEK_END)) / 1e6, median(times), median(processor_times));
  }
}
