// Demangles C++ (Itanium) and Rust (legacy: Itanium with escapes and a hash) names.
#include "engine/runtime/demangle.h"

#include <cxxabi.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "engine/runtime/demangle_rust.h"

namespace wasmrun::runtime {
namespace {

constexpr size_t kHashSuffixSize = 19;  // "::h" and 16 hexadecimal digits

bool has_rust_hash(std::string_view name) {
  if (name.size() <= kHashSuffixSize) return false;
  const std::string_view suffix = name.substr(name.size() - kHashSuffixSize);
  return suffix.starts_with("::h") && suffix.find_first_not_of("0123456789abcdef", 3) == std::string_view::npos;
}

struct Escape {
  std::string_view code;
  std::string_view text;
};
constexpr Escape kEscapes[] = {{"$SP$", "@"}, {"$BP$", "*"}, {"$RF$", "&"}, {"$LT$", "<"},
                               {"$GT$", ">"}, {"$LP$", "("}, {"$RP$", ")"}, {"$C$", ","}};

// A "$u7e$" escape's character; returns its length in `name`, 0 when it is none. ASCII only: rustc escapes no other.
size_t unescape_code_point(std::string_view name, char& text) {
  if (!name.starts_with("$u")) return 0;
  const size_t end = name.find('$', 2);
  if (end == std::string_view::npos || end > 8) return 0;
  const unsigned long code = std::strtoul(std::string(name.substr(2, end - 2)).c_str(), nullptr, 16);
  if (code < 0x20 || code > 0x7e) return 0;
  text = static_cast<char>(code);
  return end + 1;
}

std::string unescape_rust(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    size_t length = 0;
    char character = 0;
    for (const Escape& escape : kEscapes) {
      if (!name.starts_with(escape.code)) continue;
      text += escape.text;
      length = escape.code.size();
    }
    if (!length && (length = unescape_code_point(name, character))) text += character;
    if (!length && name.starts_with("..")) {
      text += "::";
      length = 2;
    }
    if (!length) {
      // A path element that begins with an escape carries a leading underscore.
      const bool is_marker = name.starts_with("_$") && (text.empty() || text.ends_with("::"));
      if (!is_marker) text += name.front();
      length = 1;
    }
    name.remove_prefix(length);
  }
  return text;
}

}  // namespace

std::string demangle(const std::string& name) {
  if (auto path = demangle_rust_v0(name)) return std::move(*path);
  if (!name.starts_with("_Z") && !name.starts_with("__Z")) return name;
  int status = 0;
  char* text = __cxxabiv1::__cxa_demangle(name.c_str() + (name.starts_with("__Z") ? 1 : 0), nullptr, nullptr, &status);
  if (!text) return name;
  std::string result = text;
  std::free(text);
  if (has_rust_hash(result)) {
    result = unescape_rust(std::string_view(result).substr(0, result.size() - kHashSuffixSize));
  }
  return result;
}

}  // namespace wasmrun::runtime
