// The sandbox: opens paths that must not leave the directory they start from. Visible: Resolver, Parent.
//
// Two ways to the same results. openat2 with RESOLVE_BENEATH lets the kernel do it in one call; the walk opens one
// component at a time with O_NOFOLLOW and expands links itself, where that call is missing or a filter refuses it.
// Which one is decided once: a single path's EPERM says nothing about the system.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <atomic>
#include <memory>

#include "engine/base/owned_fd.h"
#include "wasi/errno.h"
#include "wasi/guest_path.h"

namespace wasmrun::wasi {

/// The directory that holds a path's last component. `fd` is the start directory itself for a single name.
struct Parent {
  OwnedFd owned;
  int fd = -1;
};

class Resolver {
 public:
  enum class Kind : uint8_t { Openat2, Walk };

  /// Probes the kernel; the environment variable WASMRUN_RESOLVER=walk|openat2 decides instead when set.
  static std::unique_ptr<Resolver> create();
  explicit Resolver(Kind kind) : kind_(kind) {}
  Kind kind() const { return kind_; }

  /// Opens `path` below `directory` with open(2)'s flags; O_CLOEXEC is added, and O_NOCTTY unless O_PATH. `path` is
  /// relative and has no trailing slash. Without `follow` a link as last component is not followed (ELOOP, or the link
  /// itself with O_PATH). Returns a host descriptor and its status, or a negative host errno: EPERM for an escape and
  /// for anything in procfs, through which a process can be rewritten.
  int open(int directory, const char* path, int flags, mode_t mode, bool follow, struct stat* status);

  /// Opens what a guest path names for looking only (O_PATH); a trailing slash demands a directory and follows.
  int open_path(int directory, const GuestPath& path, bool follow, struct stat* status);

  /// Opens the directory of the last component and cuts `path` so that `path.name()` is a single name in it. Paths that
  /// end in "." or ".." have no such name: ask `ends_in_dots` first. Returns 0 or a negative host errno.
  int open_parent(int directory, GuestPath& path, Parent* parent);

  /// Whether a path was refused since the last time that this was asked: it led outside or into procfs.
  bool take_refusal() { return refused_.exchange(false, std::memory_order_relaxed); }

  /// Whether a file of that status and descriptor lies in procfs.
  bool is_in_procfs(int fd, dev_t device);

 private:
  Kind kind_;
  std::atomic<bool> refused_ = false;
  std::atomic<dev_t> device_seen_ = 0;  ///< a device known not to be procfs, so that most opens need not ask
};

/// The two ways; same contract as Resolver::open without the look at procfs. For tests and Resolver.
int open_by_openat2(int directory, const char* path, int flags, mode_t mode, bool follow);
int open_by_walk(int directory, const char* path, int flags, mode_t mode, bool follow);

}  // namespace wasmrun::wasi
