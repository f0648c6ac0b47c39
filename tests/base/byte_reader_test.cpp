// LEB128 and fixed-size reads: edges, truncations, and that both readers agree.
#include "engine/base/byte_reader.h"

#include <limits>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/module_builder.h"

namespace wasmrun {
namespace {

using testing::Bytes;
using testing::leb_s;
using testing::leb_u;

enum class Number { U32, U64, S32, S33, S64 };

/// The number, extended to 64 bits.
template <class Reader>
uint64_t read(Reader& reader, Number number) {
  switch (number) {
    case Number::U32: return reader.read_u32();
    case Number::U64: return reader.read_u64();
    case Number::S32: return static_cast<uint64_t>(static_cast<int64_t>(reader.read_s32()));
    case Number::S33: return static_cast<uint64_t>(reader.read_s33());
    case Number::S64: return static_cast<uint64_t>(reader.read_s64());
  }
  return 0;
}

std::string failure(Number number, const Bytes& bytes) {
  ByteReader reader(bytes);
  const uint64_t value = read(reader, number);
  if (!reader.failed()) return "none";
  CHECK(value == 0);
  CHECK(reader.at_end());
  return reader.error();
}

void check_reads(Number number, const Bytes& bytes, uint64_t expected) {
  CAPTURE(bytes);
  ByteReader reader(bytes);
  CHECK(read(reader, number) == expected);
  CHECK_FALSE(reader.failed());
  CHECK(reader.at_end());
  TrustedReader trusted(bytes);
  CHECK(read(trusted, number) == expected);
  CHECK(trusted.at_end());
  for (size_t length = 0; length < bytes.size(); ++length)
    CHECK(failure(number, Bytes(bytes.begin(), bytes.begin() + static_cast<long>(length))) == "unexpected end");
}

/// `bytes` padded to `size` with bytes that do not change the value.
Bytes padded(Bytes bytes, size_t size) {
  const bool negative = bytes.back() & 0x40;
  while (bytes.size() < size) {
    bytes.back() |= 0x80;
    bytes.push_back(negative ? 0x7f : 0x00);
  }
  return bytes;
}

template <class T>
std::vector<T> interesting_values() {
  std::vector<T> values{0, 1};
  for (int bit = 0; bit < std::numeric_limits<T>::digits; ++bit) {
    const T power = static_cast<T>(T{1} << bit);
    for (const T value : {power, static_cast<T>(power - 1), static_cast<T>(power + 1)}) {
      values.push_back(value);
      values.push_back(static_cast<T>(~value));
    }
  }
  values.push_back(std::numeric_limits<T>::max());
  values.push_back(std::numeric_limits<T>::min());
  return values;
}

}  // namespace

TEST_CASE("unsigned LEB128 numbers read back at every width", "[base][leb128]") {
  for (const uint32_t value : interesting_values<uint32_t>()) check_reads(Number::U32, leb_u(value), value);
  for (const uint64_t value : interesting_values<uint64_t>()) check_reads(Number::U64, leb_u(value), value);
}

TEST_CASE("signed LEB128 numbers read back at every width", "[base][leb128]") {
  for (const int32_t value : interesting_values<int32_t>())
    check_reads(Number::S32, leb_s(value), static_cast<uint64_t>(int64_t{value}));
  for (const int64_t value : interesting_values<int64_t>())
    check_reads(Number::S64, leb_s(value), static_cast<uint64_t>(value));
  constexpr int64_t kMin33 = -(int64_t{1} << 32), kMax33 = (int64_t{1} << 32) - 1;
  for (const int64_t value : {kMin33, kMax33, int64_t{-1}, int64_t{0}, int64_t{-64}, int64_t{1} << 31})
    check_reads(Number::S33, leb_s(value), static_cast<uint64_t>(value));
}

TEST_CASE("LEB128 numbers may be padded up to their greatest length", "[base][leb128]") {
  for (size_t size = 1; size <= 5; ++size) {
    check_reads(Number::U32, padded({0x02}, size), 2);
    check_reads(Number::S32, padded({0x7e}, size), static_cast<uint64_t>(-2));
    check_reads(Number::S33, padded({0x7e}, size), static_cast<uint64_t>(-2));
  }
  for (size_t size = 1; size <= 10; ++size) {
    check_reads(Number::U64, padded({0x02}, size), 2);
    check_reads(Number::S64, padded({0x7e}, size), static_cast<uint64_t>(-2));
  }
}

TEST_CASE("a LEB128 number of one byte too many fails", "[base][leb128]") {
  const std::string too_long = "integer representation too long";
  CHECK(failure(Number::U32, padded({0x02}, 6)) == too_long);
  CHECK(failure(Number::S32, padded({0x02}, 6)) == too_long);
  CHECK(failure(Number::S32, padded({0x7e}, 6)) == too_long);
  CHECK(failure(Number::S33, padded({0x7e}, 6)) == too_long);
  CHECK(failure(Number::U64, padded({0x02}, 11)) == too_long);
  CHECK(failure(Number::S64, padded({0x7e}, 11)) == too_long);
}

TEST_CASE("a LEB128 number with bits past its width fails", "[base][leb128]") {
  const std::string too_large = "integer too large";
  for (const uint8_t last : {0x10, 0x20, 0x40, 0x70, 0x7f}) {
    CAPTURE(int{last});
    CHECK(failure(Number::U32, {0x82, 0x80, 0x80, 0x80, last}) == too_large);
  }
  // The last byte of a full-length s32 holds four bits, the sign among them: bits 3 to 6 must agree.
  for (int last = 0; last < 0x80; ++last) {
    CAPTURE(last);
    const bool agree = (last >> 3) == 0 || (last >> 3) == 0xf;
    CHECK(failure(Number::S32, {0x80, 0x80, 0x80, 0x80, static_cast<uint8_t>(last)}) == (agree ? "none" : too_large));
    const bool agree33 = (last >> 4) == 0 || (last >> 4) == 7;
    CHECK(failure(Number::S33, {0x80, 0x80, 0x80, 0x80, static_cast<uint8_t>(last)}) == (agree33 ? "none" : too_large));
    const bool agree64 = last == 0 || last == 0x7f;
    CHECK(failure(Number::S64, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, static_cast<uint8_t>(last)}) ==
          (agree64 ? "none" : too_large));
    CHECK(failure(Number::U64, {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, static_cast<uint8_t>(last)}) ==
          (last <= 1 ? "none" : too_large));
  }
}

