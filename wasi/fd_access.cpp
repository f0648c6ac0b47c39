// See fd_access.h.
#include "wasi/fd_access.h"

#include <poll.h>

#include <algorithm>
#include <limits>

namespace wasmrun::wasi {

bool gather_iovecs(Call& call, I32 iovs, I32 iovs_len, int* count) {
  if (!call.in_bounds(iovs, uint64_t{iovs_len} * kIovecSize, "iovs")) return false;
  uint32_t used = 0;
  for (uint32_t i = 0; i < iovs_len && used < CallingThread::kMaxIovecs; ++i) {
    const uint32_t entry = iovs + i * kIovecSize;
    const auto pointer = call.memory.read<uint32_t>(entry);
    const auto size = call.memory.read<uint32_t>(entry + 4);
    if (size == 0) continue;
    if (!call.in_bounds(pointer, size, "iovs buffer")) return false;
    call.thread.iovecs[used++] = {call.memory.at(pointer), size};
  }
  *count = static_cast<int>(used);
  return true;
}

void limit_iovecs(iovec* vectors, int* count, size_t limit) {
  for (int i = 0; i < *count; ++i) {
    if (vectors[i].iov_len >= limit) {
      vectors[i].iov_len = limit;
      *count = i + 1;
      return;
    }
    limit -= vectors[i].iov_len;
  }
}

void limit_output(Call& call, int* count) {
  State& state = call.state;
  if (state.output_left == UINT64_MAX) return;
  uint64_t wanted = 0;
  for (int i = 0; i < *count; ++i) wanted += call.thread.iovecs[i].iov_len;
  if (wanted <= state.output_left) return;
  call.is_cut = true;
  limit_iovecs(call.thread.iovecs, count, state.output_left);
}

void spend_output(Call& call, uint64_t size) {
  State& state = call.state;
  if (state.output_left == UINT64_MAX) return;
  state.output_left -= std::min(size, state.output_left);
  state.output_exceeded |= call.is_cut && state.output_left == 0;
}

Errno read_times(I64 atim, I64 mtim, I32 fst_flags, timespec times[2]) {
  if (fst_flags & ~fstflags::kAll) return Errno::Inval;
  const auto pick = [](bool set, bool now, uint64_t value) -> timespec {
    if (now) return {0, UTIME_NOW};
    if (!set) return {0, UTIME_OMIT};
    return {static_cast<time_t>(value / 1'000'000'000), static_cast<long>(value % 1'000'000'000)};
  };
  const bool a = fst_flags & fstflags::kAtim, a_now = fst_flags & fstflags::kAtimNow;
  const bool m = fst_flags & fstflags::kMtim, m_now = fst_flags & fstflags::kMtimNow;
  if ((a && a_now) || (m && m_now)) return Errno::Inval;
  times[0] = pick(a, a_now, atim);
  times[1] = pick(m, m_now, mtim);
  return Errno::Success;
}

FileType file_type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return FileType::RegularFile;
    case S_IFDIR: return FileType::Directory;
    case S_IFLNK: return FileType::SymbolicLink;
    case S_IFCHR: return FileType::CharacterDevice;
    case S_IFBLK: return FileType::BlockDevice;
    case S_IFSOCK: return FileType::SocketStream;
  }
  return FileType::Unknown;  // a pipe: preview 1 has no word for it
}

namespace {

uint64_t timestamp(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  const auto seconds = static_cast<uint64_t>(time.tv_sec);
  constexpr uint64_t kLimit = std::numeric_limits<uint64_t>::max();
  if (seconds > (kLimit - 999'999'999) / 1'000'000'000) return kLimit;
  return seconds * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

void write_filestat(Call& call, I32 pointer, struct stat status) {
  if (call.state.deterministic) call.state.deterministic->normalize(status);
  const FilestatLayout layout = filestat_layout(call.snapshot);
  GuestMemory& memory = call.memory;
  memory.clear(pointer, layout.size_bytes);
  memory.write<uint64_t>(pointer, status.st_dev);
  memory.write<uint64_t>(pointer + 8, status.st_ino);
  memory.write(pointer + 16, static_cast<uint8_t>(file_type_of(status.st_mode)));
  if (layout.nlink_bytes == 4) {
    memory.write(pointer + layout.nlink, static_cast<uint32_t>(status.st_nlink));
  } else {
    memory.write<uint64_t>(pointer + layout.nlink, status.st_nlink);
  }
  memory.write<uint64_t>(pointer + layout.size, static_cast<uint64_t>(status.st_size));
  memory.write(pointer + layout.atim, timestamp(status.st_atim));
  memory.write(pointer + layout.mtim, timestamp(status.st_mtim));
  memory.write(pointer + layout.ctim, timestamp(status.st_ctim));
}

bool is_ready(int host, short events) {
  pollfd entry{host, events, 0};
  return ::poll(&entry, 1, 0) > 0;
}

Errno wait_until_ready(Call& call, int host, short events) {
  pollfd entry{host, events, 0};
  while (::poll(&entry, 1, -1) < 0) {
    if (errno != EINTR) return from_host(errno);
    if (call.interrupted()) return Errno::Intr;
  }
  return Errno::Success;
}

}  // namespace wasmrun::wasi
