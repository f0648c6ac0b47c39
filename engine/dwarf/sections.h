// The debugging sections of a module. Visible: Sections, Budget.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace wasmrun::dwarf {

using Bytes = std::span<const uint8_t>;

/// Contents of the custom sections ".debug_info" and so on; empty where the module has none. Nobody has checked them.
struct Sections {
  Bytes info, abbrev, line, str, line_str, str_offsets, addr, ranges, rnglists;

  /// Takes the bytes if the name is one of these sections'.
  void add(std::string_view name, Bytes bytes);
  bool has_lines() const { return !info.empty() && !abbrev.empty() && !line.empty(); }
};

/// How much one look-up may still read, in about bytes. Tables may refer to the same bytes again and again, so that the size of
/// the sections alone bounds nothing.
class Budget {
 public:
  explicit Budget(uint64_t amount) : left_(amount) {}
  /// Whether there was so much left; afterwards there is less.
  bool spend(uint64_t amount) {
    if (amount > left_) return left_ = 0, false;
    left_ -= amount;
    return true;
  }
  bool is_spent() const { return left_ == 0; }

 private:
  uint64_t left_;
};

/// The rest of a section from `offset` on; empty when it lies outside.
inline Bytes bytes_from(Bytes section, uint64_t offset) {
  return offset > section.size() ? Bytes{} : section.subspan(static_cast<size_t>(offset));
}

/// The text at `offset` up to its 0; empty when it lies outside or has no end.
std::string_view string_at(Bytes section, uint64_t offset);

}  // namespace wasmrun::dwarf
