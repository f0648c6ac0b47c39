// fd_filestat_get, fd_filestat_set_size, fd_filestat_set_times, fd_advise, fd_allocate. The kernel is called directly:
// libuv's times are floating-point seconds, and it has neither advice nor allocation.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/fd_access.h"

namespace wasmrun::wasi {

Errno fd_filestat_get(Call& call, I32 fd, I32 stat) {
  if (!call.in_bounds(stat, filestat_layout(call.snapshot).size_bytes, "stat")) return Errno::Fault;
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdFilestatGet, &descriptor); error != Errno::Success) return error;
  struct stat status;
  if (::fstat(descriptor->host, &status) != 0) return from_host(errno);
  if (descriptor->is_inherited && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    // Terminals and pipes of the host: when others used them is none of the guest's business.
    status.st_size = 0;
    status.st_atim = status.st_mtim = status.st_ctim = timespec{};
  }
  write_filestat(call, stat, status);
  // A status does not tell stream sockets from datagram sockets.
  if (descriptor->is_socket()) call.memory.write(stat + 16, static_cast<uint8_t>(descriptor->type));
  return Errno::Success;
}

Errno fd_filestat_set_size(Call& call, I32 fd, I64 size) {
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdFilestatSetSize, &descriptor); error != Errno::Success) {
    return error;
  }
  if (descriptor->is_directory()) return Errno::Isdir;
  if (const Errno error = require_writable(*descriptor); error != Errno::Success) return error;
  if (size > INT64_MAX) return Errno::Inval;
  while (::ftruncate(descriptor->host, static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) return from_host(errno);
    if (call.interrupted()) return Errno::Intr;
  }
  return Errno::Success;
}

Errno fd_filestat_set_times(Call& call, I32 fd, I64 atim, I64 mtim, I32 fst_flags) {
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdFilestatSetTimes, &descriptor); error != Errno::Success) {
    return error;
  }
  timespec times[2];
  if (const Errno error = read_times(atim, mtim, fst_flags, times); error != Errno::Success) return error;
  if (const Errno error = require_writable(*descriptor); error != Errno::Success) return error;
  // The times of the host's terminals, devices and pipes are none of the guest's business.
  if (descriptor->is_inherited && descriptor->type != FileType::RegularFile) return Errno::Badf;
  return ::futimens(descriptor->host, times) == 0 ? Errno::Success : from_host(errno);
}

Errno fd_advise(Call& call, I32 fd, I64 offset, I64 len, I32 advice) {
  static constexpr int kAdvice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                    POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdAdvise, &descriptor); error != Errno::Success) return error;
  if (descriptor->is_directory()) return Errno::Badf;
  if (advice > 5 || offset > INT64_MAX || len > INT64_MAX) return Errno::Inval;
  // Returns its error and leaves errno alone.
  return from_host(
      ::posix_fadvise(descriptor->host, static_cast<off_t>(offset), static_cast<off_t>(len), kAdvice[advice]));
}

Errno fd_allocate(Call& call, I32 fd, I64 offset, I64 len) {
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdAllocate, &descriptor); error != Errno::Success) return error;
  if (descriptor->is_directory()) return Errno::Badf;
  if (const Errno error = require_writable(*descriptor); error != Errno::Success) return error;
  if (len == 0 || len > INT64_MAX || offset > INT64_MAX) return Errno::Inval;
  // Blocks are output too; there is no allocating a part.
  if (len > call.state.output_left) {
    call.state.output_exceeded = true;
    return Errno::Nospc;
  }
  // Not posix_fallocate: where the file system cannot allocate, glibc would write every block.
  while (::fallocate(descriptor->host, 0, static_cast<off_t>(offset), static_cast<off_t>(len)) != 0) {
    if (errno != EINTR) return from_host(errno);
    if (call.interrupted()) return Errno::Intr;
  }
  spend_output(call, len);
  return Errno::Success;
}

}  // namespace wasmrun::wasi
