// From a file's name to a module.
#include "cmd/load.h"

#include <string_view>
#include <utility>
#include <vector>

#include "cmd/read_app.h"

namespace wasmrun::cmd {

std::optional<Failure> load_file(Engine& engine, Log& log, const std::string& file, std::shared_ptr<const LoadedModule>& loaded) {
  std::vector<uint8_t> bytes;
  if (auto failure = read_app(file, bytes)) return failure;
  if (log.on()) log.say("read " + file + ", " + std::to_string(bytes.size()) + " bytes");
  if (auto failure = foreign_format(file, bytes)) return failure;
  auto result = engine.load(std::move(bytes));
  if (!result.ok()) return describe_error(file, result.error());
  loaded = std::move(result).value();
  const std::string reason = not_optimized_because(*loaded);
  log.say(reason.empty() ? "compiled" : "compiled by the baseline: " + reason);
  return std::nullopt;
}

namespace {

/// The error of a module in text form, whose message is "WHAT (at LINE:COLUMN)" and lines that show the place:
/// "FILE:LINE:COLUMN: WHAT" and those lines. Nothing when it is no such error.
std::optional<Failure> describe_text_error(const std::string& file, const std::string& message) {
  const size_t end = message.find('\n');
  const size_t place = message.rfind(" (at ", end);
  if (end == std::string::npos || place == std::string::npos || message[end - 1] != ')') return std::nullopt;
  const std::string where = message.substr(place + 5, end - 1 - (place + 5));
  return Failure{kCannotRun, file + ":" + where + ": " + message.substr(0, place), message.substr(end + 1)};
}

}  // namespace

Failure describe_error(const std::string& file, const Error& error) {
  if (error.kind == ErrorKind::Malformed || error.kind == ErrorKind::Invalid) {
    if (auto failure = describe_text_error(file, error.message)) return *failure;
  }
  const std::string what = quoted(file);
  const std::string why = error.to_string();
  switch (error.kind) {
    case ErrorKind::Malformed:
      // What only an option is missing for is not damaged.
      if (why.find(" --enable ") != std::string::npos) return {kCannotRun, what + " is malformed: " + why};
      return {kCannotRun, what + " is malformed: " + why, "The file is no WebAssembly module, or it is damaged or cut off."};
    case ErrorKind::Invalid: return {kCannotRun, what + " is invalid: " + why};
    case ErrorKind::Unlinkable: return {kCannotRun, what + " cannot be linked: " + why};
    case ErrorKind::Unsupported: return {kCannotRun, what + " cannot be run: " + why};
    case ErrorKind::Io: return {kFailed, why};
  }
  return {kFailed, why};
}

std::string module_name(const std::string& file) {
  std::string name = file.substr(file.rfind('/') + 1);
  for (const std::string_view extension : {".wasm", ".wat"}) {
    if (name.size() > extension.size() && name.ends_with(extension)) {
      name.resize(name.size() - extension.size());
      break;
    }
  }
  return name;
}

}  // namespace wasmrun::cmd
