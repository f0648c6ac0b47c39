// wast_runner: runs test scripts, each in a process of its own, so that a crash costs one script.
// Exit status: 0 all passed, 1 something failed, 2 wrong usage.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "spec-tests/runner.h"

namespace {

using namespace wasmrun;
using namespace wasmrun::spec_tests;

constexpr const char* kUsage =
    "usage: wast_runner [OPTIONS] FILE|DIR...\n"
    "  --explicit-bounds-checks   do not rely on guard pages\n"
    "  --gc-stress                collect garbage at every allocation and overwrite what became free\n"
    "  --validate-only            parse and validate; run nothing\n"
    "  --manifest FILE            run the scripts that FILE lists (\"name assertions\"), found in the one DIR;\n"
    "                             each must execute exactly that many assertions\n"
    "  --write-manifest           print name and number of assertions of every script that passed\n"
    "  --jobs N                   scripts at a time (default: processors)\n"
    "  --timeout SECONDS          limit of one script (default: 60)\n";

struct Options {
  RunnerOptions runner;
  std::string manifest;
  bool write_manifest = false;
  unsigned jobs = 0;
  unsigned timeout_seconds = 60;
  std::vector<std::string> paths;
};

struct Script {
  std::string path;
  std::string name;
  long wanted_assertions = -1;
};

// A script that runs in a child process, or has run.
struct Running {
  size_t script = 0;
  pid_t pid = 0;
  int output = -1;
  std::string text;
};

bool read_file(const std::string& path, std::string& text) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  std::stringstream buffer;
  buffer << file.rdbuf();
  text = buffer.str();
  return true;
}

/// What the modules of a script may use: a proposal's scripts of the official suite use that proposal, and assert what was
/// true when it was written: those on threads know one memory and one table, with 32-bit addresses.
module::FeatureSet features_of(const std::string& path) {
  using module::Feature;
  const auto defaults = module::FeatureSet::defaults();
  const auto is_of = [&](const char* proposal) { return path.find(std::string("proposals/") + proposal + "/") != path.npos; };
  if (is_of("threads"))
    return defaults.without(Feature::multi_memory).without(Feature::multi_table).without(Feature::memory64);
  for (const Feature feature : {Feature::wide_arithmetic, Feature::custom_page_sizes, Feature::custom_descriptors})
    if (is_of(to_string(feature))) return defaults.with(feature);
  return defaults;
}

// The child's part: what it prints ends with a line "= assertions failed".
[[noreturn]] void run_child(const Script& script, const Options& options, int output) {
  alarm(options.timeout_seconds);
  std::string source;
  ScriptReport report;
  if (!read_file(script.path, source)) {
    report.failed = 1;
    report.failures.push_back(script.name + ": cannot be read");
  } else {
    EngineOptions engine_options;
    engine_options.explicit_bounds_checks = options.runner.explicit_bounds_checks;
    engine_options.threads = 1;
    engine_options.features = features_of(script.path);
    auto engine = Engine::create(engine_options);
    if (!engine.ok()) {
      report.failed = 1;
      report.failures.push_back(script.name + ": " + engine.error().to_string());
    } else {
      report = run_script(*engine.value(), script.name, source, engine_options.features, options.runner);
    }
  }
  FILE* out = fdopen(output, "w");
  for (const std::string& failure : report.failures) std::fprintf(out, "%s\n", failure.c_str());
  std::fprintf(out, "= %u %u\n", report.assertions, report.failed);
  std::fclose(out);
  _exit(0);
}

Running start(size_t index, const Script& script, const Options& options) {
  Running running;
  running.script = index;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    std::perror("wast_runner: pipe");
    std::exit(2);
  }
  std::fflush(nullptr);
  running.pid = fork();
  if (running.pid < 0) {
    std::perror("wast_runner: fork");
    std::exit(2);
  }
  if (running.pid == 0) {
    close(ends[0]);
    run_child(script, options, ends[1]);
  }
  close(ends[1]);
  running.output = ends[0];
  return running;
}

struct Summary {
  unsigned scripts = 0, failed_scripts = 0;
  unsigned long assertions = 0, failed = 0;
  std::map<std::string, uint32_t> passed;  // name to assertions
};

// Prints what a finished script has to say and adds it to the summary.
void finish(const Running& running, const Script& script, Summary& summary) {
  int status = 0;
  waitpid(running.pid, &status, 0);
  ++summary.scripts;
  unsigned assertions = 0, failed = 0;
  const size_t last_line = running.text.rfind("= ");
  const bool complete = WIFEXITED(status) && WEXITSTATUS(status) == 0 && last_line != std::string::npos &&
                        std::sscanf(running.text.c_str() + last_line, "= %u %u", &assertions, &failed) == 2;
  if (complete) {
    std::fputs(running.text.substr(0, last_line).c_str(), stdout);
  } else {
    failed = 1;
    const int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    std::printf("%s: the process %s\n", script.name.c_str(),
                signal_number == SIGALRM ? "ran too long"
                : signal_number          ? strsignal(signal_number)
                                         : "ended early");
  }
  if (script.wanted_assertions >= 0 && assertions != static_cast<unsigned long>(script.wanted_assertions)) {
    std::printf("%s: expected %ld assertions, got %u\n", script.name.c_str(), script.wanted_assertions, assertions);
    ++failed;
  }
  summary.assertions += assertions;
  summary.failed += failed;
  if (failed) {
    ++summary.failed_scripts;
  } else {
    summary.passed[script.name] = assertions;
  }
}

