// path_filestat_get, path_filestat_set_times. Looking at a single name that is no link costs one call; everything else
// goes through the resolver.
#include <fcntl.h>
#include <sys/stat.h>

#include "wasi/fd_access.h"

namespace wasmrun::wasi {

namespace {

/// Whether the last component may be looked at without following: it is a name, and no slash after it asks for more.
bool is_plain_name(const GuestPath& path) {
  return !path.ends_in_dots() && !path.has_trailing_slash();
}

}  // namespace

Errno path_filestat_get(Call& call, I32 fd, I32 flags, I32 path, I32 path_len, I32 stat) {
  if (!call.in_bounds(stat, filestat_layout(call.snapshot).size_bytes, "stat") ||
      !call.in_bounds(path, path_len, "path")) {
    return Errno::Fault;
  }
  if (flags & ~lookupflags::kSymlinkFollow) return Errno::Inval;
  Descriptor* directory;
  if (const Errno error = find_directory(call, fd, rights::kPathFilestatGet, &directory); error != Errno::Success) {
    return error;
  }
  GuestPath guest_path;
  if (const Errno error = read_path(call, path, path_len, guest_path); error != Errno::Success) return error;
  const bool follow = flags & lookupflags::kSymlinkFollow;
  Resolver& resolver = *call.state.resolver;
  struct stat status;

  if (is_plain_name(guest_path) && (!follow || !guest_path.has_parent())) {
    Parent parent;
    if (const int error = resolver.open_parent(directory->host, guest_path, &parent)) return from_host(-error);
    if (::fstatat(parent.fd, guest_path.name(), &status, AT_SYMLINK_NOFOLLOW) != 0) return from_host(errno);
    if (!follow || !S_ISLNK(status.st_mode)) {
      write_filestat(call, stat, status);
      return Errno::Success;
    }
  }
  const OwnedFd found(resolver.open_path(directory->host, guest_path, follow, &status));
  if (!found.valid()) return from_host(-found.get());
  write_filestat(call, stat, status);
  return Errno::Success;
}

Errno path_filestat_set_times(Call& call, I32 fd, I32 flags, I32 path, I32 path_len, I64 atim, I64 mtim,
                              I32 fst_flags) {
  if (!call.in_bounds(path, path_len, "path")) return Errno::Fault;
  if (flags & ~lookupflags::kSymlinkFollow) return Errno::Inval;
  Descriptor* directory;
  if (const Errno error = find_directory(call, fd, rights::kPathFilestatSetTimes, &directory);
      error != Errno::Success) {
    return error;
  }
  timespec times[2];
  if (const Errno error = read_times(atim, mtim, fst_flags, times); error != Errno::Success) return error;
  GuestPath guest_path;
  if (const Errno error = read_path(call, path, path_len, guest_path); error != Errno::Success) return error;
  Resolver& resolver = *call.state.resolver;
  const bool follow = flags & lookupflags::kSymlinkFollow;

  // The kernel would not even look at the path when there is no time to set. In a read-only tree a path that names
  // nothing is to be told from one that may not be changed.
  const bool looks_first = fst_flags == 0 || directory->read_only;
  if (!follow && !looks_first && is_plain_name(guest_path)) {
    Parent parent;
    if (const int error = resolver.open_parent(directory->host, guest_path, &parent)) return from_host(-error);
    const int result = ::utimensat(parent.fd, guest_path.name(), times, AT_SYMLINK_NOFOLLOW);
    return result == 0 ? Errno::Success : from_host(errno);
  }
  struct stat status;
  const OwnedFd found(resolver.open_path(directory->host, guest_path, follow, &status));
  if (!found.valid()) return from_host(-found.get());
  if (const Errno error = require_writable(*directory); error != Errno::Success) return error;
  const int result = ::utimensat(found.get(), "", times, AT_EMPTY_PATH);
  return result == 0 ? Errno::Success : from_host(errno);
}

}  // namespace wasmrun::wasi
