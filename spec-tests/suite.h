// Runs many scripts at a time, each in a process of its own, so that a crash costs one script. Visible: ScriptFile, FileResult,
// SuiteOptions, run_scripts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "spec-tests/runner.h"

namespace wasmrun::spec_tests {

struct ScriptFile {
  std::string path;
  std::string name;  ///< as reports name it: relative to the folder given
  std::optional<uint32_t> wanted_assertions;
};

/// What is wrong at one place of a script; line 0 is the script as a whole.
struct Failure {
  uint32_t line = 0;
  std::string text;  ///< "file:line: expected ..., got ..."
};

struct FileResult {
  std::string name;
  uint32_t assertions = 0;
  std::vector<Failure> failures;
  std::vector<Failure> expected_failures;  ///< those that a list of expected failures names
  double seconds = 0;
};

struct SuiteOptions {
  RunnerOptions runner;
  unsigned jobs = 0;  ///< at a time; 0: one for each processor
  unsigned timeout_seconds = 60;
};

/// Runs the scripts in parallel and calls `finished` for each in the order given. Returns what kept it from beginning, if
/// anything did.
std::optional<std::string> run_scripts(const std::vector<ScriptFile>& scripts, const SuiteOptions& options,
                                       const std::function<void(FileResult)>& finished);

}  // namespace wasmrun::spec_tests
