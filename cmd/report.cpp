// What wasmrun says, on standard error.
#include "cmd/report.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

namespace wasmrun::cmd {
namespace {

void append_escaped(std::string& text, std::string_view part) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : part) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) {
      text += "\\x";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    } else {
      text += c;
    }
  }
}

}  // namespace

std::string format_report(std::string_view message, std::string_view detail) {
  std::string text = "wasmrun: ";
  append_escaped(text, message);
  text += '\n';
  if (!detail.empty()) {
    append_escaped(text, detail);
    if (text.back() != '\n') text += '\n';
  }
  return text;
}

void report(std::string_view message, std::string_view detail) {
  const std::string text = format_report(message, detail);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    rest.remove_prefix(static_cast<size_t>(written));
  }
}

bool report_is_read() {
  const int flags = ::fcntl(STDERR_FILENO, F_GETFL);
  return flags >= 0 && !(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY;
}

int fail(const Failure& failure) {
  report(failure.message, failure.detail);
  return failure.exit_code;
}

std::string quoted(std::string_view word) {
  std::string text = "'";
  text += word;
  text += '\'';
  return text;
}

}  // namespace wasmrun::cmd
