// Writes what became of the scripts: lines for people, JUnit's XML, the Test Anything Protocol, JSON.
#include "spec-tests/report.h"

#include <cstdio>
#include <string>

namespace wasmrun::spec_tests {
namespace {

class TextReporter final : public Reporter {
 public:
  void begin(size_t) override {}
  void file(const FileResult& result) override {
    for (const Failure& failure : result.failures) std::printf("%s\n", failure.text.c_str());
    std::fflush(stdout);
  }
  void end(const Totals& totals) override {
    std::printf("%zu files, %zu assertions; %zu files failed, %zu commands failed", totals.files, totals.assertions,
                totals.failed_files, totals.failures);
    if (totals.expected_failures) std::printf(", %zu more as expected", totals.expected_failures);
    std::printf("; %.1f s\n", totals.seconds);
  }
};

// spec: testanything.org, version 14
class TapReporter final : public Reporter {
 public:
  void begin(size_t files) override { std::printf("TAP version 14\n1..%zu\n", files); }
  void file(const FileResult& result) override {
    std::printf("%s %zu - %s: %u assertions\n", result.failures.empty() ? "ok" : "not ok", ++number_, result.name.c_str(),
                result.assertions);
    for (const Failure& failure : result.failures) std::printf("# %s\n", failure.text.c_str());
    std::fflush(stdout);
  }
  void end(const Totals&) override {}

 private:
  size_t number_ = 0;
};

std::string xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      // Control characters have no place in XML, not even escaped.
      default: escaped += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? '?' : c;
    }
  }
  return escaped;
}

// One test suite with one case a file; a failed command is a failure of its file's case.
class JunitReporter final : public Reporter {
 public:
  void begin(size_t) override {}
  void file(const FileResult& result) override {
    char head[64];
    std::snprintf(head, sizeof head, "\" assertions=\"%u\" time=\"%.3f\">\n", result.assertions, result.seconds);
    cases_ += "    <testcase classname=\"wast\" name=\"" + xml(result.name) + head;
    for (const Failure& failure : result.failures) cases_ += "      <failure message=\"" + xml(failure.text) + "\"/>\n";
    cases_ += "    </testcase>\n";
  }
  void end(const Totals& totals) override {
    std::printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    std::printf("  <testsuite name=\"wast\" tests=\"%zu\" failures=\"%zu\" time=\"%.3f\">\n%s  </testsuite>\n</testsuites>\n",
                totals.files, totals.failed_files, totals.seconds, cases_.c_str());
  }

 private:
  std::string cases_;
};

std::string json(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    char escape[8];
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::snprintf(escape, sizeof escape, "\\u%04x", c);
      quoted += escape;
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

class JsonReporter final : public Reporter {
 public:
  void begin(size_t) override { std::printf("{\"files\": ["); }
  void file(const FileResult& result) override {
    std::printf("%s\n  {\"name\": %s, \"assertions\": %u, \"seconds\": %.3f, \"failures\": ", is_first_ ? "" : ",",
                json(result.name).c_str(), result.assertions, result.seconds);
    list(result.failures);
    std::printf(", \"expected_failures\": ");
    list(result.expected_failures);
    std::printf("}");
    is_first_ = false;
  }
  void end(const Totals& totals) override {
    std::printf("\n], \"assertions\": %zu, \"failed_files\": %zu, \"failures\": %zu, \"seconds\": %.3f}\n", totals.assertions,
                totals.failed_files, totals.failures, totals.seconds);
  }

 private:
  static void list(const std::vector<Failure>& failures) {
    std::printf("[");
    for (size_t i = 0; i < failures.size(); ++i) {
      std::printf("%s{\"line\": %u, \"text\": %s}", i ? ", " : "", failures[i].line, json(failures[i].text).c_str());
    }
    std::printf("]");
  }

  bool is_first_ = true;
};

}  // namespace

std::optional<Format> find_format(std::string_view name) {
  if (name == "text") return Format::Text;
  if (name == "junit") return Format::Junit;
  if (name == "tap") return Format::Tap;
  if (name == "json") return Format::Json;
  return std::nullopt;
}

void Totals::add(const FileResult& result) {
  ++files;
  failed_files += !result.failures.empty();
  assertions += result.assertions;
  failures += result.failures.size();
  expected_failures += result.expected_failures.size();
}

std::unique_ptr<Reporter> make_reporter(Format format) {
  switch (format) {
    case Format::Text: break;
    case Format::Junit: return std::make_unique<JunitReporter>();
    case Format::Tap: return std::make_unique<TapReporter>();
    case Format::Json: return std::make_unique<JsonReporter>();
  }
  return std::make_unique<TextReporter>();
}

}  // namespace wasmrun::spec_tests
