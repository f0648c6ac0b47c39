// Writes what became of the scripts. Visible: Format, find_format, Totals, Reporter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "spec-tests/suite.h"

namespace wasmrun::spec_tests {

enum class Format { Text, Junit, Tap, Json };
/// "text", "junit", "tap", "json".
std::optional<Format> find_format(std::string_view name);

struct Totals {
  size_t files = 0, failed_files = 0, assertions = 0, failures = 0, expected_failures = 0;
  double seconds = 0;
  void add(const FileResult& result);
};

/// Writes to standard output as results come.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void begin(size_t files) = 0;
  virtual void file(const FileResult& result) = 0;
  virtual void end(const Totals& totals) = 0;
};
std::unique_ptr<Reporter> make_reporter(Format format);

}  // namespace wasmrun::spec_tests
