// libxxhash, compiled in: the shared library would cost each start.
#include "engine/base/xxh3.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace wasmrun {

uint64_t xxh3_64(std::span<const uint8_t> bytes, uint64_t seed) { return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed); }

Hash128 xxh3_128(std::span<const uint8_t> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

}  // namespace wasmrun
