// See path_hint.h.
#include "wasi/path_hint.h"

#include <sys/stat.h>

#include "wasi/wasi.h"

namespace wasmrun::wasi {

namespace {

/// Longer paths help nobody.
constexpr size_t kMaxShown = 200;

std::string quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text.substr(0, kMaxShown)) quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return quoted + (text.size() > kMaxShown ? "...'" : "'");
}

/// As C libraries compare: without "./" and slashes around it.
std::string_view bare(std::string_view path) {
  for (;;) {
    if (path.starts_with("./")) {
      path.remove_prefix(2);
    } else if (path.starts_with('/')) {
      path.remove_prefix(1);
    } else {
      break;
    }
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  return path == "." ? std::string_view() : path;
}

bool begins_with_directory(std::string_view path, std::string_view directory) {
  return directory.empty() || (path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/'));
}

bool exists(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0;
}

/// The directory to grant for a file of the host.
std::string directory_of(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return path;
  const size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

void PathHint::know(std::span<const Preopen> preopens, std::span<const std::string> words) {
  for (const Preopen& preopen : preopens) {
    directories_.push_back({preopen.host_path, preopen.guest_path.empty() ? preopen.host_path : preopen.guest_path});
  }
  if (!words.empty()) words_.assign(words.begin() + 1, words.end());
}

void PathHint::note(const Descriptor& directory, std::string_view path, Errno error) {
  const bool is_root = directory.cold && directory.cold->is_preopen && bare(directory.cold->preopen_name).empty();
  if (error == Errno::Noent) {
    if (is_root) missing_.assign(path);
    return;
  }
  if (!refused_.empty()) return;
  if (directory.read_only && !path.starts_with('/')) {
    refused_ = "changing " + quote(path) + " was refused: its directory is granted for reading only";
  } else if (path.starts_with('/')) {
    refused_ = "the path " + quote(path) + " was refused: it is below no directory of the program's; " + list();
  } else {
    refused_ = "the path " + quote(path) + " was refused: it leads out of its directory; " + list();
  }
}

bool PathHint::is_covered(std::string_view word) const {
  const bool is_absolute = word.starts_with('/');
  for (const Directory& directory : directories_) {
    const std::string_view guest = directory.guest;
    // The root of the guest is the start of its relative paths too.
    if (guest == "/" || (is_absolute == guest.starts_with('/') && begins_with_directory(bare(word), bare(guest)))) return true;
  }
  return false;
}

std::string PathHint::list() const {
  if (directories_.empty()) return "no directory is granted (--dir HOST)";
  constexpr size_t kMostListed = 5;
  std::string text = "granted: ";
  for (size_t i = 0; i < directories_.size() && i < kMostListed; ++i) {
    const Directory& directory = directories_[i];
    text += (i > 0 ? ", " : "") + quote(directory.guest) + (directory.guest == directory.host ? "" : " (" + directory.host + ")");
  }
  if (directories_.size() > kMostListed) text += ", ...";
  return text + "; --dir HOST::GUEST grants more";
}

std::string PathHint::explain_missing(const std::string& path) const {
  return quote(path) + " is below no directory of the program's: --dir " + directory_of(path) +
         (directories_.empty() ? " would grant it" : " would grant it; " + list());
}

std::string PathHint::explain() const {
  if (!refused_.empty()) return refused_;
  for (const std::string& word : words_) {
    if (!word.empty() && !word.starts_with('-') && !is_covered(word) && exists(word)) return explain_missing(word);
  }
  if (!missing_.empty() && !is_covered("/" + missing_) && exists("/" + missing_)) return explain_missing("/" + missing_);
  if (directories_.empty() && searched_ && started_) return "the program looked for directories: none is granted; --dir HOST would grant one";
  return {};
}

}  // namespace wasmrun::wasi
