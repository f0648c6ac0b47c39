// A file that appears whole or not at all.
#include "cmd/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wasmrun::cmd {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, slash == 0 ? 1 : slash);
}

Failure cannot_write(const std::string& path, const std::string& why) { return {kFailed, "cannot write " + quoted(path) + ": " + why}; }

/// What a link at the end of the path leads to is replaced, not the link.
std::string follow_link(const std::string& path) {
  char* const real = ::realpath(path.c_str(), nullptr);
  if (!real) return path;
  std::string found = real;
  ::free(real);
  return found;
}

}  // namespace

std::optional<Failure> OutputFile::check(const std::string& path, const std::string& input) {
  struct stat status, input_status;
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) {
      Failure failure = cannot_write(path, "it is a directory");
      failure.detail = "Name the file in it: -o " + path + (path.ends_with('/') ? "" : "/") + "NAME";
      return failure;
    }
    if (::stat(input.c_str(), &input_status) == 0 && status.st_dev == input_status.st_dev && status.st_ino == input_status.st_ino) {
      Failure failure = cannot_write(path, "it is the program itself");
      failure.detail = "Give another name with -o FILE.";
      return failure;
    }
    if (!S_ISREG(status.st_mode)) return std::nullopt;
  } else if (path.ends_with('/')) {
    return cannot_write(path, ::strerror(errno));
  }
  const std::string folder = folder_of(follow_link(path));
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return cannot_write(path, ::strerror(errno));
  return std::nullopt;
}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Failure OutputFile::failure(const std::string& why) const { return cannot_write(path_, why); }

std::optional<Failure> OutputFile::open() {
  path_ = follow_link(path_);
  struct stat status;
  if (::stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    fd_.reset(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd_.valid()) return failure(::strerror(errno));
    return std::nullopt;
  }
  std::string name = folder_of(path_) + "/.wasmrun-XXXXXX";
  fd_.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd_.valid()) return failure(::strerror(errno));
  temporary_ = std::move(name);
  return std::nullopt;
}

std::optional<Failure> OutputFile::finish(bool is_executable) {
  if (temporary_.empty()) return std::nullopt;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  const mode_t mode = (is_executable ? 0777 : 0666) & ~mask;
  if (::fchmod(fd_.get(), mode) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) return failure(::strerror(errno));
  temporary_.clear();
  // A file that is still open for writing cannot be executed.
  fd_.reset();
  return std::nullopt;
}

}  // namespace wasmrun::cmd
