// Reserves, grows and frees linear memories.
#include "engine/runtime/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "engine/module/limits.h"

namespace wasmrun::runtime {
namespace {

constexpr uint64_t kHostPageBytes = 4096;
constexpr uint64_t kGuardedBytes = (uint64_t{8} << 30) + kHostPageBytes;
// What any mapping may have; keeps sums below from wrapping.
constexpr uint64_t kAddressableBytes = uint64_t{1} << 46;

uint64_t round_up(uint64_t bytes) { return (bytes + kHostPageBytes - 1) & ~(kHostPageBytes - 1); }

void* map(uint64_t bytes, int protection) {
  return mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

// `pages` in bytes, or the most there can be.
uint64_t bytes_of(uint64_t pages, uint8_t page_size_log2) {
  return pages > kAddressableBytes >> page_size_log2 ? kAddressableBytes : pages << page_size_log2;
}

}  // namespace

bool Memory::can_reserve_guarded() {
  void* base = map(kGuardedBytes, PROT_NONE);
  if (base == MAP_FAILED) return false;
  munmap(base, kGuardedBytes);
  return true;
}

Result<std::unique_ptr<Memory>> Memory::create(const module::MemoryType& type, bool guard_pages,
                                               std::optional<uint64_t> max_bytes) {
  std::unique_ptr<Memory> memory(new Memory);
  memory->type_ = type;
  const bool is_32_bit = type.limits.address_type == module::AddressType::I32;
  // The size is a number of the address type: with pages of one byte that is less than all addresses.
  const uint64_t pages_limit =
      is_32_bit ? std::min((uint64_t{1} << 32) >> type.page_size_log2, uint64_t{UINT32_MAX}) : UINT64_MAX;
  const uint64_t max_pages = std::min(type.limits.max.value_or(UINT64_MAX), pages_limit);
  memory->max_bytes_ = std::min(bytes_of(max_pages, type.page_size_log2), max_bytes.value_or(UINT64_MAX));
  const uint64_t min_bytes = bytes_of(type.limits.min, type.page_size_log2);
  if (max_bytes && min_bytes > *max_bytes) {
    return Error{ErrorKind::Unlinkable, "memory limit exceeded: the module starts with " + std::to_string(min_bytes) +
                                            " bytes of memory, the limit is " + std::to_string(*max_bytes)};
  }

  if (type.limits.min > kAddressableBytes >> type.page_size_log2) {
    return Error{ErrorKind::Io, "cannot get " + std::to_string(type.limits.min) + " pages for a memory"};
  }

  memory->is_guarded_ = guard_pages && is_32_bit && type.page_size_log2 == 16;
  memory->is_reserved_ = memory->is_guarded_ || type.limits.is_shared;
  const uint64_t exact = type.limits.is_shared ? memory->max_bytes_ : min_bytes;
  const uint64_t mapped = memory->is_guarded_ ? kGuardedBytes : std::max(round_up(exact), kHostPageBytes);
  void* base = map(mapped, memory->is_reserved_ || min_bytes == 0 ? PROT_NONE : PROT_READ | PROT_WRITE);
  if (base == MAP_FAILED) {
    return Error{ErrorKind::Io, "cannot map " + std::to_string(mapped) + " bytes for a memory: " + std::strerror(errno)};
  }
  memory->descriptor_.base = static_cast<uint8_t*>(base);
  memory->mapped_bytes_ = mapped;
  if (memory->is_reserved_ && min_bytes && mprotect(base, round_up(min_bytes), PROT_READ | PROT_WRITE) != 0) {
    return Error{ErrorKind::Io, "cannot get " + std::to_string(min_bytes) + " bytes for a memory: " + std::strerror(errno)};
  }
  memory->descriptor_.size_bytes = min_bytes;
  return memory;
}

Memory::~Memory() {
  if (descriptor_.base) munmap(descriptor_.base, mapped_bytes_);
}

std::optional<uint64_t> Memory::grow(uint64_t delta_pages) {
  const std::lock_guard lock(mutex_);
  const uint64_t old_pages = size_pages();
  const uint64_t old_bytes = descriptor_.size_bytes;
  if (delta_pages > (max_bytes_ - std::min(old_bytes, max_bytes_)) >> type_.page_size_log2) return std::nullopt;
  if (delta_pages == 0) return old_pages;
  const uint64_t new_bytes = old_bytes + (delta_pages << type_.page_size_log2);
  const uint64_t old_mapped = round_up(old_bytes);
  const uint64_t new_mapped = round_up(new_bytes);
  constexpr int kReadWrite = PROT_READ | PROT_WRITE;
  if (is_reserved_) {
    if (new_mapped > old_mapped && mprotect(descriptor_.base + old_mapped, new_mapped - old_mapped, kReadWrite) != 0) {
      return std::nullopt;
    }
  } else {
    if (new_mapped > mapped_bytes_) {
      void* base = mremap(descriptor_.base, mapped_bytes_, new_mapped, MREMAP_MAYMOVE);
      if (base == MAP_FAILED) return std::nullopt;
      descriptor_.base = static_cast<uint8_t*>(base);
      mapped_bytes_ = new_mapped;
    }
    // An empty memory holds one inaccessible page.
    if (old_bytes == 0 && mprotect(descriptor_.base, new_mapped, kReadWrite) != 0) return std::nullopt;
  }
  // Other threads may read the sizes of a shared memory now; its base stays.
  __atomic_store_n(&descriptor_.size_bytes, new_bytes, __ATOMIC_RELEASE);
  for (abi::InstanceHeader* user : users_) {
    if (!is_reserved_) user->memory0_base = descriptor_.base;
    __atomic_store_n(&user->memory0_size_bytes, new_bytes, __ATOMIC_RELEASE);
  }
  return old_pages;
}

bool Memory::map_image(int file, const abi::DataImage& image) {
  // One that moves does so by mremap, which takes one mapping only.
  if (!is_reserved_) return false;
  CHECK(image.memory_offset <= descriptor_.size_bytes && image.size_bytes <= descriptor_.size_bytes - image.memory_offset);
  return mmap(descriptor_.base + image.memory_offset, image.size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
              file, static_cast<off_t>(image.file_offset)) != MAP_FAILED;
}

void Memory::remove_user(abi::InstanceHeader* header) {
  const std::lock_guard lock(mutex_);
  std::erase(users_, header);
}

void Memory::add_user(abi::InstanceHeader* header) {
  const std::lock_guard lock(mutex_);
  users_.push_back(header);
  header->memory0_base = descriptor_.base;
  header->memory0_size_bytes = descriptor_.size_bytes;
}

}  // namespace wasmrun::runtime
