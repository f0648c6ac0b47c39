// fd_readdir. Cookies are the kernel's own d_off, so that removing or adding entries between calls neither skips nor
// repeats others: positions counted in entries would. libuv lists directories by path, without inode numbers or
// positions.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "wasi/fd_access.h"

namespace wasmrun::wasi {

namespace {

/// A record of getdents64: ino u64, off i64, reclen u16, type u8, name.
struct Record {
  const uint8_t* bytes;
  template <class T>
  T field(size_t offset) const {
    T value;
    std::memcpy(&value, bytes + offset, sizeof(T));
    return value;
  }
  uint64_t inode() const { return field<uint64_t>(0); }
  uint64_t next_cookie() const { return field<uint64_t>(8); }
  uint16_t size() const { return field<uint16_t>(16); }
  uint8_t type() const { return bytes[18]; }
  const char* name() const { return reinterpret_cast<const char*>(bytes + 19); }
};

FileType file_type(const DirectoryCursor& cursor, const Record& record) {
  switch (record.type()) {
    case DT_BLK: return FileType::BlockDevice;
    case DT_CHR: return FileType::CharacterDevice;
    case DT_DIR: return FileType::Directory;
    case DT_LNK: return FileType::SymbolicLink;
    case DT_REG: return FileType::RegularFile;
    case DT_SOCK: return FileType::SocketStream;
    case DT_UNKNOWN: break;
    default: return FileType::Unknown;
  }
  // Some file systems leave it to the caller.
  struct stat status;
  if (::fstatat(cursor.fd.get(), record.name(), &status, AT_SYMLINK_NOFOLLOW) != 0) return FileType::Unknown;
  return file_type_of(status.st_mode);
}

/// Makes the record that `cookie` names the next one. Returns 0 or an errno.
int seek_to(DirectoryCursor& cursor, int directory, uint64_t cookie) {
  if (!cursor.fd.valid()) {
    cursor.fd.reset(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!cursor.fd.valid()) return errno;
    cursor.buffer = std::make_unique<uint8_t[]>(DirectoryCursor::kBufferSize);
    cursor.next_cookie = 0;
    if (cookie == 0) return 0;
  } else if (cookie != 0) {
    if (cookie == cursor.next_cookie) return 0;
    for (uint32_t at = 0; at < cursor.end;) {
      const Record record{cursor.buffer.get() + at};
      at += record.size();
      if (record.next_cookie() == cookie) {
        cursor.begin = at;
        cursor.next_cookie = cookie;
        return 0;
      }
    }
  }
  // Cookie 0 starts anew, with what is in the directory now.
  if (cookie > INT64_MAX) return EINVAL;
  if (::lseek(cursor.fd.get(), static_cast<off_t>(cookie), SEEK_SET) < 0) return errno;
  cursor.begin = cursor.end = 0;
  cursor.next_cookie = cookie;
  return 0;
}

/// Reads more records when none are left. `*at_end` when the directory has no more. Returns 0 or an errno.
int fill(DirectoryCursor& cursor, bool* at_end) {
  *at_end = false;
  if (cursor.begin < cursor.end) return 0;
  const long count = ::syscall(SYS_getdents64, cursor.fd.get(), cursor.buffer.get(), DirectoryCursor::kBufferSize);
  // ENOENT: the directory itself was removed; nothing is in it.
  if (count < 0 && errno != ENOENT) return errno;
  cursor.begin = 0;
  cursor.end = count > 0 ? static_cast<uint32_t>(count) : 0;
  *at_end = count <= 0;
  return 0;
}

/// Writes dirents one after the other, the last perhaps cut off.
class Output {
 public:
  Output(GuestMemory& memory, I32 buffer, I32 size) : memory_(memory), buffer_(buffer), size_(size) {}
  bool is_full() const { return used_ == size_; }
  uint32_t used() const { return used_; }

