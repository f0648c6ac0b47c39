// The cache's directory: files that only its owner can have written. Visible: choose_path, Directory, Entry, Draft.
//
// Whatever is wrong with the directory or a file in it is an Error of kind Io that callers treat as "not cached".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/owned_fd.h"
#include "engine/base/result.h"
#include "engine/cache/entry.h"

namespace wasmrun::cache {

/// Where the cache is: the first of $WASMRUN_CACHE_DIR, $XDG_CACHE_HOME/wasmrun and $HOME/.cache/wasmrun whose variable is set, the
/// latter two to an absolute path. Empty when there is none. Arguments may be null.
/// spec: XDG Base Directory Specification
std::string choose_path(const char* wasmrun_cache_dir, const char* xdg_cache_home, const char* home);

/// An entry that is open for reading, after its label.
struct Entry {
  OwnedFd file;
  uint64_t size_bytes = 0;  ///< label included
  Label label;
};

/// A file that is being written and that nobody sees until it is published. One that never is leaves no trace.
class Draft {
 public:
  Draft(Draft&& other) noexcept;
  Draft& operator=(Draft&&) = delete;
  ~Draft();
  /// Positioned behind the label.
  int file() const { return file_.get(); }

 private:
  friend class Directory;
  Draft(int directory, OwnedFd file, std::string name) : directory_(directory), file_(std::move(file)), name_(std::move(name)) {}
  int directory_;
  OwnedFd file_;
  std::string name_;  ///< empty: it has none yet
};

class Directory {
 public:
  static constexpr uint64_t kDefaultMaxBytes = uint64_t{1} << 30;

  /// Opens it; with `create` it is made, with what is missing of its parents, for the owner alone. Errors: Io, also when it belongs to
  /// somebody else or others may write to it.
  static Result<Directory> open(const std::string& path, bool create);
  /// The same for a descriptor that another process opened.
  static Result<Directory> adopt(OwnedFd directory);
  int descriptor() const { return directory_.get(); }

  /// Opens an entry and marks it as used, to the day. Errors: Io (absent; a link, foreign or writable by others; no label).
  Result<Entry> find(const Key& key) const;
  bool has(const Key& key) const;

  /// Begins an entry with its label. Errors: Io.
  Result<Draft> begin(const Label& label) const;
  /// Gives the draft its name, in the place of what had it. Errors: Io.
  Result<void> publish(Draft draft, const Key& key) const;
  /// Whether there was one, and it is gone.
  bool remove(const Key& key) const;

  struct Item {
    std::string name;
    std::optional<Key> key;  ///< nothing: no entry of this version's, such as what a killed process left
    uint64_t size_bytes = 0;
    int64_t used_at = 0;  ///< seconds since 1970
  };
  /// All files, in no order; folders and links, which wasmrun never makes, are left out.
  std::vector<Item> list() const;

  struct Removed {
    uint64_t files = 0;
    uint64_t bytes = 0;
  };
  /// Removes what killed processes left, then the least recently used entries until all together have at most `max_bytes`.
  Removed collect(uint64_t max_bytes) const;
  /// Removes every file of the cache's.
  Removed clear() const;

 private:
  friend class ClusterLog;
  explicit Directory(OwnedFd directory) : directory_(std::move(directory)) {}
  Result<Entry> open_file(const Key& key, int flags) const;

  OwnedFd directory_;
};

}  // namespace wasmrun::cache
