// What a guest must neither see nor change: a part of the host beside its tree, remembered to the last bit.
// Visible: Outside.
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <map>
#include <set>
#include <string>

#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

/// Remembers everything below a directory: names, kinds, inodes, sizes, links, times, contents.
class Outside {
 public:
  /// With `is_parking` the host itself moves something into the directory and out again meanwhile.
  explicit Outside(std::string path, bool is_parking = false) : path_(std::move(path)), is_parking_(is_parking), before_(look()) {
    for (const auto& [name, status] : before_) inodes_.insert(status.st_ino);
  }
  bool is_unchanged() const { return contents() == contents_of(before_); }
  /// Whether a guest's filestat tells of something in here.
  bool has_inode(uint64_t inode) const { return inodes_.count(inode) != 0; }
  const std::string& path() const { return path_; }
  /// A line for each file, for the message of a failure.
  std::string contents() const { return contents_of(look()); }

 private:
  using Look = std::map<std::string, struct stat>;

  Look look() const {
    Look found;
    add(path_, found);
    return found;
  }
  static void add(const std::string& path, Look& found) {
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0) return;
    found[path] = status;
    if (!S_ISDIR(status.st_mode)) return;
    DIR* const directory = ::opendir(path.c_str());
    if (!directory) return;
    while (const dirent* entry = ::readdir(directory)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") add(path + "/" + name, found);
    }
    ::closedir(directory);
  }
  std::string contents_of(const Look& look) const {
    std::ostringstream text;
    for (const auto& [name, status] : look) {
      text << name << ' ' << status.st_ino << ' ' << status.st_mode << ' ' << status.st_nlink << ' ' << status.st_size;
      if (!is_parking_ || name != path_) {
        text << ' ' << status.st_mtim.tv_sec << '.' << status.st_mtim.tv_nsec << ' ' << status.st_ctim.tv_sec << '.' << status.st_ctim.tv_nsec;
      }
      if (S_ISREG(status.st_mode)) text << ' ' << std::ifstream(name).rdbuf();
      text << '\n';
    }
    return text.str();
  }

  std::string path_;
  bool is_parking_;
  Look before_;
  std::set<uint64_t> inodes_;
};

}  // namespace wasmrun::wasi
