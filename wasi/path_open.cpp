// path_open. One openat2 and one fstat; libuv opens by path strings only.
#include <fcntl.h>
#include <unistd.h>

#include <optional>

#include "wasi/fd_access.h"
#include "wasi/sharing.h"

namespace wasmrun::wasi {

namespace {

struct OpenRequest {
  bool follow, reads, writes;
  uint32_t oflags;
  uint16_t fdflags;
};

int host_flags(const OpenRequest& request) {
  int flags = request.writes ? (request.reads ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (request.oflags & oflags::kCreat) flags |= O_CREAT;
  if (request.oflags & oflags::kDirectory) flags |= O_DIRECTORY;
  if (request.oflags & oflags::kExcl) flags |= O_EXCL;
  if (request.oflags & oflags::kTrunc) flags |= O_TRUNC;
  if (request.fdflags & fdflags::kAppend) flags |= O_APPEND;
  if (request.fdflags & fdflags::kDsync) flags |= O_DSYNC;
  if (request.fdflags & fdflags::kNonblock) flags |= O_NONBLOCK;
  if (request.fdflags & fdflags::kRsync) flags |= O_RSYNC;
  if (request.fdflags & fdflags::kSync) flags |= O_SYNC;
  return flags;
}

/// What a read-only tree answers to a request that may change something: the error that the path itself has if any, so
/// that programs that probe see the same as on a read-only file system, else Perm. Takes the harmless part of CREAT
/// off.
Errno refuse_changes(Call& call, const Descriptor& directory, const GuestPath& path, OpenRequest& request) {
  constexpr uint32_t kChanging = oflags::kCreat | oflags::kTrunc;
  const Errno forbidden = require_writable(directory);
  if (forbidden == Errno::Success || !(request.writes || (request.oflags & kChanging))) return Errno::Success;
  struct stat status;
  const bool exclusive = (request.oflags & oflags::kCreat) && (request.oflags & oflags::kExcl);
  const int flags = O_PATH | (request.oflags & oflags::kDirectory ? O_DIRECTORY : 0);
  const OwnedFd found(
      call.state.resolver->open(directory.host, path.text(), flags, 0, request.follow && !exclusive, &status));
  if (!found.valid()) {
    const int error = -found.get();
    if (error != ENOENT || !(request.oflags & oflags::kCreat)) return from_host(error);
    GuestPath copy = path;
    Parent parent;
    const int missing = call.state.resolver->open_parent(directory.host, copy, &parent);
    return missing ? from_host(-missing) : forbidden;
  }
  if (exclusive) return Errno::Exist;
  if (S_ISLNK(status.st_mode)) return Errno::Loop;
  if (S_ISDIR(status.st_mode)) return Errno::Isdir;
  if (request.writes || (request.oflags & oflags::kTrunc)) return forbidden;
  request.oflags &= ~oflags::kCreat;
  return Errno::Success;
}

/// CREAT makes files only; but what is wrong with the path before its last name is said first, as the kernel does.
Errno refuse_directory_creation(Call& call, const Descriptor& directory, GuestPath& path) {
  Parent parent;
  const int error = call.state.resolver->open_parent(directory.host, path, &parent);
  return error ? from_host(-error) : Errno::Isdir;
}

/// Wants a directory only to go on from there (O_SEARCH): that needs no permission to list it.
bool is_search_only(const OpenRequest& request) {
  constexpr uint32_t kPlain = oflags::kDirectory;
  return request.oflags == kPlain && !request.reads && !request.writes;
}

}  // namespace

Errno path_open(Call& call, I32 fd, I32 dirflags, I32 path, I32 path_len, I32 oflags, I64 rights_base,
                I64 rights_inheriting, I32 fdflags, I32 opened_fd) {
  if (!call.in_bounds(opened_fd, 4, "opened_fd") || !call.in_bounds(path, path_len, "path")) return Errno::Fault;
  if ((dirflags & ~lookupflags::kSymlinkFollow) || (oflags & ~oflags::kAll) || (fdflags & ~uint32_t{fdflags::kAll})) {
    return Errno::Inval;
  }
  Descriptor* directory;
  uint64_t needed = rights::kPathOpen;
  if (oflags & oflags::kCreat) needed |= rights::kPathCreateFile;
  if (oflags & oflags::kTrunc) needed |= rights::kPathFilestatSetSize;
  if (fdflags & fdflags::kDsync) needed |= rights::kFdDatasync;
  if (fdflags & (fdflags::kSync | fdflags::kRsync)) needed |= rights::kFdSync;
  if (const Errno error = find_directory(call, fd, needed, &directory); error != Errno::Success) return error;
  // Only rights that the directory's owner gave up are refused: programs ask for nearly all, whatever they open.
  if ((rights_base | rights_inheriting) & rights::kBelowDirectory & ~directory->rights_inheriting) {
    return Errno::Notcapable;
  }
  GuestPath guest_path;
  if (const Errno error = read_path(call, path, path_len, guest_path); error != Errno::Success) return error;

  OpenRequest request{};
  request.follow = dirflags & lookupflags::kSymlinkFollow;
  request.reads = rights_base & (rights::kFdRead | rights::kFdReaddir);
  // Not fd_datasync: directories have it, and programs open them again with the rights they have.
  request.writes = rights_base & (rights::kFdWrite | rights::kFdAllocate);
  // Go asks for it on files that it only reads, which a read-only tree would then refuse.
  if (!request.reads && (rights_base & rights::kFdFilestatSetSize)) request.writes = true;
  request.oflags = oflags;
  request.fdflags = static_cast<uint16_t>(fdflags);
  // Kernels before 6.4 create a file and then complain.
  if ((oflags & oflags::kCreat) && (oflags & oflags::kDirectory)) return Errno::Inval;
  if (guest_path.has_trailing_slash()) {
    if (oflags & oflags::kCreat) return refuse_directory_creation(call, *directory, guest_path);
    request.oflags |= oflags::kDirectory;
    request.follow = true;
  }
  if (const Errno error = refuse_changes(call, *directory, guest_path, request); error != Errno::Success) return error;

  if (call.state.fds.is_full()) return Errno::Mfile;  // before a file is made or emptied

  struct stat status;
  Descriptor opened;
  opened.read_only = directory->read_only;
  const uint64_t inheriting = directory->rights_inheriting;
  // A pipe without another end makes open wait. The directory may be closed then.
  std::optional<Waiting> waiting(std::in_place, call.state, *directory);
  int host;
  for (;;) {
    host = call.state.resolver->open(waiting->host(), guest_path.text(), host_flags(request), 0666, request.follow,
                                     &status);
    if (host != -EINTR) break;
    if (call.interrupted()) return Errno::Intr;
  }
  if (host == -EACCES && is_search_only(request)) {
    host = call.state.resolver->open(waiting->host(), guest_path.text(), O_PATH | O_DIRECTORY, 0, request.follow, &status);
  }
  waiting.reset();
  if (host < 0) return from_host(-host);

  opened.host = host;
  opened.type = file_type_of(status.st_mode);
  opened.writable = request.writes;
  opened.readable = request.reads || !request.writes;
  opened.is_terminal = opened.type == FileType::CharacterDevice && ::isatty(host);
  opened.rights_base = rights_of(opened) & inheriting;
  if (opened.is_directory()) {
    opened.rights_inheriting = inheriting;
  } else {
    opened.flags = request.fdflags;
  }
  uint32_t number;
  if (const Errno error = call.state.fds.insert(std::move(opened), &number); error != Errno::Success) return error;
  call.memory.write(opened_fd, number);
  return Errno::Success;
}

}  // namespace wasmrun::wasi
