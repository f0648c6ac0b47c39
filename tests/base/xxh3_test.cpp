// The checksum is the one that others call XXH3.
#include "engine/base/xxh3.h"

#include <vector>

#include "tests/support/catch.h"

using namespace wasmrun;

TEST_CASE("xxh3 of nothing and of a name are what the reference implementation answers", "[base]") {
  CHECK(xxh3_64({}) == 0x2d06800538d394c2);
  CHECK(xxh3_128({}) == Hash128{0x99aa06d3014798d8, 0x6001c324468d497f});
  const std::vector<uint8_t> name{'w', 'a', 's', 'm'};
  CHECK(xxh3_64(name) != xxh3_64(name, 1));
}

TEST_CASE("xxh3 tells apart long inputs that differ in any byte", "[base]") {
  std::vector<uint8_t> bytes(5000, 7);
  const uint64_t before = xxh3_64(bytes);
  for (const size_t position : {size_t{0}, size_t{255}, size_t{1024}, size_t{4999}}) {
    bytes[position] ^= 1;
    CHECK(xxh3_64(bytes) != before);
    bytes[position] ^= 1;
  }
  CHECK(xxh3_64(bytes) == before);
}
