// Checks of guest paths. See guest_path.h.
#include "wasi/guest_path.h"

#include <cstring>

namespace wasmrun::wasi {

Errno GuestPath::assign(std::string_view guest_text) {
  if (guest_text.empty()) return Errno::Noent;
  if (guest_text.size() > kMaxSize) return Errno::Nametoolong;
  // First the copy: another thread of the guest may change what was checked before.
  std::memcpy(bytes_, guest_text.data(), guest_text.size());
  std::string_view text(bytes_, guest_text.size());
  if (std::memchr(text.data(), 0, text.size())) return Errno::Inval;
  if (text.front() == '/') return Errno::Perm;
  const size_t full_size = text.size();
  while (text.back() == '/') text.remove_suffix(1);
  has_trailing_slash_ = text.size() != full_size;
  size_ = static_cast<uint32_t>(text.size());
  bytes_[size_] = '\0';
  const size_t slash = text.rfind('/');
  name_ = slash == text.npos ? 0 : static_cast<uint32_t>(slash + 1);
  const std::string_view last = text.substr(name_);
  ends_in_dots_ = last == "." || last == "..";
  return Errno::Success;
}

const char* GuestPath::name_with_slash() {
  if (has_trailing_slash_) {
    bytes_[size_] = '/';
    bytes_[size_ + 1] = '\0';
  }
  return bytes_ + name_;
}

}  // namespace wasmrun::wasi
