// A file that appears whole or not at all. Visible: OutputFile.
#pragma once

#include <optional>
#include <string>

#include "cmd/report.h"
#include "engine/base/owned_fd.h"

namespace wasmrun::cmd {

/// Written under another name beside its place, then renamed over what is there. A place that is no regular file, such as
/// /dev/stdout, is written directly. What is not finished is removed.
class OutputFile {
 public:
  /// What is certain to fail: no such folder, no right to write there, a directory of that name, the same file as `input`. To be asked
  /// before work that takes long.
  static std::optional<Failure> check(const std::string& path, const std::string& input);

  explicit OutputFile(std::string path) : path_(std::move(path)) {}
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::optional<Failure> open();
  /// After `open`.
  int fd() const { return fd_.get(); }
  /// Gives it its name. Everybody who may by the umask can read it, and run it if it is executable.
  std::optional<Failure> finish(bool is_executable);
  Failure failure(const std::string& why) const;

 private:
  std::string path_;
  std::string temporary_;  ///< empty: written directly, or finished
  OwnedFd fd_;
};

}  // namespace wasmrun::cmd
