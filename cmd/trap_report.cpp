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

std::string describe_place(const SourceFrame& source) {
  if (source.file.empty()) return {};
  std::string place = " " + source.file;
  if (source.line != 0) place += ":" + std::to_string(source.line);
  if (source.line != 0 && source.column != 0) place += ":" + std::to_string(source.column);
  return place;
}

/// Functions that were inlined have lines of their own, before the one that they became part of.
std::string describe_frame(const BacktraceFrame& frame) {
  std::string function = frame.module.empty() ? std::string() : frame.module + "!";
  function += "func[" + std::to_string(frame.function) + "]";
  const std::string offset = frame.module_offset ? " " + hexadecimal(*frame.module_offset) : std::string();
  std::string lines;
  for (size_t i = 0; i + 1 < frame.source.size(); ++i) {
    const SourceFrame& source = frame.source[i];
    lines += "  at " + (source.function.empty() ? "?" : source.function) + " (inlined, " + function + ")" + offset +
             describe_place(source) + "\n";
  }
  std::string name = frame.function_name;
  if (name.empty() && !frame.source.empty()) name = frame.source.back().function;
  lines += "  at " + (name.empty() ? function : name + " (" + function + ")") + offset;
  if (!frame.source.empty()) lines += describe_place(frame.source.back());
  return lines + "\n";
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
