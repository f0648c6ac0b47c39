// `wasmrun validate`: decodes and validates files without running them.
#include <memory>
#include <vector>

#include "cmd/load.h"
#include "cmd/read_app.h"
#include "cmd/run_options.h"
#include "cmd/subcommands.h"

namespace wasmrun::cmd {
namespace {

std::optional<Failure> validate_file(Engine& engine, const std::string& file) {
  std::vector<uint8_t> bytes;
  if (auto failure = read_app(file, bytes)) return failure;
  if (auto failure = foreign_format(file, bytes)) return failure;
  const auto result = engine.validate(bytes);
  if (!result.ok()) return describe_error(file, result.error());
  return std::nullopt;
}

}  // namespace

int validate(const CommandLine& line) {
  RunOptions options;
  if (auto failure = parse_run_options(line, options)) return fail(*failure);
  Log log(options.verbose);
  auto engine = Engine::create({.features = options.features});
  if (!engine.ok()) return fail({kFailed, engine.error().to_string()});
  int status = kSuccess;
  for (const std::string& file : line.files) {
    if (auto failure = validate_file(*engine.value(), file)) {
      const int failed_with = fail(*failure);
      if (status == kSuccess) status = failed_with;
    } else if (log.on()) {
      log.say(file + " is valid");
    }
  }
  return status;
}

}  // namespace wasmrun::cmd
