// The bytes of an artifact's header. Numbers are little-endian, as the processors that artifacts are for have them.
// Visible: Header, Part, FileRange, to_header, from_header.
#pragma once

#include <cstdint>
#include <type_traits>

#include "engine/artifact/artifact.h"

namespace wasmrun::artifact {

inline constexpr char kMagic[8] = {'\x7f', 'W', 'A', 'S', 'M', 'R', 'U', 'N'};
/// Changes with every change of what follows here.
inline constexpr uint32_t kFormatVersion = 2;

/// In the order of the file. Those from Code on begin at a multiple of kAlignBytes, the others of 8.
enum Part : uint32_t { Functions, ByAddress, Locations, Inlined, Handlers, HandlerSites, Images, Module, Code, ImageBytes, kParts };

/// Offsets count from the artifact's begin.
struct FileRange {
  uint64_t offset = 0;
  uint64_t size_bytes = 0;
  uint64_t hash = 0;  ///< hash_of
  uint64_t end() const { return offset + size_bytes; }
};

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t header_bytes;
  uint64_t file_bytes;
  uint8_t build[20];
  uint32_t cpu;  ///< a bit for each of abi::CpuFeatures, in their order
  uint32_t features;
  uint8_t level;
  uint8_t guard_pages;
  uint8_t canonical_nans;
  uint8_t locations_are_ranges;
  char compiler[64];  ///< ends with a zero
  FileRange parts[kParts];
  uint64_t hash;  ///< of all before it
};
static_assert(std::is_trivially_copyable_v<Header> && std::has_unique_object_representations_v<FileRange>);
static_assert(sizeof(Header) == 24 + 32 + 64 + 24 * kParts + 8, "no padding: every byte is written and checked");

inline constexpr size_t kHashedAtOnce = 256 << 10;

/// XXH3 of the bytes, each kHashedAtOnce of them with what came before as the seed: so a file can be checked a piece at a time.
uint64_t hash_of(std::span<const uint8_t> bytes);

/// Fills the fields that say who made the artifact.
void write_identity(const Identity& identity, Header& header);
/// And back. Bits that nothing stands for are ignored.
Identity read_identity(const Header& header);

}  // namespace wasmrun::artifact
