// `wasmrun inspect`: says what a module is made of, or prints it as text.
#include <memory>
#include <vector>

#include "cmd/load.h"
#include "cmd/read_app.h"
#include "cmd/run_options.h"
#include "cmd/subcommands.h"

namespace wasmrun::cmd {
namespace {

std::string bytes_text(uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  if (bytes < 1024 * 1024) return std::to_string(bytes / 1024) + " KiB";
  return std::to_string(bytes / (1024 * 1024)) + " MiB";
}

/// Names come from the module and may hold anything; control characters become "?".
std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

std::string summary_text(const std::string& file, const ModuleSummary& summary) {
  std::string text = file + ": " + bytes_text(summary.binary_bytes) + " (code " + bytes_text(summary.code_bytes) + ", data " +
                     bytes_text(summary.data_bytes) + ")\n";
  if (!summary.name.empty()) text += "  name: " + printable(summary.name) + "\n";
  std::string counts;
  const auto count = [&](uint64_t number, const char* noun) {
    if (number == 0) return;
    counts += (counts.empty() ? "" : ", ") + std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
  };
  count(summary.types, "type");
  count(summary.functions, "function");
  count(summary.tables, "table");
  count(summary.globals, "global");
  count(summary.tags, "tag");
  count(summary.elems, "element segment");
  count(summary.datas, "data segment");
  if (!counts.empty()) text += "  " + counts + "\n";
  for (const std::string& memory : summary.own_memories) text += "  memory: " + memory + "\n";
  if (summary.start) text += "  start: " + printable(*summary.start) + "\n";
  if (!summary.features.empty()) {
    text += "  features:";
    for (const std::string& feature : summary.features) text += " " + feature;
    text += "\n";
  }
  if (!summary.imports.empty()) text += "  imports:\n";
  for (const ExternDescription& entry : summary.imports)
    text += "    " + printable(entry.module) + "." + printable(entry.name) + ": " + entry.type + "\n";
  if (!summary.exports.empty()) text += "  exports:\n";
  for (const ExternDescription& entry : summary.exports) text += "    " + printable(entry.name) + ": " + entry.type + "\n";
  if (!summary.custom_sections.empty()) text += "  custom sections:\n";
  for (const auto& [name, bytes] : summary.custom_sections) text += "    " + printable(name) + ": " + bytes_text(bytes) + "\n";
  return text;
}

/// The status of the file.
int inspect_file(Engine& engine, const std::string& file, bool as_text) {
  std::vector<uint8_t> bytes;
  if (auto failure = read_app(file, bytes)) return fail(*failure);
  if (auto failure = foreign_format(file, bytes)) return fail(*failure);
  if (!as_text) {
    const auto summary = engine.summarize(bytes);
    if (!summary.ok()) return fail(describe_error(file, summary.error()));
    return print_to_stdout(summary_text(file, summary.value()));
  }
  int status = kSuccess;
  const auto printed = engine.print_text(bytes, [&](std::string_view part) {
    if (status == kSuccess) status = print_to_stdout(part);
  });
  if (!printed.ok()) return fail(describe_error(file, printed.error()));
  return status;
}

}  // namespace

int inspect(const CommandLine& line) {
  RunOptions options;
  if (auto failure = parse_run_options(line, options)) return fail(*failure);
  auto engine = Engine::create({.features = module::FeatureSet::all()});
  if (!engine.ok()) return fail({kFailed, engine.error().to_string()});
  int status = kSuccess;
  for (const std::string& file : line.files) {
    const int ended_with = inspect_file(*engine.value(), file, options.wat);
    if (status == kSuccess) status = ended_with;
  }
  return status;
}

}  // namespace wasmrun::cmd
