// Runs many scripts at a time, each in a process of its own.
#include "spec-tests/suite.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "spec-tests/features.h"

namespace wasmrun::spec_tests {
namespace {

using Clock = std::chrono::steady_clock;

/// A script that runs in a child process.
struct Running {
  size_t script = 0;
  pid_t pid = 0;
  int output = -1;
  Clock::time_point begin;
  std::string text;
};

ScriptReport run_file(const ScriptFile& script, const SuiteOptions& options) {
  ScriptReport report;
  const auto give_up = [&](const std::string& why) {
    report.failed = 1;
    report.failures.push_back(script.name + ": " + why);
    return report;
  };
  std::ifstream file(script.path, std::ios::binary);
  std::stringstream source;
  source << file.rdbuf();
  if (!file) return give_up("cannot be read");
  EngineOptions engine_options;
  engine_options.explicit_bounds_checks = options.runner.explicit_bounds_checks;
  engine_options.canonical_nans = options.runner.canonical_nans;
  if (options.runner.optimize) engine_options.compiler = CompilerChoice::Optimizing;
  engine_options.threads = 1;
  engine_options.features = features_of(script.path);
  auto engine = Engine::create(engine_options);
  if (!engine.ok()) return give_up(engine.error().to_string());
  return run_script(*engine.value(), script.name, source.str(), engine_options.features, options.runner);
}

/// The child's part: a line for each failure, then "= ASSERTIONS".
[[noreturn]] void run_child(const ScriptFile& script, const SuiteOptions& options, int output) {
  ::alarm(options.timeout_seconds);
  const ScriptReport report = run_file(script, options);
  FILE* out = ::fdopen(output, "w");
  for (std::string failure : report.failures) {
    std::replace(failure.begin(), failure.end(), '\n', ' ');
    std::fprintf(out, "%s\n", failure.c_str());
  }
  std::fprintf(out, "= %u\n", report.assertions);
  std::fclose(out);
  ::_exit(0);
}

bool start(const ScriptFile& script, const SuiteOptions& options, Running& running) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  running.begin = Clock::now();
  running.pid = ::fork();
  if (running.pid == 0) {
    ::close(ends[0]);
    run_child(script, options, ends[1]);
  }
  ::close(ends[1]);
  running.output = ends[0];
  return running.pid > 0;
}

/// The line number in "NAME:LINE: ...", or 0.
uint32_t line_of(const std::string& failure, const std::string& name) {
  if (!failure.starts_with(name + ":")) return 0;
  return static_cast<uint32_t>(std::strtoul(failure.c_str() + name.size() + 1, nullptr, 10));
}

FileResult finish(const Running& running, const ScriptFile& script) {
  FileResult result;
  result.name = script.name;
  result.seconds = std::chrono::duration<double>(Clock::now() - running.begin).count();
  int status = 0;
  while (::waitpid(running.pid, &status, 0) < 0 && errno == EINTR) {
  }
  bool complete = false;
  std::istringstream lines(running.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("= ")) {
      complete = std::sscanf(line.c_str(), "= %u", &result.assertions) == 1;
    } else {
      result.failures.push_back({line_of(line, script.name), line});
    }
  }
  const auto add = [&](const std::string& what) { result.failures.push_back({0, script.name + ": " + what}); };
  if (!complete || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    add(signal_number == SIGALRM ? "it ran too long"
        : signal_number          ? std::string("the process ended: ") + ::strsignal(signal_number)
                                 : std::string("the process ended early"));
  } else if (script.wanted_assertions && result.assertions != *script.wanted_assertions) {
    add("expected " + std::to_string(*script.wanted_assertions) + " assertions, got " + std::to_string(result.assertions));
  }
  return result;
}

}  // namespace

std::optional<std::string> run_scripts(const std::vector<ScriptFile>& scripts, const SuiteOptions& options,
                                       const std::function<void(FileResult)>& finished) {
  const size_t jobs = options.jobs ? options.jobs : static_cast<size_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  std::vector<Running> active;
  std::map<size_t, FileResult> waiting;  // for an earlier one to finish
  size_t next = 0, reported = 0;
  while (next < scripts.size() || !active.empty()) {
    while (next < scripts.size() && active.size() < jobs) {
      Running running;
      running.script = next;
      if (!start(scripts[next], options, running)) return std::string("cannot start a process: ") + ::strerror(errno);
      active.push_back(std::move(running));
      ++next;
    }
    std::vector<pollfd> polled;
    for (const Running& running : active) polled.push_back({running.output, POLLIN, 0});
    ::poll(polled.data(), polled.size(), -1);
    for (size_t i = active.size(); i-- > 0;) {
      if (!polled[i].revents) continue;
      char buffer[65536];
      const ssize_t count = ::read(active[i].output, buffer, sizeof buffer);
      if (count > 0) {
        active[i].text.append(buffer, static_cast<size_t>(count));
        continue;
      }
      ::close(active[i].output);
      const size_t script = active[i].script;
      waiting.emplace(script, finish(active[i], scripts[script]));
      active.erase(active.begin() + static_cast<ptrdiff_t>(i));
    }
    for (auto first = waiting.find(reported); first != waiting.end(); first = waiting.find(reported)) {
      finished(std::move(first->second));
      waiting.erase(first);
      ++reported;
    }
  }
  return std::nullopt;
}

}  // namespace wasmrun::spec_tests
