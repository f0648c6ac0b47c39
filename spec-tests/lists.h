// The lists that select scripts and say what to expect of them. Visible: find_scripts, read_manifest, ExpectedFailures.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "spec-tests/suite.h"

namespace wasmrun::spec_tests {

/// The scripts at `path`: itself, or in a folder all *.wast below it, by name. Errors: Io.
Result<std::vector<ScriptFile>> find_scripts(const std::string& path);

/// The scripts that `file` lists, "NAME ASSERTIONS" a line, in `folder`; "#" begins a comment. Errors: Io, Malformed.
Result<std::vector<ScriptFile>> read_manifest(const std::string& file, const std::string& folder);

/// Failures that are known: "NAME" for a whole script or "NAME:LINE" for one command a line; "#" begins a comment.
class ExpectedFailures {
 public:
  /// Errors: Io.
  static Result<ExpectedFailures> read(const std::string& file);
  /// Moves the expected ones of the failures aside, and adds one for each that was expected and did not come.
  void apply(FileResult& result) const;

 private:
  std::map<std::string, std::set<uint32_t>> lines_;  // by name; line 0 is the whole script
};

}  // namespace wasmrun::spec_tests
