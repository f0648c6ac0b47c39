// fd_close, fd_renumber, fd_fdstat_*, fd_prestat_*, fd_sync, fd_datasync. libuv flushes (on some systems it knows the
// call that really reaches the disk); flags and rights are in the table.
#include <fcntl.h>
#include <uv.h>

#include "wasi/fd_access.h"

namespace wasmrun::wasi {

Errno fd_close(Call& call, I32 fd) {
  return call.state.fds.close(fd);
}

Errno fd_renumber(Call& call, I32 from, I32 to) {
  return call.state.fds.renumber(from, to);
}

Errno fd_fdstat_get(Call& call, I32 fd, I32 stat) {
  if (!call.in_bounds(stat, kFdstatSize, "stat")) return Errno::Fault;
  const Descriptor* descriptor = call.state.fds.find(fd);
  if (!descriptor) return Errno::Badf;
  call.memory.clear(stat, kFdstatSize);
  call.memory.write(stat, static_cast<uint8_t>(descriptor->type));
  call.memory.write(stat + 2, descriptor->flags);
  call.memory.write(stat + 8, descriptor->rights_base);
  call.memory.write(stat + 16, descriptor->rights_inheriting);
  return Errno::Success;
}

Errno fd_fdstat_set_flags(Call& call, I32 fd, I32 flags) {
  if (flags & ~uint32_t{fdflags::kAll}) return Errno::Inval;
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdFdstatSetFlags, &descriptor); error != Errno::Success) {
    return error;
  }
  if (descriptor->is_directory()) return Errno::Success;  // they mean nothing there, and programs set them all the same
  constexpr uint16_t kFixed = fdflags::kDsync | fdflags::kRsync | fdflags::kSync;
  if ((flags ^ descriptor->flags) & kFixed) return Errno::Inval;  // Linux cannot change these on an open file
  if (!descriptor->is_inherited) {
    int host_flags = ::fcntl(descriptor->host, F_GETFL);
    if (host_flags < 0) return from_host(errno);
    host_flags &= ~(O_APPEND | O_NONBLOCK);
    if (flags & fdflags::kAppend) host_flags |= O_APPEND;
    if (flags & fdflags::kNonblock) host_flags |= O_NONBLOCK;
    if (::fcntl(descriptor->host, F_SETFL, host_flags) != 0) return from_host(errno);
  }
  descriptor->flags = static_cast<uint16_t>(flags);
  return Errno::Success;
}

Errno fd_fdstat_set_rights(Call& call, I32 fd, I64 rights_base, I64 rights_inheriting) {
  Descriptor* descriptor = call.state.fds.find(fd);
  if (!descriptor) return Errno::Badf;
  if ((rights_base & ~descriptor->rights_base) || (rights_inheriting & ~descriptor->rights_inheriting)) {
    return Errno::Notcapable;
  }
  descriptor->rights_base = rights_base;
  descriptor->rights_inheriting = rights_inheriting;
  return Errno::Success;
}

Errno fd_prestat_get(Call& call, I32 fd, I32 prestat) {
  if (!call.in_bounds(prestat, kPrestatSize, "prestat")) return Errno::Fault;
  const Descriptor* descriptor = call.state.fds.find(fd);
  // C libraries look at 3, 4, ... until Badf, and give up on any other error.
  if (!descriptor || !descriptor->cold || !descriptor->cold->is_preopen) {
    call.state.path_hint.note_search();
    return Errno::Badf;
  }
  call.memory.write<uint32_t>(prestat, 0);  // a directory
  call.memory.write(prestat + 4, static_cast<uint32_t>(descriptor->cold->preopen_name.size()));
  return Errno::Success;
}

Errno fd_prestat_dir_name(Call& call, I32 fd, I32 path, I32 path_len) {
  if (!call.in_bounds(path, path_len, "path")) return Errno::Fault;
  const Descriptor* descriptor = call.state.fds.find(fd);
  if (!descriptor) return Errno::Badf;
  if (!descriptor->cold || !descriptor->cold->is_preopen) return Errno::Notdir;
  const std::string& name = descriptor->cold->preopen_name;
  if (name.size() > path_len) return Errno::Nametoolong;
  if (!name.empty()) std::memcpy(call.memory.at(path), name.data(), name.size());
  return Errno::Success;
}

Errno fd_sync(Call& call, I32 fd) {
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdSync, &descriptor); error != Errno::Success) return error;
  uv_fs_t request;
  const int result = uv_fs_fsync(nullptr, &request, descriptor->host, nullptr);
  uv_fs_req_cleanup(&request);
  return from_host(-result);
}

Errno fd_datasync(Call& call, I32 fd) {
  Descriptor* descriptor;
  if (const Errno error = find_fd(call, fd, rights::kFdDatasync, &descriptor); error != Errno::Success) return error;
  uv_fs_t request;
  const int result = uv_fs_fdatasync(nullptr, &request, descriptor->host, nullptr);
  uv_fs_req_cleanup(&request);
  return from_host(-result);
}

}  // namespace wasmrun::wasi
