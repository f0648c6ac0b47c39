// Marking, and what becomes free. The order matters: while roots are visited, the lines and starts of the last collection still
// say where objects are; only then are lines marked anew.
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "engine/gc/heap.h"

namespace wasmrun::gc {
namespace {

constexpr uint32_t kWordsPerBlock = Heap::kBlockBytes / 512;
// Elements of an array that are scanned before others get their turn, so that the list of pending objects stays short.
constexpr uint32_t kElementsAtOnce = 512;
constexpr uint8_t kPoison = 0xdb;

}  // namespace

// ---- Finding objects.

/// Sets the starts of the objects in a hole that is being filled or was; free memory behind them is zero.
void Heap::walk_hole(uint32_t begin, uint32_t end) {
  while (begin < end && tag(begin) != abi::kNoTag) {
    starts_[begin / 512] |= uint64_t{1} << (begin / 8 % 64);
    begin += object_bytes(begin);
  }
}

void Heap::walk_holes(uint32_t index) {
  Block& block = blocks_[index];
  const uint8_t* lines = lines_ + uint64_t{index} * kLinesPerBlock;
  uint32_t line = is_collecting_ ? block.lines_walked : 0;
  while (line < block.lines_taken) {
    if (lines[line]) {
      ++line;
      continue;
    }
    const uint32_t begin = line;
    while (line < block.lines_taken && !lines[line]) ++line;
    walk_hole(index * kBlockBytes + begin * kLineBytes, index * kBlockBytes + line * kLineBytes);
  }
  block.lines_walked = block.lines_taken;
}

Reference Heap::find_object(uint64_t word) {
  uint64_t offset = word;
  if (offset >> 32) {
    offset = word - reinterpret_cast<uint64_t>(base_);
    if (offset >= reserved_bytes_) return 0;
  } else if (abi::is_i31(word)) {
    return 0;
  }
  const auto index = static_cast<uint32_t>(offset / kBlockBytes);
  if (index == 0 || index >= end_block_) return 0;
  uint32_t first = index;
  switch (blocks_[index].kind) {
    case BlockKind::Untouched:
    case BlockKind::Free: return 0;
    case BlockKind::LargeTail: first = blocks_[index].link; break;
    case BlockKind::LargeHead: break;
    case BlockKind::Small: walk_holes(index); break;
  }
  // The last start at or before the address.
  uint64_t granule = std::min(offset, (uint64_t{first} + 1) * kBlockBytes - 1) / 8;
  uint64_t bits = starts_[granule / 64] & (~uint64_t{0} >> (63 - granule % 64));
  for (uint64_t word_index = granule / 64; !bits;) {
    if (word_index == uint64_t{first} * kWordsPerBlock) return 0;
    bits = starts_[--word_index];
    granule = word_index * 64;
  }
  const auto start = static_cast<Reference>((granule / 64 * 64 + (63 - static_cast<uint32_t>(std::countl_zero(bits)))) * 8);
  return offset - start < object_bytes(start) ? start : 0;
}

// ---- Marking.

bool Heap::test_and_mark(Reference reference) {
  uint64_t& word = marks_[reference / 512];
  const uint64_t bit = uint64_t{1} << (reference / 8 % 64);
  if (word & bit) return false;
  word |= bit;
  return true;
}

void Marker::mark(uint64_t word) {
  if (word == 0 || abi::is_i31(word)) return;
  const auto reference = static_cast<Reference>(word);
  if (heap_.test_and_mark(reference)) heap_.pending_.push_back(reference);
}

void Marker::mark_ambiguous(uint64_t word) {
  mark(heap_.find_object(word));
  // LLVM may keep a reference in half a word.
  if (word >> 32) {
    mark(heap_.find_object(static_cast<uint32_t>(word)));
    mark(heap_.find_object(word >> 32));
  }
}

void Heap::mark_lines(Reference reference, uint32_t bytes) {
  if (blocks_[reference / kBlockBytes].kind != BlockKind::Small) return;
  const uint32_t last = (reference + bytes - 1) / kLineBytes;
  for (uint32_t line = reference / kLineBytes; line <= last; ++line) lines_[line] = 1;
}

/// Marks what the object refers to, of an array from element `first` on.
void Heap::scan(Reference reference, uint32_t first) {
  const auto follow = [this](Reference child) {
    if (child != 0 && !abi::is_i31(child) && test_and_mark(child)) pending_.push_back(child);
  };
  const abi::TypeTag tag = this->tag(reference);
  switch (abi::kind_of(tag)) {
    case abi::TagKind::Struct: {
      const abi::TypeRecord& record = types_.record(tag);
      mark_lines(reference, record.size_bytes);
      for (uint32_t i = 0; i < record.reference_count; ++i) follow(at<Reference>(reference, record.reference_offsets[i]));
      return;
    }
    case abi::TagKind::Array: {
      if (first == 0) mark_lines(reference, object_bytes(reference));
      if (types_.record(tag).reference_count == 0) return;
      const uint32_t length = array_length(reference);
      const uint32_t end = length - first > kElementsAtOnce ? first + kElementsAtOnce : length;
      if (end < length) pending_.push_back(uint64_t{end} << 32 | reference);
      for (uint32_t i = first; i < end; ++i) follow(at<Reference>(reference, abi::kArrayElementsOffset + i * 4));
      return;
    }
    case abi::TagKind::HostBox: return mark_lines(reference, abi::kHostBoxBytes);
    case abi::TagKind::Func: break;
  }
  CHECK(!"an object has a tag");
}

void Heap::drain() {
  while (!pending_.empty()) {
    const uint64_t next = pending_.back();
    pending_.pop_back();
    scan(static_cast<Reference>(next), static_cast<uint32_t>(next >> 32));
  }
}

// ---- A collection.

void Heap::collect() {
  load_hole();
  is_collecting_ = true;
  std::memset(marks_, 0, uint64_t{end_block_} * kBlockBytes / 64);
  for (uint32_t index = 1; index < end_block_; ++index) blocks_[index].lines_walked = 0;
  Marker marker(*this);
  roots_.visit(marker);
  std::memset(lines_, 0, uint64_t{end_block_} * kLinesPerBlock);
  drain();
  std::swap(starts_, marks_);
  free_unmarked();
  if (stress_) poison_unmarked();
  hole_ = overflow_ = {};
  next_recycled_ = 1;
  const uint64_t grown = live_bytes_ / kBlockBytes * 2 + kLeastGrowthBlocks;
  limit_blocks_ = static_cast<uint32_t>(std::min<uint64_t>(cap_blocks_, grown));
  ++collections_;
  is_collecting_ = false;
  publish_hole();
}

void Heap::free_large(uint32_t head) {
  const uint32_t count = blocks_[head].link;
  for (uint32_t index = head; index < head + count; ++index) blocks_[index] = {BlockKind::Free, 0, 0, 0};
  used_blocks_ -= count;
  next_free_ = std::min(next_free_, head);
}

void Heap::free_unmarked() {
  live_bytes_ = 0;
  uint32_t dirty = 0;
  for (uint32_t index = 1; index < end_block_; ++index) {
    Block& block = blocks_[index];
    switch (block.kind) {
      case BlockKind::Small: {
        const uint8_t* lines = lines_ + uint64_t{index} * kLinesPerBlock;
        const auto live = static_cast<uint32_t>(std::count(lines, lines + kLinesPerBlock, uint8_t{1}));
        live_bytes_ += uint64_t{live} * kLineBytes;
        block.lines_taken = 0;
        if (live == 0) {
          block.kind = BlockKind::Free;
          --used_blocks_;
          next_free_ = std::min(next_free_, index);
        }
        break;
      }
      case BlockKind::LargeHead:
        if (starts_[uint64_t{index} * kWordsPerBlock] & 1) {
          live_bytes_ += uint64_t{block.link} * kBlockBytes;
        } else {
          free_large(index);
        }
        break;
      case BlockKind::LargeTail:
      case BlockKind::Free:
      case BlockKind::Untouched: break;
    }
    dirty += block.kind != BlockKind::Untouched;
  }
  // Gaps between large objects must not add to what the limit allows.
  if (dirty > cap_blocks_) release_free_blocks();
}

void Heap::release_free_blocks() {
  for (uint32_t index = 1; index < end_block_; ++index) {
    if (blocks_[index].kind != BlockKind::Free) continue;
    const uint32_t begin = index;
    for (; index < end_block_ && blocks_[index].kind == BlockKind::Free; ++index) blocks_[index].kind = BlockKind::Untouched;
    madvise(base_ + uint64_t{begin} * kBlockBytes, uint64_t{index - begin} * kBlockBytes, MADV_DONTNEED);
  }
}

/// Overwrites all that is no live object, so that a reference which was missed shows.
void Heap::poison_unmarked() {
  for (uint32_t index = 1; index < end_block_; ++index) {
    const uint32_t begin = index * kBlockBytes, end = begin + kBlockBytes;
    switch (blocks_[index].kind) {
      case BlockKind::Free: std::memset(base_ + begin, kPoison, kBlockBytes); break;
      case BlockKind::Small:
        for (uint32_t at = begin; at < end;) {
          if (starts_[at / 512] >> (at / 8 % 64) & 1) {
            at += object_bytes(at);
          } else {
            std::memset(base_ + at, kPoison, 8);
            at += 8;
          }
        }
        break;
      case BlockKind::LargeHead:
      case BlockKind::LargeTail:
      case BlockKind::Untouched: break;
    }
  }
}

}  // namespace wasmrun::gc
