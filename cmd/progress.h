// How far compiling is, for people who wait. Visible: Progress.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "engine/engine.h"

namespace wasmrun::cmd {

/// "compiling app: 37%", on standard error if that is a terminal, for what takes longer than a moment.
class Progress {
 public:
  Progress(const std::string& file, bool is_wanted);
  ~Progress() { clear(); }

  /// For EngineOptions; empty where nothing is shown. It may be called from any thread, as long as this lives.
  CompileProgress callback();
  /// Takes the line away.
  void clear();

 private:
  void show(uint64_t done, uint64_t total);

  const std::string text_;
  const bool is_on_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  bool is_shown_ = false;
};

}  // namespace wasmrun::cmd
