// What -v says on standard error. The only file that includes spdlog.
#include "cmd/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace wasmrun::cmd {

/// A logger of our own: spdlog's registry would be a global, and costs time at start-up.
struct Log::Sink {
  spdlog::logger logger{"wasmrun", std::make_shared<spdlog::sinks::stderr_sink_st>()};
};

Log::Log(bool verbose) {
  if (!verbose) return;
  sink_ = std::make_unique<Sink>();
  sink_->logger.set_pattern("wasmrun: [+%o ms] %v");
}

Log::~Log() = default;

void Log::say(std::string_view message) {
  if (sink_) sink_->logger.info(spdlog::string_view_t(message.data(), message.size()));
}

}  // namespace wasmrun::cmd
