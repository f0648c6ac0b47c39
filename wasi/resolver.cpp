// The resolver: choice of the way, openat2, parents, and the refusal of procfs. The walk is in resolver_walk.cpp.
// libuv has no calls relative to a directory, so none of this can go through it.
#include "wasi/resolver.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace wasmrun::wasi {

namespace {

int raw_openat2(int directory, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC));
  how.mode = flags & O_CREAT ? mode : 0;  // anything else is EINVAL
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long result = ::syscall(SYS_openat2, directory, path, &how, sizeof(how));
  return result < 0 ? -errno : static_cast<int>(result);
}

bool kernel_has_openat2() {
  const int fd = raw_openat2(AT_FDCWD, ".", O_PATH | O_DIRECTORY, 0);
  if (fd >= 0) ::close(fd);
  // ENOSYS: too old. EPERM: a filter that does not know the call. A removed working directory (ENOENT) is no objection.
  return fd >= 0 || (fd != -ENOSYS && fd != -EPERM && fd != -EINVAL && fd != -E2BIG);
}

}  // namespace

std::unique_ptr<Resolver> Resolver::create() {
  const char* forced = std::getenv("WASMRUN_RESOLVER");
  const std::string_view name = forced ? forced : "";
  if (name == "walk") return std::make_unique<Resolver>(Kind::Walk);
  if (name == "openat2") return std::make_unique<Resolver>(Kind::Openat2);
  return std::make_unique<Resolver>(kernel_has_openat2() ? Kind::Openat2 : Kind::Walk);
}

int open_by_openat2(int directory, const char* path, int flags, mode_t mode, bool follow) {
  if (!follow) flags |= O_NOFOLLOW;
  // EAGAIN: the path has ".." and something on the host was renamed meanwhile, so the kernel cannot tell.
  for (int attempt = 0; attempt < 16; ++attempt) {
    const int fd = raw_openat2(directory, path, flags, mode);
    if (fd == -EXDEV) return -EPERM;
    if (fd != -EAGAIN) return fd;
  }
  return open_by_walk(directory, path, flags, mode, follow);
}

int Resolver::open(int directory, const char* path, int flags, mode_t mode, bool follow, struct stat* status) {
  if (!(flags & O_PATH)) flags |= O_NOCTTY;  // openat2 refuses the two together
  const int fd = kind_ == Kind::Openat2 ? open_by_openat2(directory, path, flags, mode, follow)
                                        : open_by_walk(directory, path, flags, mode, follow);
  if (fd == -EPERM) refused_ = true;
  if (fd < 0) return fd;
  OwnedFd owned(fd);
  if (::fstat(fd, status) != 0) return -errno;
  if (is_in_procfs(fd, status->st_dev)) {
    refused_ = true;
    return -EPERM;
  }
  return owned.release();
}

int Resolver::open_path(int directory, const GuestPath& path, bool follow, struct stat* status) {
  const bool wants_directory = path.has_trailing_slash();
  return open(directory, path.text(), O_PATH | (wants_directory ? O_DIRECTORY : 0), 0, follow || wants_directory,
              status);
}

int Resolver::open_parent(int directory, GuestPath& path, Parent* parent) {
  if (!path.has_parent()) {
    parent->fd = directory;
    return 0;
  }
  path.split();
  struct stat status;
  const int fd = open(directory, path.text(), O_PATH | O_DIRECTORY, 0, true, &status);
  if (fd < 0) return fd;
  parent->owned.reset(fd);
  parent->fd = fd;
  return 0;
}

bool Resolver::is_in_procfs(int fd, dev_t device) {
  if (device == device_seen_.load(std::memory_order_relaxed)) return false;
  struct statfs filesystem;
  if (::fstatfs(fd, &filesystem) != 0) return true;  // cannot tell: refuse
  if (filesystem.f_type == PROC_SUPER_MAGIC) return true;
  device_seen_ = device;
  return false;
}

}  // namespace wasmrun::wasi
