// Guest descriptors: a flat vector, always filled from the lowest free number as POSIX programs expect.
// Visible: Descriptor, DirectoryCursor, FdTable, rights_of.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/owned_fd.h"
#include "wasi/abi.h"
#include "wasi/errno.h"

namespace wasmrun::wasi {

/// Where fd_readdir stands in a directory. It has an open file description of its own, so that reading entries and the
/// descriptor's users do not move each other.
struct DirectoryCursor {
  static constexpr size_t kBufferSize = 32 * 1024;
  OwnedFd fd;
  std::unique_ptr<uint8_t[]> buffer;  ///< kBufferSize bytes of getdents64 records
  uint32_t begin = 0;                 ///< first record not given out
  uint32_t end = 0;
  uint64_t next_cookie = 0;  ///< the cookie that names the record at `begin`
  /// In deterministic mode: all entries as they were when the guest began, by name; cookies count them.
  struct Entry {
    std::string name;
    uint64_t inode;
    FileType type;
  };
  std::vector<Entry> sorted;
};

/// One open object of the host and what the guest may do with it.
struct Descriptor {
  int host = -1;  ///< negative: the slot is free
  FileType type = FileType::Unknown;
  bool read_only : 1 = false;  ///< opened below a read-only preopen: nothing may be changed through it
  bool readable : 1 = false;
  bool writable : 1 = false;
  bool is_inherited : 1 = false;  ///< its description is shared with other processes: flags are in this table alone
  bool is_listener : 1 = false;
  bool is_terminal : 1 = false;
  bool may_listen : 1 = false;  ///< socket whose local address was granted
  uint16_t flags = 0;  ///< fdflags as the guest sees them
  /// Of a socket: an error that a poll has told and that the next call is to meet, as if the poll had not asked the kernel.
  Errno pending_error = Errno::Success;
  /// Differs for each descriptor that the table ever held.
  uint32_t serial = 0;
  uint64_t rights_base = 0;
  uint64_t rights_inheriting = 0;
  struct Cold {
    bool is_preopen = false;
    std::string preopen_name;
    DirectoryCursor cursor;
  };
  std::unique_ptr<Cold> cold;

  bool is_open() const { return host >= 0; }
  /// Not a listener that a service manager handed over.
  bool is_standard_stream() const { return is_inherited && !is_listener; }
  bool is_directory() const { return type == FileType::Directory; }
  bool is_socket() const { return type == FileType::SocketStream || type == FileType::SocketDatagram; }
  /// Files and devices with a position or contents that never make anyone wait.
  bool is_always_ready() const { return type == FileType::RegularFile || type == FileType::Directory; }
  Cold& ensure_cold() {
    if (!cold) cold = std::make_unique<Cold>();
    return *cold;
  }
};
static_assert(sizeof(Descriptor) == 40);

/// Every right that an object of this type and access mode can have.
uint64_t rights_of(const Descriptor& descriptor);

class FdTable {
 public:
  static constexpr uint32_t kMaxDescriptors = 1 << 20;

  FdTable() = default;
  /// No number from `limit` on is given out any more; at most kMaxDescriptors.
  void set_limit(uint32_t limit) { limit_ = limit; }
  FdTable(const FdTable&) = delete;
  FdTable& operator=(const FdTable&) = delete;
  ~FdTable();

  /// The open descriptor of that number; null when there is none. Valid until the next insert.
  Descriptor* find(uint32_t fd) { return fd < slots_.size() && slots_[fd].is_open() ? &slots_[fd] : nullptr; }
  /// Gives the lowest free number; owns the host descriptor from then on. Mfile when the table is full (the host
  /// descriptor is closed then).
  Errno insert(Descriptor descriptor, uint32_t* fd);
  /// Whether `insert` would have no place: to be asked before something is done that cannot be undone.
  bool is_full();
  /// Puts a descriptor at a number that is free.
  void insert_at(uint32_t fd, Descriptor descriptor);
  /// Frees the number and closes the host descriptor. Badf when it is not open.
  Errno close(uint32_t fd);
  /// Moves `from` to `to`, closing what was there. Badf unless both are open. spec: witx fd_renumber
  Errno renumber(uint32_t from, uint32_t to);
  size_t size() const { return slots_.size(); }

 private:
  void release(Descriptor& descriptor);
  std::vector<Descriptor> slots_;
  uint32_t limit_ = kMaxDescriptors;
  uint32_t last_serial_ = 0;
  uint32_t lowest_free_ = 0;  ///< no number below is free
};

}  // namespace wasmrun::wasi
