// What -v says on standard error. Visible: Log.
#pragma once

#include <memory>
#include <string_view>

namespace wasmrun::cmd {

/// Lines with the time since the one before. Off unless asked for, and then it costs nothing.
class Log {
 public:
  explicit Log(bool verbose);
  ~Log();
  bool on() const { return sink_ != nullptr; }
  void say(std::string_view message);

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace wasmrun::cmd
