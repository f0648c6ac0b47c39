// Resolves a path one component at a time, each opened with O_NOFOLLOW from a descriptor of the directory before it, so
// that no rename or new link on the host can lead outside. Links are read and expanded here.
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "wasi/resolver.h"

namespace wasmrun::wasi {

namespace {

constexpr int kMaxExpansions = 40;  // the kernel's own limit

/// One attempt. Directories passed are dropped at once, so that long paths do not use up descriptors, until ".." asks
/// for one: then the attempt gives up and the next one keeps them.
class Walk {
 public:
  Walk(int directory, const char* path, bool keep_ancestors)
      : start_(directory), rest_(path), keeps_ancestors_(keep_ancestors) {}

  /// A descriptor, a negative errno, or nothing when ancestors are needed.
  std::optional<int> run(int flags, mode_t mode, bool follow);

 private:
  int current() const { return ancestors_.empty() ? start_ : ancestors_.back().get(); }
  void enter(int fd);
  std::optional<int> expand(int directory, const char* name, const std::string& after, int otherwise);

  const int start_;
  std::string rest_;
  const bool keeps_ancestors_;
  std::vector<OwnedFd> ancestors_;  ///< below `start_`; at most one unless they are kept
  uint32_t depth_ = 0;
  int expansions_ = 0;
};

void Walk::enter(int fd) {
  if (!keeps_ancestors_) ancestors_.clear();
  ancestors_.emplace_back(fd);
  ++depth_;
}

/// Puts the target of a link in place of what is still to be walked. Nothing: go on. Otherwise an errno; `otherwise`
/// when the name is no link. A trailing slash of a target stays in `rest_` and is understood there, never given to the
/// kernel.
std::optional<int> Walk::expand(int directory, const char* name, const std::string& after, int otherwise) {
  char target[PATH_MAX];
  const ssize_t size = ::readlinkat(directory, name, target, sizeof(target));
  if (size < 0) return errno == EINVAL ? otherwise : -errno;
  if (size == 0) return -ENOENT;
  if (size == sizeof(target)) return -ENAMETOOLONG;
  if (++expansions_ > kMaxExpansions) return -ELOOP;
  if (target[0] == '/') return -EPERM;
  rest_ = std::string(target, static_cast<size_t>(size)) + after;
  return std::nullopt;
}

std::optional<int> Walk::run(int flags, mode_t mode, bool follow) {
  for (;;) {
    const size_t begin = rest_.find_first_not_of('/');
    if (begin == rest_.npos) {
      // The path ended in "." or "..": the directory itself.
      const int fd = ::openat(current(), ".", (flags & ~O_NOFOLLOW) | O_CLOEXEC, mode);
      return fd < 0 ? -errno : fd;
    }
    const size_t end = std::min(rest_.find('/', begin), rest_.size());
    const std::string name = rest_.substr(begin, end - begin);
    const std::string after = rest_.substr(end);
    rest_ = after;
    if (name == ".") continue;
    if (name == "..") {
      if (depth_ == 0) return -EPERM;
      if (!keeps_ancestors_) return std::nullopt;
      // The kernel looks ".." up in the directory that is left, and asks whether it may be searched.
      const OwnedFd left(::openat(current(), ".", O_PATH | O_CLOEXEC));
      if (!left.valid()) return -errno;
      ancestors_.pop_back();
      --depth_;
      continue;
    }

    const bool is_last = after.find_first_not_of('/') == after.npos;
    if (!is_last) {
      const int fd = ::openat(current(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (fd >= 0) {
        enter(fd);
        continue;
      }
      if (errno != ENOTDIR && errno != ELOOP) return -errno;
      if (const auto failed = expand(current(), name.c_str(), after, -ENOTDIR)) return failed;
      continue;
    }

    const bool wants_directory = !after.empty();
    if (wants_directory && (flags & O_CREAT)) return -EISDIR;
    if (wants_directory) flags |= O_DIRECTORY;
    const bool follows = follow || wants_directory;
    const int fd = ::openat(current(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
    const int error = fd < 0 ? errno : 0;
    if (fd >= 0) {
      // O_PATH opens the link itself.
      struct stat status;
      const bool may_be_link = (flags & O_PATH) && !(flags & O_DIRECTORY) && follows;
      if (!may_be_link) return fd;
      OwnedFd owned(fd);
      if (::fstat(fd, &status) != 0) return -errno;
      if (!S_ISLNK(status.st_mode)) return owned.release();
      if (const auto failed = expand(fd, "", after, -ELOOP)) return failed;
      continue;
    }
    if (!follows || (error != ELOOP && error != ENOTDIR)) return -error;
    if (const auto failed = expand(current(), name.c_str(), after, -error)) return failed;
  }
}

}  // namespace

int open_by_walk(int directory, const char* path, int flags, mode_t mode, bool follow) {
  for (const bool keep_ancestors : {false, true}) {
    if (const auto result = Walk(directory, path, keep_ancestors).run(flags, mode, follow)) return *result;
  }
  return -EIO;  // not reached: a walk that keeps its ancestors always ends
}

}  // namespace wasmrun::wasi
