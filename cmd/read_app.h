// Reads a module's file and names what a file is when it is no module. Visible: read_app, foreign_format.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cmd/report.h"

namespace wasmrun::cmd {

/// Reads all of `file`, or of standard input when it is "-". Failures: not found (127), a directory or unreadable (126), an
/// error of the system (125). The bytes are a copy: the file may change while they are compiled.
std::optional<Failure> read_app(const std::string& file, std::vector<uint8_t>& bytes);

/// What the bytes are, when they are something that wasmrun knows it cannot run: a component, an object of another kind.
/// Nothing when they may be a module.
std::optional<Failure> foreign_format(const std::string& file, std::span<const uint8_t> bytes);

}  // namespace wasmrun::cmd
