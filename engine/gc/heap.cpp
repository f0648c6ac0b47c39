// Reservation and allocation.
#include "engine/gc/heap.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace wasmrun::gc {
namespace {

constexpr uint64_t kMaxReservation = uint64_t{4} << 30;
constexpr uint64_t kMinReservation = uint64_t{1} << 20;

uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

/// Bytes of side tables for a reservation: a bit for each 8 bytes, twice; a byte for each line; a record for each block.
struct MetadataSizes {
  explicit MetadataSizes(uint64_t reserved, uint64_t block_bytes)
      : bits(round_up(reserved / 64, 4096)),
        lines(round_up(reserved / Heap::kLineBytes, 4096)),
        blocks(round_up(reserved / Heap::kBlockBytes * block_bytes, 4096)) {}
  uint64_t bits, lines, blocks;
  uint64_t total() const { return 2 * bits + lines + blocks; }
};

uint8_t* map(uint64_t bytes) {
  void* begin = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return begin == MAP_FAILED ? nullptr : static_cast<uint8_t*>(begin);
}

/// How much to try for. Where address space is limited, linear memories want most of it.
uint64_t wanted_reservation(const std::optional<uint64_t>& max_bytes) {
  uint64_t wanted = kMaxReservation;
  // Twice the limit, because large objects need room without gaps.
  if (max_bytes) wanted = std::min(wanted, 2 * std::min(*max_bytes, kMaxReservation) + (uint64_t{1} << 20));
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) wanted = std::min<uint64_t>(wanted, limit.rlim_cur / 4);
  return std::max(round_up(wanted, Heap::kBlockBytes), kMinReservation);
}

}  // namespace

Heap::Heap(const HeapOptions& options, const TypeTable& types, abi::StoreContext& context, Roots& roots)
    : types_(types), context_(context), roots_(roots), stress_(options.stress), max_bytes_(options.max_bytes.value_or(kMaxReservation)) {}

Heap::~Heap() {
  if (base_) munmap(base_, reserved_bytes_);
  if (metadata_) munmap(metadata_, metadata_bytes_);
  context_.gc_next = context_.gc_limit = 0;
}

Result<std::unique_ptr<Heap>> Heap::create(const HeapOptions& options, const TypeTable& types, abi::StoreContext& context,
                                           Roots& roots) {
  std::unique_ptr<Heap> heap(new Heap(options, types, context, roots));
  TRY(heap->reserve());
  return heap;
}

Result<void> Heap::reserve() {
  uint64_t bytes = wanted_reservation(max_bytes_ < kMaxReservation ? std::optional(max_bytes_) : std::nullopt);
  for (;; bytes = round_up(bytes / 2, kBlockBytes)) {
    if (bytes < kMinReservation) {
      return Error{ErrorKind::Io, std::string("cannot reserve memory for the garbage-collected heap: ") + std::strerror(errno)};
    }
    base_ = map(bytes);
    if (!base_) continue;
    reserved_bytes_ = bytes;
    const MetadataSizes sizes(bytes, sizeof(Block));
    uint8_t* metadata = map(sizes.total());
    if (!metadata) {
      munmap(base_, bytes);
      base_ = nullptr;
      continue;
    }
    metadata_ = metadata;
    metadata_bytes_ = sizes.total();
    starts_ = reinterpret_cast<uint64_t*>(metadata);
    marks_ = reinterpret_cast<uint64_t*>(metadata + sizes.bits);
    lines_ = metadata + 2 * sizes.bits;
    blocks_ = reinterpret_cast<Block*>(metadata + 2 * sizes.bits + sizes.lines);
    break;
  }
  // Block 0 stays zero, for tests of null's tag; the last one is left out, so that adding a size to a reference never wraps.
  block_count_ = static_cast<uint32_t>(reserved_bytes_ / kBlockBytes) - 1;
  cap_blocks_ = static_cast<uint32_t>(std::min<uint64_t>(block_count_ - 1, std::max<uint64_t>(max_bytes_ / kBlockBytes, 1)));
  limit_blocks_ = std::min(cap_blocks_, kLeastGrowthBlocks);
  return {};
}

// ---- The hole being filled.

void Heap::load_hole() {
  if (!stress_) hole_ = {static_cast<uint32_t>(context_.gc_next), static_cast<uint32_t>(context_.gc_limit)};
}

void Heap::publish_hole() {
  // Under stress the heap keeps the hole for itself, so that every allocation comes here.
  context_.gc_next = stress_ ? 0 : hole_.next;
  context_.gc_limit = stress_ ? 0 : hole_.limit;
}

void Heap::abandon_hole() {
  hole_ = {};
  publish_hole();
}

bool Heap::take_hole_in(uint32_t block) {
  const uint8_t* lines = lines_ + uint64_t{block} * kLinesPerBlock;
  uint32_t begin = blocks_[block].lines_taken;
  while (begin < kLinesPerBlock && lines[begin]) ++begin;
  uint32_t end = begin;
  while (end < kLinesPerBlock && !lines[end]) ++end;
  blocks_[block].lines_taken = static_cast<uint8_t>(end);
  if (begin == end) return false;
  hole_ = {block * kBlockBytes + begin * kLineBytes, block * kBlockBytes + end * kLineBytes};
  zero(hole_);
  return true;
}

