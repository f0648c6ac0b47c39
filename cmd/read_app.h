// Reads a module's file and names what a file is when it is no module. Visible: read_app, foreign_format.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cmd/report.h"
#include "engine/base/owned_fd.h"

namespace wasmrun::cmd {

/// Reads all of `file`, or of standard input when it is "-". Failures: not found (127), a directory or unreadable (126), an
/// error of the system (125). The bytes are a copy: the file may change while they are compiled.
std::optional<Failure> read_app(const std::string& file, std::vector<uint8_t>& bytes);

/// The two halves of it.
std::optional<Failure> open_app(const std::string& file, OwnedFd& fd);
std::optional<Failure> read_app(const std::string& file, const OwnedFd& fd, std::vector<uint8_t>& bytes);

/// Whether the file can be mapped and begins as an artifact does. Its position stays.
bool begins_as_artifact(int fd);

/// What the bytes are, when they are something that wasmrun knows it cannot run: a component, an object of another kind.
/// Nothing when they may be a module.
std::optional<Failure> foreign_format(const std::string& file, std::span<const uint8_t> bytes);

}  // namespace wasmrun::cmd
