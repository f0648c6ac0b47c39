// The descriptor table. See fd_table.h.
#include "wasi/fd_table.h"

#include <fcntl.h>

#include "engine/base/check.h"

namespace wasmrun::wasi {

uint64_t rights_of(const Descriptor& descriptor) {
  if (descriptor.is_directory()) return rights::kDirectory;
  if (descriptor.is_socket()) return descriptor.is_listener ? rights::kListener : rights::kSocket;
  const bool is_stream = descriptor.is_terminal || descriptor.type == FileType::Unknown;  // Unknown: a pipe
  uint64_t result = is_stream ? rights::kStreamCommon : rights::kFileCommon;
  if (descriptor.readable) result |= rights::kFdRead;
  if (descriptor.writable) result |= is_stream ? rights::kFdWrite : rights::kFileWrite;
  return result;
}

FdTable::~FdTable() {
  for (Descriptor& slot : slots_) {
    // The process may go on after the guest: its standard streams stay as they are.
    if (slot.is_open() && !slot.is_standard_stream()) release(slot);
  }
}

bool FdTable::is_full() {
  while (lowest_free_ < slots_.size() && slots_[lowest_free_].is_open()) ++lowest_free_;
  return lowest_free_ >= limit_;
}

Errno FdTable::insert(Descriptor descriptor, uint32_t* fd) {
  if (is_full()) {
    release(descriptor);
    return Errno::Mfile;
  }
  *fd = lowest_free_++;
  insert_at(*fd, std::move(descriptor));
  return Errno::Success;
}

void FdTable::insert_at(uint32_t fd, Descriptor descriptor) {
  descriptor.serial = ++last_serial_;
  if (fd >= slots_.size()) slots_.resize(fd + 1);
  CHECK(!slots_[fd].is_open());
  slots_[fd] = std::move(descriptor);
}

Errno FdTable::close(uint32_t fd) {
  Descriptor* descriptor = find(fd);
  if (!descriptor) return Errno::Badf;
  release(*descriptor);
  if (fd < lowest_free_) lowest_free_ = fd;
  return Errno::Success;
}

Errno FdTable::renumber(uint32_t from, uint32_t to) {
  Descriptor* source = find(from);
  Descriptor* target = find(to);
  if (!source || !target) return Errno::Badf;
  if (from == to) return Errno::Success;
  release(*target);
  *target = std::move(*source);
  *source = Descriptor();
  if (from < lowest_free_) lowest_free_ = from;
  return Errno::Success;
}

void FdTable::release(Descriptor& descriptor) {
  if (!descriptor.is_standard_stream()) {
    ::close(descriptor.host);
  } else if (descriptor.host != 2) {
    // Readers of our output must see the end, but the numbers 0 and 1 must not come to mean some other file. Standard
    // error stays: wasmrun itself reports there.
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
      ::dup2(null, descriptor.host);
      ::close(null);
    }
  }
  descriptor = Descriptor();
}

}  // namespace wasmrun::wasi
