// Arguments and results of --invoke as text.
#include "cmd/invoke.h"

#include <cmath>

#include "engine/module/types.h"
#include "tests/support/catch.h"

using namespace wasmrun;
using namespace wasmrun::cmd;

TEST_CASE("integers are read signed or unsigned, within their type", "[cmd][invoke]") {
  CHECK(parse_argument(module::kI32, "-1")->i32 == 0xffffffffu);
  CHECK(parse_argument(module::kI32, "4294967295")->i32 == 0xffffffffu);
  CHECK(parse_argument(module::kI32, "-2147483648")->i32 == 0x80000000u);
  CHECK(parse_argument(module::kI32, "0xff")->i32 == 255u);
  CHECK(parse_argument(module::kI64, "-9223372036854775808")->i64 == uint64_t{1} << 63);
  CHECK(parse_argument(module::kI64, "18446744073709551615")->i64 == ~uint64_t{0});
  for (const char* word : {"", "-", "4294967296", "-2147483649", "1.0", "x", "0x", "1 ", "--1", "0x100000000"}) {
    INFO(word);
    CHECK_FALSE(parse_argument(module::kI32, word));
  }
  CHECK_FALSE(parse_argument(module::kI64, "18446744073709551616"));
  CHECK_FALSE(parse_argument(module::kI64, "-9223372036854775809"));
}

TEST_CASE("floats are read and printed without loss", "[cmd][invoke]") {
  for (const char* word : {"0.1", "-0", "1e+300", "5e-324", "inf", "-inf", "nan", "123456789.125"}) {
    INFO(word);
    const auto value = parse_argument(module::kF64, word);
    REQUIRE(value);
    CHECK(print_value(module::kF64, *value) == word);
  }
  CHECK(print_value(module::kF32, *parse_argument(module::kF32, "0.1")) == "0.1");
  CHECK(std::signbit(parse_argument(module::kF32, "-0")->f32));
  for (const char* word : {"", "x", "1,5", "--1", "-+1", "1f"}) CHECK_FALSE(parse_argument(module::kF64, word));
}

TEST_CASE("vectors are hexadecimal with lane 0 lowest", "[cmd][invoke]") {
  const auto value = parse_argument(module::kV128, "0x0102");
  REQUIRE(value);
  CHECK(value->v128[0] == 2);
  CHECK(value->v128[1] == 1);
  CHECK(value->v128[2] == 0);
  CHECK(print_value(module::kV128, *value) == "0x00000000000000000000000000000102");
  for (const char* word : {"0x", "12", "0xg", "0x000000000000000000000000000000000"}) CHECK_FALSE(parse_argument(module::kV128, word));
}

TEST_CASE("integers are printed signed", "[cmd][invoke]") {
  RawValue value{};
  value.i64 = ~uint64_t{0};
  CHECK(print_value(module::kI64, value) == "-1");
  CHECK(print_value(module::kI32, value) == "-1");
}

TEST_CASE("null is the only reference that can be written", "[cmd][invoke]") {
  const auto null = parse_argument(module::kExternRef, "null");
  REQUIRE(null);
  CHECK(print_value(module::kExternRef, *null) == "null");
  CHECK_FALSE(parse_argument(module::kExternRef, "0"));
  CHECK_FALSE(parse_argument(ValueType::ref(module::AbstractHeapType::Extern, false), "null"));
}
