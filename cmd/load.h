// From a file's name to a module. Visible: load_file, describe_error, functions_by_baseline, file_name, module_name.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cmd/log.h"
#include "cmd/report.h"
#include "engine/base/owned_fd.h"
#include "engine/engine.h"

namespace wasmrun::cmd {

/// Whether machine code that a file holds may run.
enum class Precompiled { Refuse, Allow };

/// Reads, checks and compiles `file`; an artifact is mapped instead. Failures: those of read_app and of a module that cannot be run.
std::optional<Failure> load_file(Engine& engine, Log& log, const std::string& file, std::shared_ptr<const LoadedModule>& loaded,
                                 Precompiled precompiled = Precompiled::Refuse);

/// The module in this program's own file. Code that cannot run here is compiled anew. Failures: the file is damaged.
std::optional<Failure> load_embedded(Engine& engine, Log& log, const OwnedFd& file, uint64_t offset, std::shared_ptr<const LoadedModule>& loaded);

/// The failure of a module: "'app.wasm' is malformed: unexpected end (at offset 0x1f)", or "app.wat:3:5: unexpected token" and
/// the line.
Failure describe_error(const std::string& file, const Error& error);

/// "1 function", "2 functions": what the optimizing compiler left to the baseline in a module that it compiled.
std::string functions_by_baseline(const LoadedModule& loaded);

/// The file's name without folders.
std::string file_name(const std::string& file);

/// The file's name without folders and ".wasm" or ".wat": the module's name in backtraces.
std::string module_name(const std::string& file);

}  // namespace wasmrun::cmd
