// See background.h: the child's side.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "cmd/background.h"
#include "cmd/cache_options.h"
#include "engine/base/owned_fd.h"

namespace wasmrun::cmd {
namespace {

constexpr int kModule = 3, kCache = 4;
constexpr uint64_t kMostBytes = uint64_t{4} << 30;
/// Below this the optimizing compiler would not get far.
constexpr uint64_t kLeastBytes = uint64_t{256} << 20;
/// Address space that is no memory: libraries, guards, stacks.
constexpr uint64_t kOtherBytes = uint64_t{1} << 30;

/// The number after `name` in a small file, in the file's unit; `otherwise` when there is none.
uint64_t number_in(const char* file, std::string_view name, uint64_t otherwise) {
  const OwnedFd fd(::open(file, O_RDONLY | O_CLOEXEC));
  char buffer[4096];
  const ssize_t got = fd.valid() ? ::read(fd.get(), buffer, sizeof buffer - 1) : -1;
  if (got <= 0) return otherwise;
  buffer[got] = '\0';
  const char* const place = ::strstr(buffer, std::string(name).c_str());
  unsigned long long number;
  return place && ::sscanf(place + name.size(), "%llu", &number) == 1 ? number : otherwise;
}

/// Whether the cgroup has at least two processors' time, of which one is the program's. Priorities mean nothing to a quota.
bool has_time_to_spare() {
  constexpr const char* kQuota = "/sys/fs/cgroup/cpu.max";  // "QUOTA PERIOD" in microseconds, or "max PERIOD"
  const uint64_t quota = number_in(kQuota, "", UINT64_MAX);
  return quota == UINT64_MAX || quota / 2 >= number_in(kQuota, " ", 0);
}

/// Half of the memory that is free here.
uint64_t memory_to_use() {
  uint64_t available = number_in("/proc/meminfo", "MemAvailable:", kMostBytes >> 9) << 10;
  const uint64_t limit = number_in("/sys/fs/cgroup/memory.max", "", UINT64_MAX);
  if (limit != UINT64_MAX) available = std::min(available, limit - std::min(limit, number_in("/sys/fs/cgroup/memory.current", "", 0)));
  return std::min(available / 2, kMostBytes);
}

/// Whatever is short, the program comes first.
bool step_back() {
  if (const char* const priority = ::getenv(kPriorityVariable); !priority || std::string_view(priority) != "normal") {
    ::setpriority(PRIO_PROCESS, 0, 19);
    const sched_param parameters{};
    ::sched_setscheduler(0, SCHED_IDLE, &parameters);
    constexpr int kIdleClass = 3 << 13;
    ::syscall(SYS_ioprio_set, 1, 0, kIdleClass);
  }
  if (const OwnedFd score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)); score.valid()) {
    if (::write(score.get(), "1000", 4) != 4) return false;
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const uint64_t memory = memory_to_use();
  if (memory < kLeastBytes) return false;
  rlimit space;
  if (::getrlimit(RLIMIT_AS, &space) != 0) return false;
  space.rlim_cur = std::min<rlim_t>(space.rlim_max, std::min<rlim_t>(space.rlim_cur, memory + kOtherBytes));
  return ::setrlimit(RLIMIT_AS, &space) == 0;
}

std::vector<uint8_t> read_module() {
  struct stat status;
  if (::fstat(kModule, &status) != 0 || status.st_size <= 0) return {};
  std::vector<uint8_t> bytes(static_cast<size_t>(status.st_size));
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::pread(kModule, bytes.data() + filled, bytes.size() - filled, static_cast<off_t>(filled));
    if (got <= 0) return {};
    filled += static_cast<size_t>(got);
  }
  ::close(kModule);
  return bytes;
}

}  // namespace

int optimize_for_cache(const std::vector<std::string>& words) {
  if (words.size() < 2) return kFailed;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have ended before it was to be noticed.
  if (std::to_string(::getppid()) != words[0]) return kFailed;
  ::syscall(SYS_close_range, kCache + 1, ~0u, 0);
  CommandLine line;
  line.options.assign(words.begin() + 2, words.end());
  RunOptions options;
  if (parse_run_options(line, options)) return kFailed;
  EngineOptions engine_options{.compiler = CompilerChoice::Optimizing,
                               .explicit_bounds_checks = options.explicit_bounds_checks,
                               .canonical_nans = options.deterministic_seed.has_value(),
                               .features = options.features};
  engine_options.cache.descriptor = kCache;
  engine_options.cache.max_bytes = cache_options(options).max_bytes;
  // Before there is less address space: the engine's choice of bounds checks must be its parent's.
  auto engine = Engine::create(engine_options);
  if (!engine.ok() || !has_time_to_spare() || !step_back()) return kFailed;
  const auto done = engine.value()->optimize(read_module(), words[1]);
  return done.ok() ? kSuccess : kFailed;
}

}  // namespace wasmrun::cmd
