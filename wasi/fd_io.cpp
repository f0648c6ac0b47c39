// fd_read, fd_write, fd_pread, fd_pwrite, fd_seek, fd_tell. One system call each, straight into linear memory, nothing
// buffered here. Not through libuv: uv_fs_read and uv_fs_write refuse no vectors, allocate for more than four, and
// write in a loop until all is written.
#include <limits.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "wasi/fd_access.h"
#include "wasi/sharing.h"

namespace wasmrun::wasi {

namespace {

constexpr uint64_t kMaxOffset = INT64_MAX;

/// Standard streams never get O_NONBLOCK: the description belongs to others too. A guest that asked for it gets the
/// behaviour by asking first whether the call would wait.
bool would_block(const Descriptor& descriptor, short events) {
  return descriptor.is_inherited && (descriptor.flags & fdflags::kNonblock) && !is_ready(descriptor.host, events);
}

/// The right to seek implies the right to tell. spec: witx rights fd_seek
bool may_tell(const Descriptor& descriptor) {
  return !has_dropped(descriptor, rights::kFdTell) || !has_dropped(descriptor, rights::kFdSeek);
}

/// Repeats `transfer`, a system call on the host descriptor it gets, until it ends in a count or an error that concerns the guest.
template <class Transfer>
Errno complete(Call& call, Descriptor& descriptor, short events, I32 result, Transfer transfer) {
  const bool has_error = __builtin_expect(descriptor.pending_error != Errno::Success, 0);
  if (has_error && events == POLLOUT) return take_pending_error(descriptor);
  if (would_block(descriptor, events)) return Errno::Again;
  // Whoever started us left O_NONBLOCK on the stream; the guest did not ask for it.
  const bool waits_itself = descriptor.is_inherited && !(descriptor.flags & fdflags::kNonblock);
  ssize_t count;
  {
    const Waiting waiting(call.state, descriptor);
    while ((count = transfer(waiting.host())) < 0) {
      if (errno == EINTR) {
        if (call.interrupted()) return Errno::Intr;
      } else if (errno == EAGAIN && waits_itself) {
        if (const Errno error = wait_until_ready(call, waiting.host(), events); error != Errno::Success) return error;
      } else {
        return from_host(errno);
      }
    }
  }
  if (count == 0 && has_error) return take_pending_error(descriptor);
  if (events == POLLOUT) spend_output(call, static_cast<uint64_t>(count));
  call.memory.write(result, static_cast<uint32_t>(count));
  return Errno::Success;
}

}  // namespace

Errno fd_read(Call& call, I32 fd, I32 iovs, I32 iovs_len, I32 nread) {
  int count;
  if (!call.in_bounds(nread, 4, "nread") || !gather_iovecs(call, iovs, iovs_len, &count)) return Errno::Fault;
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdRead, &descriptor); error != Errno::Success) return error;
  return complete(call, *descriptor, POLLIN, nread,
                  [&](int host) { return ::readv(host, call.thread.iovecs, count); });
}

Errno fd_write(Call& call, I32 fd, I32 iovs, I32 iovs_len, I32 nwritten) {
  int count;
  if (!call.in_bounds(nwritten, 4, "nwritten") || !gather_iovecs(call, iovs, iovs_len, &count)) return Errno::Fault;
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdWrite, &descriptor); error != Errno::Success) return error;
  limit_output(call, &count);
  if (descriptor->is_inherited && descriptor->flags != 0 && descriptor->type == FileType::RegularFile &&
      (descriptor->flags & fdflags::kAppend)) {
    return complete(call, *descriptor, POLLOUT, nwritten,
                    [&](int host) { return ::pwritev2(host, call.thread.iovecs, count, -1, RWF_APPEND); });
  }
  if (descriptor->is_inherited && (descriptor->flags & fdflags::kNonblock) && !descriptor->is_always_ready()) {
    // A stream that is ready for writing takes so much without waiting.
    limit_iovecs(call.thread.iovecs, &count, PIPE_BUF);
  }
  return complete(call, *descriptor, POLLOUT, nwritten,
                  [&](int host) { return ::writev(host, call.thread.iovecs, count); });
}

Errno fd_pread(Call& call, I32 fd, I32 iovs, I32 iovs_len, I64 offset, I32 nread) {
  int count;
  if (!call.in_bounds(nread, 4, "nread") || !gather_iovecs(call, iovs, iovs_len, &count)) return Errno::Fault;
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdRead, &descriptor); error != Errno::Success) return error;
  if (has_dropped(*descriptor, rights::kFdSeek)) return Errno::Notcapable;
  if (offset > kMaxOffset) return Errno::Inval;
  return complete(call, *descriptor, POLLIN, nread,
                  [&](int host) { return ::preadv(host, call.thread.iovecs, count, static_cast<off_t>(offset)); });
}

Errno fd_pwrite(Call& call, I32 fd, I32 iovs, I32 iovs_len, I64 offset, I32 nwritten) {
  int count;
  if (!call.in_bounds(nwritten, 4, "nwritten") || !gather_iovecs(call, iovs, iovs_len, &count)) return Errno::Fault;
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdWrite, &descriptor); error != Errno::Success) return error;
  if (has_dropped(*descriptor, rights::kFdSeek)) return Errno::Notcapable;
  limit_output(call, &count);
  if (offset > kMaxOffset) return Errno::Inval;
  return complete(call, *descriptor, POLLOUT, nwritten,
                  [&](int host) { return ::pwritev(host, call.thread.iovecs, count, static_cast<off_t>(offset)); });
}

Errno fd_seek(Call& call, I32 fd, I64 offset, I32 whence, I32 new_offset) {
  if (!call.in_bounds(new_offset, 8, "new_offset")) return Errno::Fault;
  static constexpr int kPreview1[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  static constexpr int kUnstable[] = {SEEK_CUR, SEEK_END, SEEK_SET};
  if (whence > 2) return Errno::Inval;
  const int host_whence = call.snapshot == Snapshot::Preview1 ? kPreview1[whence] : kUnstable[whence];
  // Asking for the position is allowed to those who may only tell it.
  const bool only_tells = offset == 0 && host_whence == SEEK_CUR;
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, only_tells ? 0 : rights::kFdSeek, &descriptor); error != Errno::Success) {
    return error;
  }
  if (only_tells && !may_tell(*descriptor)) return Errno::Notcapable;
  if (descriptor->is_directory()) return Errno::Badf;  // Linux would seek; positions of directories are cookies here
  const off_t result = ::lseek(descriptor->host, static_cast<off_t>(offset), host_whence);
  if (result < 0) return from_host(errno);
  call.memory.write(new_offset, static_cast<uint64_t>(result));
  return Errno::Success;
}

Errno fd_tell(Call& call, I32 fd, I32 offset) {
  if (!call.in_bounds(offset, 8, "offset")) return Errno::Fault;
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, 0, &descriptor); error != Errno::Success) return error;
  if (!may_tell(*descriptor)) return Errno::Notcapable;
  if (descriptor->is_directory()) return Errno::Badf;
  const off_t result = ::lseek(descriptor->host, 0, SEEK_CUR);
  if (result < 0) return from_host(errno);
  call.memory.write(offset, static_cast<uint64_t>(result));
  return Errno::Success;
}

}  // namespace wasmrun::wasi
