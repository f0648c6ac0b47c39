#include "engine/base/utf8.h"

#include <string>

#include "tests/support/catch.h"

namespace wasmrun {
namespace {

/// The bytes that UTF-8 would use for `code`, in `length` bytes, whether or not that is allowed.
std::string in_bytes(uint32_t code, int length) {
  static constexpr unsigned kLead[] = {0, 0, 0xc0, 0xe0, 0xf0, 0xf8, 0xfc};
  std::string result;
  for (int i = 1; i < length; ++i, code >>= 6) result.insert(result.begin(), static_cast<char>(0x80 | (code & 0x3f)));
  result.insert(result.begin(), static_cast<char>(length == 1 ? code : kLead[length] | code));
  return result;
}

int shortest_length(uint32_t code) {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

}  // namespace

TEST_CASE("each scalar value in its shortest form is UTF-8, and nothing else is", "[base][utf8]") {
  for (uint32_t code = 0; code < 0x120000; code += code < 0x11000 ? 1 : 61) {
    const bool is_scalar = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (is_utf8(in_bytes(code, shortest_length(code))) != is_scalar) FAIL("code point " << code);
    for (int length = shortest_length(code) + 1; length <= 4; ++length)
      if (is_utf8(in_bytes(code, length))) FAIL("code point " << code << " in " << length << " bytes");
  }
  CHECK_FALSE(is_utf8(in_bytes(0x200000, 5)));
  CHECK_FALSE(is_utf8(in_bytes(0x4000000, 6)));
}

TEST_CASE("a sequence that breaks off or begins in its middle is not UTF-8", "[base][utf8]") {
  const std::string ascii = "eight letters and more";
  CHECK(is_utf8(""));
  for (const uint32_t code : {0xe9u, 0x20acu, 0x1f600u}) {
    const std::string character = in_bytes(code, shortest_length(code));
    for (size_t before = 0; before < ascii.size(); ++before) {
      const std::string prefix = ascii.substr(0, before);
      CHECK(is_utf8(prefix + character + ascii));
      for (size_t cut = 1; cut < character.size(); ++cut) {
        CHECK_FALSE(is_utf8(prefix + character.substr(0, cut)));
        CHECK_FALSE(is_utf8(prefix + character.substr(0, cut) + ascii));
        CHECK_FALSE(is_utf8(prefix + character.substr(cut) + ascii));
      }
    }
  }
  CHECK_FALSE(is_utf8("\xfe"));
  CHECK_FALSE(is_utf8("\xff"));
}

}  // namespace wasmrun
