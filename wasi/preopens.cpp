// Standard streams and preopened directories. See preopens.h.
#include "wasi/preopens.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <uv.h>

#include <cstring>

#include "wasi/fd_access.h"

namespace wasmrun::wasi {

namespace {

Error directory_error(const Preopen& preopen, const std::string& what) {
  return {ErrorKind::Io, "--dir: cannot open '" + preopen.host_path + "': " + what};
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Whether `inner` is `outer` or lies below it: climbs until the root, which is its own parent.
bool contains(const struct stat& outer, int inner) {
  OwnedFd at(::fcntl(inner, F_DUPFD_CLOEXEC, 3));
  struct stat here, above;
  if (!at.valid() || ::fstat(at.get(), &here) != 0) return false;
  for (;;) {
    if (same_file(outer, here)) return true;
    OwnedFd parent(::openat(at.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!parent.valid() || ::fstat(parent.get(), &above) != 0 || same_file(above, here)) return false;
    at = std::move(parent);
    here = above;
  }
}

struct OpenPreopen {
  OwnedFd fd;
  struct stat status;
};

Result<OpenPreopen> open_preopen(const Preopen& preopen) {
  OpenPreopen result;
  // The path is the user's, not the guest's: links are followed as in a shell.
  int fd = ::open(preopen.host_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // A directory that may be entered but not listed.
  if (fd < 0 && errno == EACCES) fd = ::open(preopen.host_path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return directory_error(preopen, std::strerror(errno));
  result.fd.reset(fd);
  struct statfs filesystem;
  if (::fstat(fd, &result.status) != 0 || ::fstatfs(fd, &filesystem) != 0) {
    return directory_error(preopen, std::strerror(errno));
  }
  if (filesystem.f_type == PROC_SUPER_MAGIC) {
    return directory_error(preopen, "procfs would let the program rewrite wasmrun itself");
  }
  return result;
}

/// A file that may be written by one name is not read-only by another.
Result<void> check_overlaps(std::span<const Preopen> preopens, std::span<const OpenPreopen> opened) {
  for (size_t read_only = 0; read_only < opened.size(); ++read_only) {
    if (!preopens[read_only].read_only) continue;
    for (size_t writable = 0; writable < opened.size(); ++writable) {
      if (preopens[writable].read_only) continue;
      if (contains(opened[read_only].status, opened[writable].fd.get()) ||
          contains(opened[writable].status, opened[read_only].fd.get())) {
        return Error{ErrorKind::Io, "--dir: '" + preopens[read_only].host_path + "' is read-only, but '" +
                                        preopens[writable].host_path +
                                        "' overlaps it and is writable; give both ':ro' or neither"};
      }
    }
  }
  return {};
}

uint16_t stream_flags(int host_flags) {
  uint16_t flags = 0;
  if (host_flags & O_APPEND) flags |= fdflags::kAppend;
  // O_NONBLOCK may be left over from another process. The guest did not ask for it.
  return flags;
}

FileType socket_type(int fd) {
  int type = 0;
  socklen_t size = sizeof(type);
  ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
  return type == SOCK_DGRAM ? FileType::SocketDatagram : FileType::SocketStream;
}

}  // namespace

void add_standard_streams(State& state) {
  for (int fd = 0; fd < 3; ++fd) {
    const int host_flags = ::fcntl(fd, F_GETFL);
    struct stat status;
    // O_PATH: nothing can be done with it but to keep the number.
    if (host_flags < 0 || (host_flags & O_PATH) || ::fstat(fd, &status) != 0) {
      // The number must not come to mean a file of the guest's, where messages of ours would end up.
      const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      if (null >= 0 && null != fd) ::close(null);
      continue;
    }
    Descriptor stream;
    stream.host = fd;
    stream.type = S_ISSOCK(status.st_mode) ? socket_type(fd) : file_type_of(status.st_mode);
    stream.is_inherited = true;
    stream.is_terminal = uv_guess_handle(fd) == UV_TTY;
    const int access = host_flags & O_ACCMODE;
    stream.readable = access != O_WRONLY;
    stream.writable = access != O_RDONLY;
    stream.read_only = !stream.writable;
    stream.flags = stream_flags(host_flags);
    stream.rights_base = rights_of(stream);
    // A directory there is no preopen: nothing in it was granted.
    if (stream.is_directory()) stream.rights_base &= rights::kFdFilestatGet | rights::kFdFdstatSetFlags;
    state.fds.insert_at(static_cast<uint32_t>(fd), std::move(stream));
  }
}

Result<void> add_preopens(State& state, std::span<const Preopen> preopens) {
  std::vector<OpenPreopen> opened;
  for (const Preopen& preopen : preopens) opened.push_back(TRY(open_preopen(preopen)));
  if (auto checked = check_overlaps(preopens, opened); !checked.ok()) return checked;
  for (size_t i = 0; i < preopens.size(); ++i) {
    Descriptor directory;
    directory.host = opened[i].fd.release();
    directory.type = FileType::Directory;
    directory.read_only = preopens[i].read_only;
    directory.readable = true;
    directory.rights_base = rights_of(directory);
    directory.rights_inheriting = rights::kBelowDirectory;
    Descriptor::Cold& cold = directory.ensure_cold();
    cold.is_preopen = true;
    cold.preopen_name = preopens[i].guest_path.empty() ? preopens[i].host_path : preopens[i].guest_path;
    state.fds.insert_at(static_cast<uint32_t>(3 + i), std::move(directory));
  }
  return {};
}

}  // namespace wasmrun::wasi
