// See progress.h.
#include "cmd/progress.h"

#include <unistd.h>

#include "cmd/load.h"

namespace wasmrun::cmd {

Progress::Progress(const std::string& file, bool is_wanted)
    : text_("compiling " + module_name(file) + ": "), is_on_(is_wanted && ::isatty(STDERR_FILENO)) {}

CompileProgress Progress::callback() {
  if (!is_on_) return {};
  return [this](uint64_t done, uint64_t total) { show(done, total); };
}

void Progress::show(uint64_t done, uint64_t total) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  const std::string line = "\r" + text_ + std::to_string(total ? done * 100 / total : 100) + "%";
  is_shown_ = ::write(STDERR_FILENO, line.data(), line.size()) > 0;
}

void Progress::clear() {
  constexpr char kEraseLine[] = "\r\x1b[K";
  if (is_shown_ && ::write(STDERR_FILENO, kEraseLine, sizeof kEraseLine - 1) > 0) is_shown_ = false;
}

}  // namespace wasmrun::cmd
