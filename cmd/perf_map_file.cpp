// The file of --perf.
#include "cmd/perf_map_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "engine/base/owned_fd.h"

namespace wasmrun::cmd {

std::optional<Failure> write_perf_map(std::string_view text) {
  // The convention wants this folder, whatever TMPDIR says.
  const std::string path = "/tmp/perf-" + std::to_string(::getpid()) + ".map";
  // One of an earlier process with this number goes. Everybody may write there: an existing file or link is never written through.
  ::unlink(path.c_str());
  const OwnedFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  while (file.valid() && !text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (file.valid() && text.empty()) return std::nullopt;
  return Failure{kFailed, "--perf: cannot write " + quoted(path) + ": " + std::strerror(errno)};
}

}  // namespace wasmrun::cmd
