// Runs one test script against the engine. Visible: ScriptReport, RunnerOptions, run_script.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace wasmrun::spec_tests {

struct RunnerOptions {
  bool explicit_bounds_checks = false;
  bool canonical_nans = false;
  bool optimize = false;
  /// With `optimize`: a module that the optimizing compiler leaves to the baseline is a failure.
  bool no_baseline = false;
  /// Collect garbage at every allocation and overwrite what became free.
  bool gc_stress = false;
  /// Only parse and validate; commands that execute are passed over.
  bool validate_only = false;
};

/// What became of one script.
struct ScriptReport {
  uint32_t assertions = 0;  ///< assertions executed, failed ones included
  uint32_t failed = 0;      ///< commands of any kind that failed
  /// "file:line: expected ..., got ...", one a failed command.
  std::vector<std::string> failures;
};

/// Runs the commands of the script `source`, whose modules may use `features`, as the engine; `file` is for the report. A store and the `spectest` module are made for
/// it.
ScriptReport run_script(Engine& engine, const std::string& file, const std::string& source,
                        module::FeatureSet features, const RunnerOptions& options);

}  // namespace wasmrun::spec_tests
