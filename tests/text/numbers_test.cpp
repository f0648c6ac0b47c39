// Integer ranges, and floats rounded to the nearest.
#include "engine/text/numbers.h"

#include <bit>
#include <string>

#include "tests/support/catch.h"

using namespace wasmrun::text;

namespace {
uint32_t f32(std::string_view text) {
  const auto bits = parse_f32(text);
  REQUIRE(bits);
  return *bits;
}
uint64_t f64(std::string_view text) {
  const auto bits = parse_f64(text);
  REQUIRE(bits);
  return *bits;
}
}  // namespace

TEST_CASE("integers take signed and unsigned values of their width", "[text]") {
  CHECK(parse_integer("4294967295", 32) == 0xffffffffu);
  CHECK(parse_integer("-2147483648", 32) == 0x80000000u);
  CHECK(parse_integer("-0x1", 32) == 0xffffffffu);
  CHECK(parse_integer("+0x7f", 8) == 0x7fu);
  CHECK(parse_integer("-9223372036854775808", 64) == uint64_t{1} << 63);
  CHECK(parse_integer("0xffff_ffff_ffff_ffff", 64) == ~uint64_t{0});
  CHECK_FALSE(parse_integer("4294967296", 32));
  CHECK_FALSE(parse_integer("-2147483649", 32));
  CHECK_FALSE(parse_integer("18446744073709551616", 64));
  CHECK_FALSE(parse_integer("-0x81", 8));
  CHECK_FALSE(parse_integer("1.0", 32));
  CHECK_FALSE(parse_unsigned("0x100", 8));
}

TEST_CASE("hexadecimal floats round to nearest, ties to even", "[text]") {
  CHECK(f32("0x1.000001p0") == 0x3f800000);                        // half way: down to even
  CHECK(f32("0x1.000003p0") == 0x3f800002);                        // half way: up to even
  CHECK(f32("0x1.0000010000000000000000000001p0") == 0x3f800001);  // a sticky bit beyond 64
  CHECK(f32("0x1.fffffefffffff8p127") == 0x7f7fffff);
  CHECK_FALSE(parse_f32("0x1.ffffffp127"));
  CHECK(f64("0x1.8p3") == std::bit_cast<uint64_t>(12.0));
  CHECK(f64("-0x0p0") == uint64_t{1} << 63);
  CHECK(f64("0x1p-1074") == 1);
  CHECK(f64("0x1p-1075") == 0);
  CHECK(f64("0x1.00000000000001p-1075") == 1);
  CHECK(f64("0x0.00000000000000000000000000000001p+128") == std::bit_cast<uint64_t>(1.0));
  CHECK(f64("0x1p-99999999999999999999") == 0);
  CHECK_FALSE(parse_f64("0x1p99999999999999999999"));
  CHECK(f32("0x1.fffffcp-127") == 0x007fffff);  // the largest subnormal
  CHECK(f32("0x1.fffffep-127") == 0x00800000);  // rounds up into the normals
}

TEST_CASE("decimal floats round once, to their own width", "[text]") {
  CHECK(f32("16777217") == 0x4b800000);
  // Rounding to double first would give the other neighbour.
  CHECK(f32("1.00000017881393432617187499") == 0x3f800001);
  CHECK(f64("1e-400") == 0);
  CHECK(f64("-1e-400") == uint64_t{1} << 63);
  CHECK(f64("4.9e-324") == 1);
  CHECK(f32("1_000.5_0e-1_0") == std::bit_cast<uint32_t>(1000.50e-10f));
  CHECK(f64(std::string(400, '0') + "1") == std::bit_cast<uint64_t>(1.0));
  CHECK(f64("0." + std::string(400, '0') + "1e401") == std::bit_cast<uint64_t>(1.0));
  CHECK_FALSE(parse_f64("1e309"));
  CHECK_FALSE(parse_f32("340282356779733661637539395458142568448"));
  CHECK(f32("340282346638528859811704183484516925440") == 0x7f7fffff);
}

TEST_CASE("NaNs keep sign and payload", "[text]") {
  CHECK(f32("nan") == 0x7fc00000);
  CHECK(f32("-nan:0x200001") == 0xffa00001);
  CHECK(f64("nan:0x4_0000_0000_0001") == 0x7ff4000000000001);
  CHECK(f32("-inf") == 0xff800000);
  CHECK_FALSE(parse_f32("nan:0x0"));
  CHECK_FALSE(parse_f32("nan:0x80_0000"));
  CHECK_FALSE(parse_f64("nan:0x10_0000_0000_0000"));
}