  /// False when it was cut off: it is given out again then, because the guest asks with the cookie before it.
  bool append(uint64_t next_cookie, uint64_t inode, FileType type, std::string_view name) {
    uint8_t header[kDirentSize] = {};
    // The parent may be outside what the guest knows of.
    if (name == "..") inode = 0;
    const auto name_size = static_cast<uint32_t>(name.size());
    std::memcpy(header, &next_cookie, 8);
    std::memcpy(header + 8, &inode, 8);
    std::memcpy(header + 16, &name_size, 4);
    header[20] = static_cast<uint8_t>(type);
    const bool is_header_whole = copy(header, kDirentSize);
    return is_header_whole && copy(name.data(), name_size);
  }

 private:
  bool copy(const void* bytes, uint32_t count) {
    const uint32_t part = std::min(size_ - used_, count);
    if (part > 0) std::memcpy(memory_.at(buffer_ + used_), bytes, part);
    used_ += part;
    return part == count;
  }

  GuestMemory& memory_;
  const I32 buffer_, size_;
  uint32_t used_ = 0;
};

/// Reads all of the directory. Returns 0 or an errno.
int list_sorted(Deterministic& world, DirectoryCursor& cursor, int directory) {
  cursor.sorted.clear();
  if (const int error = seek_to(cursor, directory, 0)) return error;
  struct stat status;
  if (::fstat(directory, &status) != 0) return errno;
  for (;;) {
    bool at_end;
    if (const int error = fill(cursor, &at_end)) return error;
    if (at_end) break;
    const Record record{cursor.buffer.get() + cursor.begin};
    cursor.sorted.push_back({record.name(), record.inode(), file_type(cursor, record)});
    cursor.begin += record.size();
  }
  std::sort(cursor.sorted.begin(), cursor.sorted.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (DirectoryCursor::Entry& entry : cursor.sorted) {
    if (entry.name != "..") entry.inode = world.file_number(status.st_dev, entry.inode);
  }
  return 0;
}

Errno read_sorted(Call& call, Descriptor& descriptor, Output& output, I64 cookie) {
  DirectoryCursor& cursor = descriptor.ensure_cold().cursor;
  if (cookie == 0 || cursor.sorted.empty()) {
    if (const int error = list_sorted(*call.state.deterministic, cursor, descriptor.host)) return from_host(error);
  }
  for (uint64_t i = cookie; i < cursor.sorted.size() && !output.is_full(); ++i) {
    const DirectoryCursor::Entry& entry = cursor.sorted[i];
    if (!output.append(i + 1, entry.inode, entry.type, entry.name)) break;
  }
  return Errno::Success;
}

}  // namespace

Errno fd_readdir(Call& call, I32 fd, I32 buf, I32 buf_len, I64 cookie, I32 bufused) {
  if (!call.in_bounds(bufused, 4, "bufused") || !call.in_bounds(buf, buf_len, "buf")) return Errno::Fault;
  Descriptor* descriptor;
  if (const Errno error = find_directory(call, fd, rights::kFdReaddir, &descriptor); error != Errno::Success) {
    return error;
  }
  Output output(call.memory, buf, buf_len);
  if (call.state.deterministic) {
    if (const Errno error = read_sorted(call, *descriptor, output, cookie); error != Errno::Success) return error;
    call.memory.write(bufused, output.used());
    return Errno::Success;
  }
  DirectoryCursor& cursor = descriptor->ensure_cold().cursor;
  if (const int error = seek_to(cursor, descriptor->host, cookie)) return from_host(error);
  while (!output.is_full()) {
    bool at_end;
    if (const int error = fill(cursor, &at_end)) return from_host(error);
    if (at_end) break;
    const Record record{cursor.buffer.get() + cursor.begin};
    if (!output.append(record.next_cookie(), record.inode(), file_type(cursor, record), record.name())) break;
    cursor.begin += record.size();
    cursor.next_cookie = record.next_cookie();
  }
  call.memory.write(bufused, output.used());
  return Errno::Success;
}

}  // namespace wasmrun::wasi