/// A whole block as a hole, zeroed.
std::optional<uint32_t> Heap::take_free_block() {
  if (!may_use(1)) return std::nullopt;
  while (next_free_ < block_count_ && blocks_[next_free_].kind != BlockKind::Free && blocks_[next_free_].kind != BlockKind::Untouched) {
    ++next_free_;
  }
  if (next_free_ == block_count_) return std::nullopt;
  const uint32_t index = next_free_++;
  if (blocks_[index].kind == BlockKind::Free) zero({index * kBlockBytes, (index + 1) * kBlockBytes});
  blocks_[index] = {BlockKind::Small, static_cast<uint8_t>(kLinesPerBlock), 0, 0};
  std::memset(lines_ + uint64_t{index} * kLinesPerBlock, 0, kLinesPerBlock);
  end_block_ = std::max(end_block_, index + 1);
  ++used_blocks_;
  return index;
}

bool Heap::take_hole() {
  for (; next_recycled_ < end_block_; ++next_recycled_) {
    if (blocks_[next_recycled_].kind == BlockKind::Small && take_hole_in(next_recycled_)) return true;
  }
  const std::optional<uint32_t> block = take_free_block();
  if (!block) return false;
  hole_ = {*block * kBlockBytes, (*block + 1) * kBlockBytes};
  return true;
}

// ---- Allocation.

Reference Heap::try_allocate(uint32_t bytes) {
  if (bytes > kLargeBytes) return try_allocate_large(bytes);
  const auto take = [bytes](Hole& hole) -> Reference {
    if (hole.limit - hole.next < bytes) return 0;
    hole.next += bytes;
    return hole.next - bytes;
  };
  if (const Reference reference = take(hole_)) return reference;
  if (bytes > kLineBytes) {
    // A hole may be short; do not waste the one being filled.
    if (const Reference reference = take(overflow_)) return reference;
    if (const std::optional<uint32_t> block = take_free_block()) {
      overflow_ = {*block * kBlockBytes, (*block + 1) * kBlockBytes};
      return take(overflow_);
    }
  }
  while (take_hole()) {
    if (const Reference reference = take(hole_)) return reference;
  }
  return 0;
}

Reference Heap::try_allocate_large(uint32_t bytes) {
  const uint32_t count = (bytes + kBlockBytes - 1) / kBlockBytes;
  if (!may_use(count)) return 0;
  uint32_t run = 0;
  bool is_dirty = false;
  for (uint32_t index = next_free_; index < block_count_; ++index) {
    const BlockKind kind = blocks_[index].kind;
    if (kind != BlockKind::Free && kind != BlockKind::Untouched) {
      run = 0;
      is_dirty = false;
      continue;
    }
    is_dirty |= kind == BlockKind::Free;
    if (++run < count) continue;
    const uint32_t head = index + 1 - count;
    blocks_[head] = {BlockKind::LargeHead, 0, 0, count};
    for (uint32_t tail = head + 1; tail <= index; ++tail) blocks_[tail] = {BlockKind::LargeTail, 0, 0, head};
    const uint64_t begin = uint64_t{head} * kBlockBytes;
    if (is_dirty) std::memset(base_ + begin, 0, bytes);
    // Known by its begin like any other object.
    std::memset(starts_ + begin / 512, 0, kBlockBytes / 64);
    starts_[begin / 512] = 1;
    end_block_ = std::max(end_block_, index + 1);
    used_blocks_ += count;
    return static_cast<Reference>(begin);
  }
  return 0;
}

Reference Heap::allocate(uint32_t bytes, abi::TypeTag tag, uint32_t length) {
  load_hole();
  if (stress_) collect();
  Reference reference = try_allocate(bytes);
  if (!reference) {
    if (!stress_) collect();
    reference = try_allocate(bytes);
  }
  if (!reference) {
    // Live objects may leave no more than what growth allows.
    limit_blocks_ = cap_blocks_;
    reference = try_allocate(bytes);
  }
  publish_hole();
  if (!reference) return 0;
  at<abi::TypeTag>(reference, 0) = tag;
  if (abi::kind_of(tag) == abi::TagKind::Array) at<uint32_t>(reference, abi::kArrayLengthOffset) = length;
  return reference;
}

Reference Heap::allocate_struct(abi::TypeTag tag) { return allocate(types_.record(tag).size_bytes, tag, 0); }

Reference Heap::allocate_array(abi::TypeTag tag, uint32_t length) {
  const uint64_t bytes = abi::kArrayElementsOffset + (uint64_t{length} << types_.record(tag).element_log2);
  if (bytes > reserved_bytes_ || bytes > uint64_t{cap_blocks_} * kBlockBytes) return 0;
  return allocate(abi::object_size(bytes), tag, length);
}

Reference Heap::allocate_host_box(uint64_t word) {
  const Reference reference = allocate(abi::kHostBoxBytes, abi::kHostBoxTag, 0);
  if (reference) at<uint64_t>(reference, abi::kHostBoxWordOffset) = word;
  return reference;
}

uint32_t Heap::object_bytes(Reference reference) const {
  const abi::TypeTag tag = this->tag(reference);
  switch (abi::kind_of(tag)) {
    case abi::TagKind::Struct: return types_.record(tag).size_bytes;
    case abi::TagKind::Array:
      return abi::object_size(abi::kArrayElementsOffset + (uint64_t{array_length(reference)} << types_.record(tag).element_log2));
    case abi::TagKind::HostBox: return abi::kHostBoxBytes;
    case abi::TagKind::Func: break;
  }
  CHECK(!"an object has a tag");
  return 0;
}

Heap::Statistics Heap::statistics() const { return {collections_, live_bytes_, uint64_t{used_blocks_} * kBlockBytes}; }

}  // namespace wasmrun::gc
