// From a file's name to a module.
#include "cmd/load.h"

#include <string_view>
#include <utility>
#include <vector>

#include "cmd/read_app.h"

namespace wasmrun::cmd {
namespace {

std::string describe_origin(const LoadedModule& loaded) {
  const CodeOrigin origin = origin_of(loaded);
  std::string text = origin.is_from_cache ? std::string(origin.is_optimized ? "optimized" : "baseline") + " code from the cache" : "compiled";
  if (const std::string reason = not_optimized_because(loaded); !reason.empty()) {
    if (origin.is_optimized) text += ", " + functions_by_baseline(loaded);
    text += " by the baseline: " + reason;
  }
  if (!origin.cache_problem.empty()) text += "; the cache was not used: " + origin.cache_problem;
  return text;
}

}  // namespace

std::string functions_by_baseline(const LoadedModule& loaded) {
  const size_t count = origin_of(loaded).functions_by_baseline;
  return std::to_string(count) + (count == 1 ? " function" : " functions");
}

std::string file_name(const std::string& file) { return file.substr(file.rfind('/') + 1); }

namespace {

std::optional<Failure> load_artifact(Engine& engine, Log& log, const std::string& file, int fd, Precompiled precompiled,
                                     std::shared_ptr<const LoadedModule>& loaded) {
  if (precompiled == Precompiled::Refuse) {
    return Failure{kCannotRun, quoted(file) + " is a compiled program, which is run only with --allow-precompiled",
                   "Its machine code can do whatever you can, in spite of the sandbox: allow it if you trust whoever made the file."};
  }
  auto result = engine.load_artifact(fd, 0);
  if (!result.ok()) {
    Failure failure = describe_error(file, result.error());
    if (result.error().kind != ErrorKind::Io) failure.detail = "Compile the program again, as it is to be run: wasmrun compile [OPTIONS] APP -o " + file;
    return failure;
  }
  loaded = std::move(result).value();
  log.say("mapped the compiled program " + file);
  return std::nullopt;
}

}  // namespace

std::optional<Failure> load_embedded(Engine& engine, Log& log, const OwnedFd& file, uint64_t offset, std::shared_ptr<const LoadedModule>& loaded) {
  auto result = engine.load_artifact(file.get(), offset);
  if (!result.ok() && result.error().kind == ErrorKind::Unsupported) {
    log.say("compiled anew: " + result.error().message);
    auto module = engine.module_of_artifact(file.get(), offset);
    if (!module.ok()) return describe_error("the program", module.error());
    result = engine.load(std::move(module).value());
  }
  if (!result.ok()) return describe_error("the program", result.error());
  loaded = std::move(result).value();
  return std::nullopt;
}

std::optional<Failure> load_file(Engine& engine, Log& log, const std::string& file, std::shared_ptr<const LoadedModule>& loaded,
                                 Precompiled precompiled) {
  OwnedFd fd;
  if (auto failure = open_app(file, fd)) return failure;
  if (begins_as_artifact(fd.get())) return load_artifact(engine, log, file, fd.get(), precompiled, loaded);
  std::vector<uint8_t> bytes;
  if (auto failure = read_app(file, fd, bytes)) return failure;
  if (log.on()) log.say("read " + file + ", " + std::to_string(bytes.size()) + " bytes");
  if (auto failure = foreign_format(file, bytes)) return failure;
  auto result = engine.load(std::move(bytes), file_name(file));
  if (!result.ok()) return describe_error(file, result.error());
  loaded = std::move(result).value();
  if (log.on()) log.say(describe_origin(*loaded));
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
  std::string name = file_name(file);
  for (const std::string_view extension : {".wasm", ".wat", ".wasmx"}) {
    if (name.size() > extension.size() && name.ends_with(extension)) {
      name.resize(name.size() - extension.size());
      break;
    }
  }
  return name;
}

}  // namespace wasmrun::cmd
