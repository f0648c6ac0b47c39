// What is kept in the cache, and under which names. Visible: Kind, Key, Label, file_name, parse_file_name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wasmrun::cache {

/// What an entry holds; also the end of its file's name.
enum class Kind : uint8_t {
  Optimized,  ///< the whole module, compiled for speed
  Baseline,   ///< the whole module, compiled at once
  Clusters,   ///< a module and those of its clusters that are compiled so far (cluster_log.h)
};
const char* to_string(Kind kind);

/// Which entry. The hashes are fast and no proof: who uses an entry compares the module's bytes, which it holds.
struct Key {
  uint64_t module_high = 0, module_low = 0;
  /// Of all that shapes the code: Label::identity.
  uint64_t identity = 0;
  Kind kind = Kind::Optimized;
  friend bool operator==(const Key&, const Key&) = default;

  bool same_module(const Key& other) const { return module_high == other.module_high && module_low == other.module_low; }
  Key with(Kind other) const { return {module_high, module_low, identity, other}; }
};

/// "MODULE-IDENTITY.KIND", the hashes as 32 and 16 hexadecimal digits. And back; nothing for any other name.
std::string file_name(const Key& key);
std::optional<Key> parse_file_name(std::string_view name);

/// What an entry says of itself.
struct Label {
  std::string app;       ///< the program's file name, without folders
  std::string identity;  ///< lines "name=value": all that shaped the code
  friend bool operator==(const Label&, const Label&) = default;
};

/// An entry begins with its label, in so many bytes; what follows may be mapped.
inline constexpr uint64_t kLabelBytes = 4096;

/// The label as the first kLabelBytes of a file, cut to fit. And back; nothing when the bytes are no label.
std::string write_label(const Label& label);
std::optional<Label> read_label(std::string_view bytes);

}  // namespace wasmrun::cache
