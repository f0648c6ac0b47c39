// How many threads are worth starting: what the scheduler and the cgroup allow, not what the machine has.
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "engine/engine_impl.h"

namespace wasmrun {
namespace {

// The beginning of a small file; empty when it cannot be read. No streams: they cost more than the file.
std::string read_small_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  char buffer[4096];
  const ssize_t size = read(file, buffer, sizeof buffer);
  close(file);
  return size > 0 ? std::string(buffer, static_cast<size_t>(size)) : std::string();
}

// This process's path in the hierarchy of `controller` ("" is the one hierarchy of cgroup v2) in /proc/self/cgroup,
// whose lines are "ID:CONTROLLERS:PATH".
std::string cgroup_path(const std::string& list, const std::string& controller) {
  size_t begin = 0;
  while (begin < list.size()) {
    const size_t end = std::min(list.find('\n', begin), list.size());
    const std::string line = list.substr(begin, end - begin);
    begin = end + 1;
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (controllers.find("," + controller + ",") != std::string::npos) return line.substr(second + 1);
  }
  return {};
}

unsigned threads_of_quota(double quota, double period) {
  if (quota <= 0 || period <= 0) return UINT32_MAX;
  return std::max(1u, static_cast<unsigned>((quota + period - 1) / period));
}

unsigned v2_limit(const std::string& directory) {
  const std::string text = read_small_file(directory + "/cpu.max");
  double quota = 0, period = 0;
  return std::sscanf(text.c_str(), "%lf %lf", &quota, &period) == 2 ? threads_of_quota(quota, period) : UINT32_MAX;
}

unsigned v1_limit(const std::string& directory) {
  const std::string quota = read_small_file(directory + "/cpu.cfs_quota_us");
  const std::string period = read_small_file(directory + "/cpu.cfs_period_us");
  return threads_of_quota(std::atof(quota.c_str()), std::atof(period.c_str()));
}

// The tightest quota from the process's group up to the root of what is mounted.
template <class Limit>
unsigned tightest(const std::string& root, std::string path, Limit limit) {
  unsigned threads = limit(root);
  while (path.size() > 1) {
    threads = std::min(threads, limit(root + path));
    path.resize(path.rfind('/'));
  }
  return threads;
}

unsigned cgroup_threads() {
  const std::string groups = read_small_file("/proc/self/cgroup");
  const std::string v1 = cgroup_path(groups, "cpu");
  const std::string v2 = cgroup_path(groups, "");
  unsigned threads = UINT32_MAX;
  if (!v2.empty()) threads = std::min(threads, tightest("/sys/fs/cgroup", v2, v2_limit));
  if (!v1.empty()) threads = std::min(threads, tightest("/sys/fs/cgroup/cpu", v1, v1_limit));
  return threads;
}

}  // namespace

unsigned available_threads() {
  cpu_set_t set;
  unsigned threads = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    threads = std::max(1, CPU_COUNT(&set));
  } else if (const long online = sysconf(_SC_NPROCESSORS_ONLN); online > 0) {
    threads = static_cast<unsigned>(online);  // more processors than the set holds
  }
  return threads == 1 ? 1 : std::min(threads, cgroup_threads());
}

}  // namespace wasmrun
