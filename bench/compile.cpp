// Times validate + compile of a module on one thread: bench_compile ROUNDS FILE... prints "FILE MB MS MB/s" (medians).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "engine/engine.h"

namespace {

std::vector<uint8_t> read_file(const char* path) {
  std::vector<uint8_t> bytes;
  std::FILE* file = std::fopen(path, "rb");
  if (!file) return bytes;
  uint8_t buffer[65536];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) bytes.insert(bytes.end(), buffer, buffer + n);
  std::fclose(file);
  return bytes;
}

double milliseconds_to_load(wasmrun::Engine& engine, const std::vector<uint8_t>& bytes) {
  std::vector<uint8_t> copy = bytes;
  const auto begin = std::chrono::steady_clock::now();
  const auto loaded = engine.load(std::move(copy));
  const auto end = std::chrono::steady_clock::now();
  if (!loaded.ok()) {
    std::fprintf(stderr, "bench_compile: %s\n", loaded.error().to_string().c_str());
    std::exit(1);
  }
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: bench_compile ROUNDS FILE...\n"), 1;
  const int rounds = std::max(1, std::atoi(argv[1]));
  auto engine = wasmrun::Engine::create({.explicit_bounds_checks = false, .threads = 1});
  if (!engine.ok()) return std::fprintf(stderr, "bench_compile: %s\n", engine.error().to_string().c_str()), 1;
  for (int i = 2; i < argc; ++i) {
    const std::vector<uint8_t> bytes = read_file(argv[i]);
    if (bytes.empty()) return std::fprintf(stderr, "bench_compile: cannot read %s\n", argv[i]), 1;
    std::vector<double> times;
    for (int round = 0; round < rounds; ++round) times.push_back(milliseconds_to_load(*engine.value(), bytes));
    std::sort(times.begin(), times.end());
    const double median = times[times.size() / 2], megabytes = static_cast<double>(bytes.size()) / 1e6;
    std::printf("%s %.2f %.1f %.1f\n", argv[i], megabytes, median, megabytes / median * 1e3);
  }
}
