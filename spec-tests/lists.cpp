// The lists that select scripts and say what to expect of them.
#include "spec-tests/lists.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace wasmrun::spec_tests {
namespace {

namespace fs = std::filesystem;

/// The words of each line that has any, without comments.
Result<std::vector<std::vector<std::string>>> read_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{ErrorKind::Io, "cannot read " + path};
  std::vector<std::vector<std::string>> lines;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::vector<std::string> found;
    for (std::string word; words >> word;) found.push_back(word);
    if (!found.empty()) lines.push_back(std::move(found));
  }
  return lines;
}

std::optional<uint32_t> number(std::string_view text) {
  uint32_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<std::vector<ScriptFile>> find_scripts(const std::string& path) {
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  if (!fs::exists(status)) return Error{ErrorKind::Io, "no such file or folder: " + path};
  std::vector<ScriptFile> scripts;
  if (!fs::is_directory(status)) {
    scripts.push_back({path, path, std::nullopt});
    return scripts;
  }
  for (fs::recursive_directory_iterator entry(path, problem), end; !problem && entry != end; entry.increment(problem)) {
    if (entry->path().extension() != ".wast") continue;
    scripts.push_back({entry->path().string(), entry->path().lexically_relative(path).string(), std::nullopt});
  }
  if (problem) return Error{ErrorKind::Io, "cannot read " + path + ": " + problem.message()};
  std::sort(scripts.begin(), scripts.end(), [](const ScriptFile& a, const ScriptFile& b) { return a.name < b.name; });
  return scripts;
}

Result<std::vector<ScriptFile>> read_manifest(const std::string& file, const std::string& folder) {
  std::vector<ScriptFile> scripts;
  const auto lines = TRY(read_lines(file));
  for (const auto& words : lines) {
    const auto assertions = words.size() == 2 ? number(words[1]) : std::nullopt;
    if (!assertions) return Error{ErrorKind::Malformed, file + ": no number of assertions: " + words[0]};
    scripts.push_back({folder + "/" + words[0], words[0], assertions});
  }
  return scripts;
}

Result<ExpectedFailures> ExpectedFailures::read(const std::string& file) {
  ExpectedFailures expected;
  const auto lines = TRY(read_lines(file));
  for (const auto& words : lines) {
    const std::string& word = words[0];
    const size_t colon = word.rfind(':');
    const auto line = colon == std::string::npos ? std::nullopt : number(std::string_view(word).substr(colon + 1));
    expected.lines_[line ? word.substr(0, colon) : word].insert(line.value_or(0));
  }
  return expected;
}

void ExpectedFailures::apply(FileResult& result) const {
  const auto found = lines_.find(result.name);
  if (found == lines_.end()) return;
  std::set<uint32_t> missing = found->second;
  const bool whole = missing.contains(0);
  std::vector<Failure> unexpected;
  for (Failure& failure : result.failures) {
    const bool is_expected = whole || missing.contains(failure.line) || (failure.line != 0 && found->second.contains(failure.line));
    if (!is_expected) {
      unexpected.push_back(std::move(failure));
      continue;
    }
    if (whole) missing.erase(0);
    missing.erase(failure.line);
    result.expected_failures.push_back(std::move(failure));
  }
  for (const uint32_t line : missing) {
    const std::string place = result.name + (line ? ":" + std::to_string(line) : "");
    unexpected.push_back({line, place + ": expected a failure, got a pass"});
  }
  result.failures = std::move(unexpected);
}

}  // namespace wasmrun::spec_tests
