// See entry.h. A label is text, so that `head -3` of an entry says what it is.
#include "engine/cache/entry.h"

#include <algorithm>
#include <charconv>

namespace wasmrun::cache {
namespace {

constexpr std::string_view kMagic = "wasmrun-cache 1\n";
constexpr size_t kMaxAppBytes = 255;
constexpr Kind kKinds[] = {Kind::Optimized, Kind::Baseline, Kind::Clusters};

std::string hexadecimal(uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (size_t i = 16; i-- > 0; value >>= 4) text[i] = kDigits[value & 15];
  return text;
}

std::optional<uint64_t> parse_hexadecimal(std::string_view text) {
  uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (end.ec != std::errc{} || end.ptr != text.data() + text.size() || hexadecimal(value) != text) return std::nullopt;
  return value;
}

}  // namespace

const char* to_string(Kind kind) {
  switch (kind) {
    case Kind::Optimized: return "optimized";
    case Kind::Baseline: return "baseline";
    case Kind::Clusters: return "clusters";
  }
  return "";
}

std::string file_name(const Key& key) {
  return hexadecimal(key.module_high) + hexadecimal(key.module_low) + "-" + hexadecimal(key.identity) + "." + to_string(key.kind);
}

std::optional<Key> parse_file_name(std::string_view name) {
  if (name.size() < 50 || name[32] != '-' || name[49] != '.') return std::nullopt;
  const auto high = parse_hexadecimal(name.substr(0, 16)), low = parse_hexadecimal(name.substr(16, 16)), identity = parse_hexadecimal(name.substr(33, 16));
  if (!high || !low || !identity) return std::nullopt;
  for (const Kind kind : kKinds) {
    if (name.substr(50) == to_string(kind)) return Key{*high, *low, *identity, kind};
  }
  return std::nullopt;
}

std::string write_label(const Label& label) {
  std::string app = label.app.substr(0, kMaxAppBytes);
  std::replace(app.begin(), app.end(), '\n', '?');
  std::string text = std::string(kMagic) + "app=" + app + "\n" + label.identity;
  text.resize(std::min<size_t>(text.size(), kLabelBytes - 1));
  text.resize(kLabelBytes, '\0');
  return text;
}

std::optional<Label> read_label(std::string_view bytes) {
  if (bytes.size() < kLabelBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  std::string_view text = bytes.substr(kMagic.size(), kLabelBytes - kMagic.size());
  const size_t end = text.find('\0');
  if (end == std::string_view::npos || !text.starts_with("app=")) return std::nullopt;
  text = text.substr(0, end);
  const size_t line = text.find('\n');
  if (line == std::string_view::npos) return std::nullopt;
  return Label{std::string(text.substr(4, line - 4)), std::string(text.substr(line + 1))};
}

}  // namespace wasmrun::cache
