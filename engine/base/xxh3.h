// A fast checksum that finds accidents, not forgeries: XXH3 of 64 and 128 bits. Visible: xxh3_64, xxh3_128.
#pragma once

#include <cstdint>
#include <span>

namespace wasmrun {

uint64_t xxh3_64(std::span<const uint8_t> bytes, uint64_t seed = 0);

struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};
Hash128 xxh3_128(std::span<const uint8_t> bytes);

}  // namespace wasmrun