Summary run_all(const std::vector<Script>& scripts, const Options& options) {
  Summary summary;
  std::vector<Running> active;
  size_t next = 0;
  while (next < scripts.size() || !active.empty()) {
    while (next < scripts.size() && active.size() < options.jobs) {
      active.push_back(start(next, scripts[next], options));
      ++next;
    }
    std::vector<pollfd> polled;
    for (const Running& running : active) polled.push_back({running.output, POLLIN, 0});
    poll(polled.data(), polled.size(), -1);
    for (size_t i = active.size(); i-- > 0;) {
      if (!polled[i].revents) continue;
      char buffer[65536];
      const ssize_t count = read(active[i].output, buffer, sizeof buffer);
      if (count > 0) {
        active[i].text.append(buffer, static_cast<size_t>(count));
        continue;
      }
      close(active[i].output);
      finish(active[i], scripts[active[i].script], summary);
      active.erase(active.begin() + static_cast<ptrdiff_t>(i));
    }
  }
  return summary;
}

// --- Command line
// -----------------------------------------------------------------------------------------------------

[[noreturn]] void usage() {
  std::fputs(kUsage, stderr);
  std::exit(2);
}

Options parse_options(int argc, char** argv) {
  Options options;
  const auto value = [&](int& i) -> const char* {
    if (++i >= argc) usage();
    return argv[i];
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--explicit-bounds-checks") {
      options.runner.explicit_bounds_checks = true;
    } else if (word == "--gc-stress") {
      options.runner.gc_stress = true;
    } else if (word == "--validate-only") {
      options.runner.validate_only = true;
    } else if (word == "--manifest") {
      options.manifest = value(i);
    } else if (word == "--write-manifest") {
      options.write_manifest = true;
    } else if (word == "--jobs") {
      options.jobs = static_cast<unsigned>(std::atoi(value(i)));
    } else if (word == "--timeout") {
      options.timeout_seconds = static_cast<unsigned>(std::atoi(value(i)));
    } else if (word.starts_with("-")) {
      usage();
    } else {
      options.paths.emplace_back(word);
    }
  }
  if (options.paths.empty()) usage();
  if (options.jobs == 0) options.jobs = std::max(1L, sysconf(_SC_NPROCESSORS_ONLN));
  return options;
}

void add_directory(const std::filesystem::path& directory, std::vector<Script>& scripts) {
  std::vector<Script> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.path().extension() != ".wast") continue;
    found.push_back({entry.path().string(), entry.path().lexically_relative(directory).string()});
  }
  std::sort(found.begin(), found.end(), [](const Script& a, const Script& b) { return a.name < b.name; });
  scripts.insert(scripts.end(), found.begin(), found.end());
}

std::vector<Script> scripts_of_manifest(const Options& options) {
  std::ifstream manifest(options.manifest);
  if (!manifest || options.paths.size() != 1) {
    std::fprintf(stderr, "wast_runner: %s: cannot be read, or not one directory given\n", options.manifest.c_str());
    std::exit(2);
  }
  std::vector<Script> scripts;
  std::string line;
  while (std::getline(manifest, line)) {
    std::istringstream words(line);
    Script script;
    if (!(words >> script.name) || script.name[0] == '#') continue;
    if (!(words >> script.wanted_assertions)) {
      std::fprintf(stderr, "wast_runner: %s: no number of assertions: %s\n", options.manifest.c_str(), line.c_str());
      std::exit(2);
    }
    script.path = options.paths[0] + "/" + script.name;
    scripts.push_back(std::move(script));
  }
  return scripts;
}

std::vector<Script> find_scripts(const Options& options) {
  if (!options.manifest.empty()) return scripts_of_manifest(options);
  std::vector<Script> scripts;
  for (const std::string& path : options.paths) {
    if (std::filesystem::is_directory(path)) {
      add_directory(path, scripts);
    } else {
      scripts.push_back({path, path});
    }
  }
  return scripts;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  const std::vector<Script> scripts = find_scripts(options);
  const Summary summary = run_all(scripts, options);
  if (options.write_manifest) {
    for (const auto& [name, assertions] : summary.passed) std::printf("%s %u\n", name.c_str(), assertions);
  }
  std::fprintf(options.write_manifest ? stderr : stdout,
               "%u scripts, %lu assertions; %u scripts failed, %lu commands failed\n", summary.scripts,
               summary.assertions, summary.failed_scripts, summary.failed);
  return scripts.empty() || summary.failed_scripts ? 1 : 0;
}
