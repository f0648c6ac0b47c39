// path_create_directory, path_link, path_readlink, path_remove_directory, path_rename, path_symlink, path_unlink_file:
// calls on names. The parent is opened in the sandbox, then the kernel gets a single name in it, which cannot lead
// anywhere. libuv has these calls for path strings only.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "wasi/fd_access.h"

namespace wasmrun::wasi {

namespace {

/// A path's directory descriptor, and the path itself.
struct Location {
  Descriptor* directory = nullptr;
  GuestPath path;
  Parent parent;
};

Errno find_location(Call& call, I32 fd, uint64_t right, I32 path, I32 path_len, Location& location) {
  if (const Errno error = find_directory(call, fd, right, &location.directory); error != Errno::Success) return error;
  return read_path(call, path, path_len, location.path);
}

/// Looks a path up only to know whether it may be named at all: `otherwise` when it exists in the sandbox.
Errno look_up(Call& call, const Location& location, Errno otherwise) {
  struct stat status;
  const OwnedFd found(call.state.resolver->open_path(location.directory->host, location.path, true, &status));
  return found.valid() ? otherwise : from_host(-found.get());
}

/// Finds the parent of the last component. A path that ends in "." or ".." has no name to work on: `dots` then.
Errno enter_parent(Call& call, Location& location, Errno dots) {
  if (location.path.ends_in_dots()) return look_up(call, location, dots);
  return from_host(-call.state.resolver->open_parent(location.directory->host, location.path, &location.parent));
}

/// Removes or replaces a name by `change`, a system call.
template <class Change>
Errno remove_name(Call& call, const Parent& parent, const char* name, Change change) {
  struct stat status;
  const bool may_vanish = call.state.deterministic && ::fstatat(parent.fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                          (S_ISDIR(status.st_mode) || status.st_nlink == 1);
  if (change() != 0) return from_host(errno);
  if (may_vanish) call.state.deterministic->forget_file(status.st_dev, status.st_ino);
  return Errno::Success;
}

/// In a read-only tree a name that is there already is told from one that may not be made, and a name that is not there from
/// one that may not be removed: as on a read-only file system, programs go on after Exist and Noent.
Errno refuse_change(Location& at, bool creates) {
  const Errno forbidden = require_writable(*at.directory);
  if (forbidden == Errno::Success) return Errno::Success;
  struct stat status;
  const bool exists = ::fstatat(at.parent.fd, at.path.name(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (creates) return exists ? Errno::Exist : forbidden;
  return exists ? forbidden : from_host(errno);
}

Errno last_error(int result) {
  return result == 0 ? Errno::Success : from_host(errno);
}

}  // namespace

Errno path_create_directory(Call& call, I32 fd, I32 path, I32 path_len) {
  if (!call.in_bounds(path, path_len, "path")) return Errno::Fault;
  Location at;
  if (const Errno error = find_location(call, fd, rights::kPathCreateDirectory, path, path_len, at);
      error != Errno::Success) {
    return error;
  }
  if (const Errno error = enter_parent(call, at, Errno::Exist); error != Errno::Success) return error;
  if (const Errno error = refuse_change(at, true); error != Errno::Success) return error;
  return last_error(::mkdirat(at.parent.fd, at.path.name_with_slash(), 0777));
}

Errno path_remove_directory(Call& call, I32 fd, I32 path, I32 path_len) {
  if (!call.in_bounds(path, path_len, "path")) return Errno::Fault;
  Location at;
  if (const Errno error = find_location(call, fd, rights::kPathRemoveDirectory, path, path_len, at);
      error != Errno::Success) {
    return error;
  }
  const Errno dots = at.path.ends_in_dot() ? Errno::Inval : Errno::Notempty;
  if (const Errno error = enter_parent(call, at, dots); error != Errno::Success) return error;
  if (const Errno error = refuse_change(at, false); error != Errno::Success) return error;
  const char* const name = at.path.name_with_slash();
  return remove_name(call, at.parent, name, [&] { return ::unlinkat(at.parent.fd, name, AT_REMOVEDIR); });
}

Errno path_unlink_file(Call& call, I32 fd, I32 path, I32 path_len) {
  if (!call.in_bounds(path, path_len, "path")) return Errno::Fault;
  Location at;
  if (const Errno error = find_location(call, fd, rights::kPathUnlinkFile, path, path_len, at);
      error != Errno::Success) {
    return error;
  }
  if (const Errno error = enter_parent(call, at, Errno::Isdir); error != Errno::Success) return error;
  if (const Errno error = refuse_change(at, false); error != Errno::Success) return error;
  const char* const name = at.path.name_with_slash();
  return remove_name(call, at.parent, name, [&] { return ::unlinkat(at.parent.fd, name, 0); });
}

Errno path_readlink(Call& call, I32 fd, I32 path, I32 path_len, I32 buf, I32 buf_len, I32 bufused) {
  if (!call.in_bounds(bufused, 4, "bufused") || !call.in_bounds(path, path_len, "path") ||
      !call.in_bounds(buf, buf_len, "buf")) {
    return Errno::Fault;
  }
  Location at;
  if (const Errno error = find_location(call, fd, rights::kPathReadlink, path, path_len, at); error != Errno::Success) {
    return error;
  }
  // A slash follows the link to a directory, which is none.
  if (at.path.has_trailing_slash()) return look_up(call, at, Errno::Inval);
  if (const Errno error = enter_parent(call, at, Errno::Inval); error != Errno::Success) return error;
  char unused[1];  // Linux refuses an empty buffer
  char* target = buf_len > 0 ? reinterpret_cast<char*>(call.memory.at(buf)) : unused;
  const ssize_t size = ::readlinkat(at.parent.fd, at.path.name(), target, std::max(buf_len, uint32_t{1}));
  if (size < 0) return from_host(errno);
  call.memory.write(bufused, std::min(static_cast<uint32_t>(size), buf_len));
  return Errno::Success;
}

Errno path_symlink(Call& call, I32 old_path, I32 old_path_len, I32 fd, I32 new_path, I32 new_path_len) {
  if (!call.in_bounds(old_path, old_path_len, "old_path") || !call.in_bounds(new_path, new_path_len, "new_path")) {
    return Errno::Fault;
  }
  Location at;
  if (const Errno error = find_location(call, fd, rights::kPathSymlink, new_path, new_path_len, at);
      error != Errno::Success) {
    return error;
  }
  if (old_path_len == 0) return Errno::Noent;
  if (old_path_len > GuestPath::kMaxSize) return Errno::Nametoolong;
  // Stored as it is: what it may lead to is decided when it is followed. An absolute one never leads inside.
  const std::string target(reinterpret_cast<const char*>(call.memory.at(old_path)), old_path_len);
  if (target.find('\0') != target.npos) return Errno::Inval;
  if (target.front() == '/') return Errno::Perm;
  if (const Errno error = enter_parent(call, at, Errno::Exist); error != Errno::Success) return error;
  if (const Errno error = refuse_change(at, true); error != Errno::Success) return error;
  const Errno error = last_error(::symlinkat(target.c_str(), at.parent.fd, at.path.name_with_slash()));
  if (error == Errno::Exist && at.path.has_trailing_slash()) {
    struct stat status;
    const int found = ::fstatat(at.parent.fd, at.path.name(), &status, AT_SYMLINK_NOFOLLOW);
    if (found == 0 && !S_ISDIR(status.st_mode)) return Errno::Notdir;
  }
  return error;
}

Errno path_link(Call& call, I32 old_fd, I32 old_flags, I32 old_path, I32 old_path_len, I32 new_fd, I32 new_path,
                I32 new_path_len) {
  if (!call.in_bounds(old_path, old_path_len, "old_path") || !call.in_bounds(new_path, new_path_len, "new_path")) {
    return Errno::Fault;
  }
  // Following would link whatever the link leads to at that moment.
  if (old_flags != 0) return Errno::Inval;
  Location source, target;
  if (const Errno error = find_location(call, old_fd, rights::kPathLinkSource, old_path, old_path_len, source);
      error != Errno::Success) {
    return error;
  }
  if (const Errno error = find_location(call, new_fd, rights::kPathLinkTarget, new_path, new_path_len, target);
      error != Errno::Success) {
    return error;
  }
  if (source.path.has_trailing_slash()) return look_up(call, source, Errno::Perm);  // at most a directory
  if (const Errno error = enter_parent(call, source, Errno::Perm); error != Errno::Success) return error;
  if (const Errno error = enter_parent(call, target, Errno::Exist); error != Errno::Success) return error;
  // A name in a writable tree would make a read-only file writable.
  if (const Errno error = refuse_change(source, false); error != Errno::Success) return error;
  if (const Errno error = refuse_change(target, true); error != Errno::Success) return error;
  return last_error(::linkat(source.parent.fd, source.path.name(), target.parent.fd, target.path.name_with_slash(), 0));
}

Errno path_rename(Call& call, I32 fd, I32 old_path, I32 old_path_len, I32 new_fd, I32 new_path, I32 new_path_len) {
  if (!call.in_bounds(old_path, old_path_len, "old_path") || !call.in_bounds(new_path, new_path_len, "new_path")) {
    return Errno::Fault;
  }
  Location source, target;
  if (const Errno error = find_location(call, fd, rights::kPathRenameSource, old_path, old_path_len, source);
      error != Errno::Success) {
    return error;
  }
  if (const Errno error = find_location(call, new_fd, rights::kPathRenameTarget, new_path, new_path_len, target);
      error != Errno::Success) {
    return error;
  }
  if (const Errno error = enter_parent(call, source, Errno::Busy); error != Errno::Success) return error;
  if (const Errno error = enter_parent(call, target, Errno::Busy); error != Errno::Success) return error;
  if (const Errno error = refuse_change(source, false); error != Errno::Success) return error;
  if (const Errno error = require_writable(*target.directory); error != Errno::Success) return error;
  const char* const old_name = source.path.name_with_slash();
  const char* const new_name = target.path.name_with_slash();
  return remove_name(call, target.parent, new_name,
                     [&] { return ::renameat(source.parent.fd, old_name, target.parent.fd, new_name); });
}

}  // namespace wasmrun::wasi