TEST_CASE("the first failure of a reader sticks, with its offset", "[base]") {
  const Bytes bytes{0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x07};
  ByteReader reader(bytes, 100);
  CHECK(reader.read_u32() == 1);
  CHECK(reader.read_u32() == 0);
  CHECK(reader.read_u8() == 0);
  CHECK(reader.read_bytes(1).empty());
  CHECK(reader.read_fixed<uint64_t>() == 0);
  CHECK(reader.error() == std::string("integer representation too long"));
  CHECK(reader.error_offset() == 101);
}

TEST_CASE("fixed-size reads and byte runs do not pass the end", "[base]") {
  const Bytes bytes{0x78, 0x56, 0x34, 0x12, 0xaa};
  ByteReader reader(bytes);
  CHECK(reader.peek_u8() == 0x78);
  CHECK(reader.read_fixed<uint32_t>() == 0x12345678);
  CHECK(reader.remaining() == 1);
  ByteReader copy = reader;
  CHECK(copy.read_fixed<uint16_t>() == 0);
  CHECK(copy.error() == std::string("unexpected end"));
  CHECK(copy.error_offset() == 4);
  copy = reader;
  CHECK(copy.read_bytes(std::numeric_limits<uint64_t>::max()).empty());
  CHECK(copy.failed());
  CHECK(reader.read_bytes(1)[0] == 0xaa);
  CHECK(reader.read_bytes(0).empty());
  CHECK_FALSE(reader.failed());
  CHECK(reader.peek_u8() == 0);
}

}  // namespace wasmrun
