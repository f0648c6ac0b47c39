// Where --coredump writes. Visible: CoredumpFile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cmd/report.h"
#include "engine/base/owned_fd.h"

namespace wasmrun::cmd {

/// A file that appears whole, or not at all, after the program has trapped. By then this process may not make files any more
/// (Landlock), so a small child process does; it waits, holds nothing else open, and ends when this process does, however that ends.
class CoredumpFile {
 public:
  /// Starts the child. Failures: the file's folder is not to be had, or there can be no further process.
  static std::optional<Failure> prepare(const std::string& path, std::unique_ptr<CoredumpFile>& file);

  /// Hands over the next part. False: the child has given up; `finish` says why.
  bool write(std::span<const uint8_t> bytes);
  /// Gives the file its name. Returns what went wrong, or nothing. When `is_whole` is false, no file is made.
  std::string finish(bool is_whole);
  const std::string& path() const { return path_; }

 private:
  CoredumpFile(std::string path, OwnedFd connection) : path_(std::move(path)), connection_(std::move(connection)) {}
  std::string path_;
  OwnedFd connection_;
};

}  // namespace wasmrun::cmd
