// A path from the guest, copied once (shared memory may change under us) and checked. Visible: GuestPath.
#pragma once

#include <cstdint>
#include <string_view>

#include "wasi/errno.h"

namespace wasmrun::wasi {

/// A relative path without NUL bytes and, as stored, without trailing slashes. A trailing slash has meaning, but it
/// makes the kernel follow a link that O_NOFOLLOW should have stopped at: lookups therefore never see it, and calls
/// that create or remove a name, which do not follow, get it back with `name_with_slash`.
class GuestPath {
 public:
  static constexpr size_t kMaxSize = 4095;

  /// Errors: Noent (empty), Perm (absolute), Inval (NUL inside), Nametoolong.
  Errno assign(std::string_view text);

  const char* text() const { return bytes_; }
  bool has_trailing_slash() const { return has_trailing_slash_; }
  /// The last component is "." or "..": it names no entry of its parent.
  bool ends_in_dots() const { return ends_in_dots_; }
  bool ends_in_dot() const {
    return ends_in_dots_ && bytes_[size_ - 1] == '.' && (size_ < 2 || bytes_[size_ - 2] != '.');
  }
  bool has_parent() const { return name_ > 0; }

  /// Cuts the path into directory and name; afterwards `text` is the directory. Only when `has_parent`.
  void split() { bytes_[name_ - 1] = '\0'; }
  /// The last component, without a slash.
  const char* name() {
    bytes_[size_] = '\0';
    return bytes_ + name_;
  }
  /// The last component with the slash that the guest wrote after it, if any.
  const char* name_with_slash();

 private:
  char bytes_[kMaxSize + 2];
  uint32_t size_ = 0;
  uint32_t name_ = 0;  ///< where the last component begins
  bool has_trailing_slash_ = false;
  bool ends_in_dots_ = false;
};

}  // namespace wasmrun::wasi
