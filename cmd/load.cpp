// From a file's name to a module.
#include "cmd/load.h"

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
  log.say("compiled");
  return std::nullopt;
}

Failure describe_error(const std::string& file, const Error& error) {
  const std::string what = quoted(file);
  const std::string why = error.to_string();
  switch (error.kind) {
    case ErrorKind::Malformed:
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
  if (name.size() > 5 && name.ends_with(".wasm")) name.resize(name.size() - 5);
  return name;
}

}  // namespace wasmrun::cmd
