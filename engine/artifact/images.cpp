// Lays out what active data segments write as runs of whole pages.
#include "engine/artifact/images.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/artifact/artifact.h"
#include "engine/base/byte_reader.h"

namespace wasmrun::artifact {
namespace {

// Below this copying is as quick as mapping and the faults that follow.
constexpr uint64_t kLeastBytes = 128 << 10;
// Pages of zeros that are rather stored than begin a mapping more.
constexpr uint64_t kMostGapBytes = 64 << 10;
// Each is a mapping of the process, of which the system allows some ten thousands.
constexpr size_t kMostImages = 64;

struct Piece {
  uint32_t memory;
  uint64_t begin;
  uint64_t end;
  module::ByteRange bytes;
};

/// The value of `i32.const N end` or `i64.const N end`; nothing for what only an instance knows.
std::optional<uint64_t> constant_of(std::span<const uint8_t> expression) {
  constexpr uint8_t kI32Const = 0x41, kI64Const = 0x42, kEnd = 0x0b;
  ByteReader reader(expression);
  const uint8_t opcode = reader.read_u8();
  uint64_t value = 0;
  if (opcode == kI32Const) {
    value = static_cast<uint32_t>(reader.read_s32());
  } else if (opcode == kI64Const) {
    value = static_cast<uint64_t>(reader.read_s64());
  } else {
    return std::nullopt;
  }
  if (reader.read_u8() != kEnd || reader.failed() || !reader.at_end()) return std::nullopt;
  return value;
}

/// Where each active segment goes; nothing when one of them might not fit, or goes to a memory that is not new.
std::optional<std::vector<Piece>> place_segments(const module::Module& module) {
  std::vector<Piece> pieces;
  for (const module::DataSegment& segment : module.datas) {
    if (segment.mode != module::SegmentMode::Active) continue;
    const uint32_t memory = segment.memory.value;
    if (memory < module.imported_memories) return std::nullopt;
    const module::MemoryType& type = module.memories[memory];
    const auto offset = constant_of(module.view(segment.offset_expr));
    if (type.page_size_log2 != 16 || type.limits.min > UINT64_MAX >> 16 || !offset) return std::nullopt;
    const uint64_t size = type.limits.min << 16;
    if (*offset > size || segment.bytes.size() > size - *offset) return std::nullopt;
    if (segment.bytes.size() > 0) pieces.push_back({memory, *offset, *offset + segment.bytes.size(), segment.bytes});
  }
  return pieces;
}

/// The runs of pages that the pieces of one memory touch.
std::vector<abi::DataImage> runs_of(std::vector<Piece> pieces, uint32_t memory) {
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
  std::vector<abi::DataImage> runs;
  for (const Piece& piece : pieces) {
    const uint64_t begin = piece.begin / kAlignBytes * kAlignBytes;
    const uint64_t end = (piece.end + kAlignBytes - 1) / kAlignBytes * kAlignBytes;
    if (runs.empty() || begin > runs.back().memory_offset + runs.back().size_bytes + kMostGapBytes) {
      runs.push_back({.memory = memory, .memory_offset = begin});
    }
    runs.back().size_bytes = std::max(runs.back().size_bytes, end - runs.back().memory_offset);
  }
  return runs;
}

}  // namespace

ImagePlan plan_images(const module::Module& module) {
  ImagePlan plan;
  const auto placed = place_segments(module);
  if (!placed) return plan;
  for (uint32_t memory = module.imported_memories; memory < module.memories.size(); ++memory) {
    std::vector<Piece> pieces;
    uint64_t bytes = 0;
    for (const Piece& piece : *placed) {
      if (piece.memory != memory) continue;
      pieces.push_back(piece);
      bytes += piece.bytes.size();
    }
    if (bytes < kLeastBytes) continue;
    std::vector<abi::DataImage> runs = runs_of(pieces, memory);
    if (plan.images.size() + runs.size() > kMostImages) continue;
    for (abi::DataImage& run : runs) {
      run.file_offset = plan.bytes.size();
      plan.bytes.resize(plan.bytes.size() + run.size_bytes);
      // In the module's order: a later segment overwrites an earlier one.
      for (const Piece& piece : pieces) {
        if (piece.begin < run.memory_offset || piece.end > run.memory_offset + run.size_bytes) continue;
        const auto data = module.view(piece.bytes);
        std::memcpy(plan.bytes.data() + run.file_offset + (piece.begin - run.memory_offset), data.data(), data.size());
      }
      plan.images.push_back(run);
    }
  }
  return plan;
}

}  // namespace wasmrun::artifact
