// `wasmrun wast`: its options, and the run from the list of files to the summary.
#include "spec-tests/wast_command.h"

#include <charconv>
#include <chrono>
#include <cstdio>

#include "spec-tests/lists.h"
#include "spec-tests/report.h"
#include "spec-tests/suite.h"

namespace wasmrun::spec_tests {
namespace {

constexpr int kPassed = 0, kFailed = 1, kWrongUsage = 125;

constexpr const char* kHelp =
    "usage: wasmrun wast [OPTIONS] FILE|DIR...\n"
    "Runs test scripts of the WebAssembly test suite (.wast). Exit status: 0 if all passed.\n"
    "  --format text|junit|tap|json  how to report (default: text)\n"
    "  --expect-failures FILE        \"NAME\" or \"NAME:LINE\" a line: these must fail\n"
    "  --filter TEXT                 only scripts whose name contains TEXT\n"
    "  --canonical-nans              one NaN for all, as --deterministic has it\n"
    "  -O2                           use the optimizing compiler\n"
    "  --no-baseline                 with -O2: a module that the optimizing compiler cannot compile fails\n"
    "  --explicit-bounds-checks      do not rely on guard pages\n"
    "  --gc-stress                   collect garbage at every allocation and overwrite what became free\n"
    "  --validate-only               parse and validate; run nothing\n"
    "  --manifest FILE               run the scripts that FILE lists (\"NAME ASSERTIONS\"), found in the one DIR;\n"
    "                                each must execute exactly that many assertions\n"
    "  --write-manifest              print such a list of all scripts that passed\n"
    "  --jobs N                      scripts at a time (default: processors)\n"
    "  --timeout SECONDS             limit of one script (default: 60)\n";

struct Options {
  SuiteOptions suite;
  Format format = Format::Text;
  std::string manifest;
  std::string expect_failures;
  std::string filter;
  bool write_manifest = false;
  bool help = false;
  std::vector<std::string> paths;
};

bool parse_number(const std::string& text, unsigned& number) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  return end.ec == std::errc() && end.ptr == text.data() + text.size() && number > 0;
}

/// Takes one option; `value` is empty for a flag. Returns what is wrong, or nothing.
std::string set_value(Options& options, const std::string& name, const std::string& value) {
  bool good = true;
  if (name == "--format") {
    const auto format = find_format(value);
    if (format) options.format = *format;
    good = format.has_value();
  } else if (name == "--expect-failures") {
    options.expect_failures = value;
  } else if (name == "--filter") {
    options.filter = value;
  } else if (name == "--manifest") {
    options.manifest = value;
  } else if (name == "--jobs") {
    good = parse_number(value, options.suite.jobs);
  } else if (name == "--timeout") {
    good = parse_number(value, options.suite.timeout_seconds);
  } else {
    return "unknown option '" + name + "'";
  }
  return good ? "" : "option '" + name + "': wrong value '" + value + "'";
}

bool set_flag(Options& options, const std::string& name) {
  if (name == "--explicit-bounds-checks") return options.suite.runner.explicit_bounds_checks = true;
  if (name == "--canonical-nans") return options.suite.runner.canonical_nans = true;
  if (name == "-O2") return options.suite.runner.optimize = true;
  if (name == "--no-baseline") return options.suite.runner.no_baseline = true;
  if (name == "--gc-stress") return options.suite.runner.gc_stress = true;
  if (name == "--validate-only") return options.suite.runner.validate_only = true;
  if (name == "--write-manifest") return options.write_manifest = true;
  if (name == "--help" || name == "-h") return options.help = true;
  return false;
}

std::string parse(std::span<const std::string> words, Options& options) {
  bool options_ended = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!options_ended && word == "--") {
      options_ended = true;
    } else if (options_ended || !word.starts_with("-")) {
      options.paths.push_back(word);
    } else if (!set_flag(options, word)) {
      const size_t equals = word.find('=');
      const bool has_value = equals != std::string::npos;
      if (!has_value && i + 1 == words.size()) return "option '" + word + "' is unknown or needs a value";
      const std::string problem = set_value(options, word.substr(0, equals), has_value ? word.substr(equals + 1) : words[++i]);
      if (!problem.empty()) return problem;
    }
  }
  if (options.help) return "";
  if (options.paths.empty()) return "no script to run";
  if (!options.manifest.empty() && options.paths.size() != 1) return "option '--manifest' needs exactly one folder";
  return "";
}

Result<std::vector<ScriptFile>> select_scripts(const Options& options) {
  std::vector<ScriptFile> scripts;
  for (const std::string& path : options.paths) {
    auto found = TRY(options.manifest.empty() ? find_scripts(path) : read_manifest(options.manifest, path));
    for (ScriptFile& script : found) {
      if (script.name.find(options.filter) != std::string::npos) scripts.push_back(std::move(script));
    }
  }
  if (scripts.empty()) return Error{ErrorKind::Io, "no script to run"};
  return scripts;
}

int refuse(const std::string& problem) {
  std::fprintf(stderr, "wasmrun: %s\nSee `wasmrun wast --help`.\n", problem.c_str());
  return kWrongUsage;
}

/// A manifest in place of a report: what passed as lines of it, what failed on standard error.
class ManifestWriter final : public Reporter {
 public:
  void begin(size_t) override {}
  void file(const FileResult& result) override {
    for (const Failure& failure : result.failures) std::fprintf(stderr, "%s\n", failure.text.c_str());
    if (result.failures.empty() && result.expected_failures.empty()) std::printf("%s %u\n", result.name.c_str(), result.assertions);
  }
  void end(const Totals& totals) override {
    std::fprintf(stderr, "%zu files, %zu failed\n", totals.files, totals.failed_files);
  }
};

int run(const Options& options) {
  const auto scripts = select_scripts(options);
  if (!scripts.ok()) return refuse(scripts.error().message);
  ExpectedFailures expected;
  if (!options.expect_failures.empty()) {
    auto read = ExpectedFailures::read(options.expect_failures);
    if (!read.ok()) return refuse(read.error().message);
    expected = std::move(read).value();
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto reporter = options.write_manifest ? std::unique_ptr<Reporter>(new ManifestWriter) : make_reporter(options.format);
  Totals totals;
  reporter->begin(scripts.value().size());
  const auto problem = run_scripts(scripts.value(), options.suite, [&](FileResult result) {
    expected.apply(result);
    totals.add(result);
    reporter->file(result);
  });
  if (problem) return refuse(*problem);
  totals.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  reporter->end(totals);
  // What could not be written must not look like a pass.
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) return kFailed;
  return totals.failed_files ? kFailed : kPassed;
}

}  // namespace

int run_wast_command(std::span<const std::string> words) {
  Options options;
  const std::string problem = parse(words, options);
  if (!problem.empty()) return refuse(problem);
  if (options.help) return std::fputs(kHelp, stdout), std::fflush(stdout), kPassed;
  return run(options);
}

}  // namespace wasmrun::spec_tests
