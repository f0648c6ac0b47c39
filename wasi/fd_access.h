// Checks that many calls begin with: the descriptor, its rights, read-only trees, vectors and times.
// Visible: find_fd, find_directory, require_writable, gather_iovecs, read_path, timestamps.
#pragma once

#include <sys/stat.h>
#include <time.h>

#include <utility>

#include "wasi/guest_path.h"
#include "wasi/state.h"

namespace wasmrun::wasi {

/// Whether the guest gave up a right that objects of this kind have. A right that the kind never has is not "dropped":
/// the kernel's own error is more useful then.
inline bool has_dropped(const Descriptor& descriptor, uint64_t right) {
  return !(descriptor.rights_base & right) && (rights_of(descriptor) & right);
}

/// Errors: Badf, Notcapable.
inline Errno find_fd(Call& call, I32 fd, uint64_t right, Descriptor** found) {
  *found = call.state.fds.find(fd);
  if (!*found) return Errno::Badf;
  if (__builtin_expect((*found)->rights_base & right, 1) || right == 0) return Errno::Success;
  return has_dropped(**found, right) ? Errno::Notcapable : Errno::Success;
}

/// A directory to start a path from. Errors: Badf, Notdir, Notcapable.
inline Errno find_directory(Call& call, I32 fd, uint64_t right, Descriptor** found) {
  *found = call.state.fds.find(fd);
  if (!*found) return Errno::Badf;
  if (!(*found)->is_directory()) return Errno::Notdir;
  call.directory = fd;
  return ((*found)->rights_base & right) == right ? Errno::Success : Errno::Notcapable;
}

/// The one place that says no to changes below a read-only preopen. Every call that changes a file, a directory or
/// their times asks here.
inline Errno require_writable(const Descriptor& descriptor) {
  return descriptor.read_only ? Errno::Perm : Errno::Success;
}

/// Copies a path out of guest memory. The caller has checked the bounds.
inline Errno read_path(Call& call, I32 pointer, I32 size, GuestPath& path) {
  if (size == 0) return path.assign({});
  call.path = pointer;
  call.path_size = size;
  return path.assign({reinterpret_cast<const char*>(call.memory.at(pointer)), size});
}

/// Host vectors over guest memory, in CallingThread::iovecs; empty ones are left out, and what is past the kernel's limit is
/// left for the guest's next call. False: out of bounds.
bool gather_iovecs(Call& call, I32 iovs, I32 iovs_len, int* count);

/// Keeps vectors within so many bytes.
void limit_iovecs(iovec* vectors, int* count, size_t limit);
/// Cuts the vectors to the output that is left to the program.
void limit_output(Call& call, int* count);
/// Takes written bytes off what is left. When nothing is left and more was wanted, the call ends the program.
void spend_output(Call& call, uint64_t size);

/// utimensat's pair from the four flags. Errors: Inval for unknown or contradicting flags.
Errno read_times(I64 atim, I64 mtim, I32 fst_flags, timespec times[2]);

FileType file_type_of(mode_t mode);

/// Writes a filestat in the layout of the call's snapshot; the caller has checked the bounds. Times before 1970 are 0.
void write_filestat(Call& call, I32 pointer, struct stat status);

/// The error that a poll took from the kernel and that no call has met yet.
inline Errno take_pending_error(Descriptor& socket) { return std::exchange(socket.pending_error, Errno::Success); }

/// Waits until a descriptor is ready. Errors: Intr when the guest is to be stopped.
Errno wait_until_ready(Call& call, int host, short events);
/// Whether it is ready now.
bool is_ready(int host, short events);

}  // namespace wasmrun::wasi
