// A trap as text.
#include "cmd/trap_report.h"

#include <charconv>

namespace wasmrun::cmd {
namespace {

std::string hexadecimal(uint64_t number) {
  char buffer[16];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, number, 16);
  return "0x" + std::string(buffer, result.ptr);
}

std::string describe_frame(const BacktraceFrame& frame) {
  std::string place = frame.module.empty() ? std::string() : frame.module + "!";
  place += "func[" + std::to_string(frame.function) + "]";
  std::string line = "  at ";
  line += frame.function_name.empty() ? place : frame.function_name + " (" + place + ")";
  if (frame.module_offset) line += " " + hexadecimal(*frame.module_offset);
  return line + "\n";
}

}  // namespace

std::string describe_backtrace(const Trap& trap) {
  std::string text;
  for (size_t i = 0; i < trap.frames.size(); ++i) {
    if (trap.frames_left_out > 0 && i == trap.frames.size() / 2)
      text += "  ... " + std::to_string(trap.frames_left_out) + " more frames ...\n";
    text += describe_frame(trap.frames[i]);
  }
  return text;
}

}  // namespace wasmrun::cmd
