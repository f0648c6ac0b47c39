// From a file's name to a module. Visible: load_file, describe_error, module_name, extern_name.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cmd/log.h"
#include "cmd/report.h"
#include "engine/engine.h"

namespace wasmrun::cmd {

/// Reads, checks and compiles `file`. Failures: those of read_app and of a module that cannot be run.
std::optional<Failure> load_file(Engine& engine, Log& log, const std::string& file, std::shared_ptr<const LoadedModule>& loaded);

/// The failure of a module: "'app.wasm' is malformed: unexpected end (at offset 0x1f)", or "app.wat:3:5: unexpected token" and
/// the line.
Failure describe_error(const std::string& file, const Error& error);

/// The file's name without folders and ".wasm" or ".wat": the module's name in backtraces.
std::string module_name(const std::string& file);

}  // namespace wasmrun::cmd
