// Number tokens to values. Decimal floats go through std::from_chars, which rounds correctly; hexadecimal ones are
// rounded here, because they are only a shift and a sticky bit.
#include "engine/text/numbers.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string>
#include <type_traits>

namespace wasmrun::text {
namespace {

uint32_t digit_value(char c) {
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}
bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Removes a sign from the front; true when it was a minus.
bool take_sign(std::string_view& text) {
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
  const bool negative = text[0] == '-';
  text.remove_prefix(1);
  return negative;
}

// An exponent's decimal digits, clamped to more than the digits of a 4 GiB source could compensate.
int64_t parse_exponent(std::string_view text) {
  const bool negative = take_sign(text);
  int64_t value = 0;
  for (const char c : text) {
    if (c != '_') value = std::min<int64_t>(value * 10 + (c - '0'), int64_t{1} << 40);
  }
  return negative ? -value : value;
}

// The layout of a binary float.
template <class Bits>
struct Format {
  static constexpr int kFractionBits = sizeof(Bits) == 4 ? 23 : 52;
  static constexpr int kMaxExponent = sizeof(Bits) == 4 ? 127 : 1023;
  static constexpr int kMinExponent = 1 - kMaxExponent;
  static constexpr Bits kInfinity = ((Bits{1} << (sizeof(Bits) * 8 - 1 - kFractionBits)) - 1) << kFractionBits;
  static constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
};

// Rounds `mantissa` * 2^`exponent` (plus something below the last bit when `sticky`) to the nearest, ties to even.
template <class Bits>
std::optional<Bits> round_binary(uint64_t mantissa, int64_t exponent, bool sticky) {
  using F = Format<Bits>;
  if (mantissa == 0) return Bits{0};
  const int shift = std::countl_zero(mantissa);
  mantissa <<= shift;
  exponent += 63 - shift;  // now the value is 1.xxx * 2^exponent
  if (exponent > F::kMaxExponent) return std::nullopt;
  int64_t drop = 63 - F::kFractionBits;
  if (exponent < F::kMinExponent) drop += F::kMinExponent - exponent;  // subnormal
  if (drop > 64) return Bits{0};
  const uint64_t kept = drop == 64 ? 0 : mantissa >> drop;
  const uint64_t half = uint64_t{1} << (drop - 1);
  const uint64_t rest = drop == 64 ? mantissa : mantissa & ((uint64_t{1} << drop) - 1);
  const bool up = rest > half || (rest == half && (sticky || (kept & 1)));
  // Adding the exponent lets a carry out of the fraction raise it; the hidden bit counts for one.
  const Bits biased = exponent < F::kMinExponent ? 0 : static_cast<Bits>(exponent - F::kMinExponent);
  const Bits bits = (biased << F::kFractionBits) + static_cast<Bits>(kept) + up;
  if (bits >= F::kInfinity) return std::nullopt;
  return bits;
}

// `text` follows "0x".
template <class Bits>
std::optional<Bits> parse_hex(std::string_view text) {
  uint64_t mantissa = 0;
  int64_t exponent = 0;
  bool sticky = false, after_point = false;
  size_t i = 0;
  for (; i < text.size() && (is_hex_digit(text[i]) || text[i] == '_' || text[i] == '.'); ++i) {
    if (text[i] == '_') continue;
    if (text[i] == '.') {
      after_point = true;
    } else if (mantissa >> 60) {
      sticky |= text[i] != '0';
      if (!after_point) exponent += 4;
    } else {
      mantissa = mantissa << 4 | digit_value(text[i]);
      if (after_point) exponent -= 4;
    }
  }
  if (i < text.size()) exponent += parse_exponent(text.substr(i + 1));
  return round_binary<Bits>(mantissa, exponent, sticky);
}

// Whether a decimal that from_chars finds out of range is tiny rather than huge.
bool is_tiny(std::string_view text) {
  const size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
  const std::string_view digits = text.substr(0, exponent_at);
  const int64_t point = static_cast<int64_t>(std::min(digits.find('.'), digits.size()));
  const size_t first = digits.find_first_not_of("0.");
  if (first == std::string_view::npos) return true;
  int64_t magnitude = point - static_cast<int64_t>(first);
  if (exponent_at < text.size()) magnitude += parse_exponent(text.substr(exponent_at + 1));
  return magnitude < 0;
}

template <class Bits>
std::optional<Bits> parse_decimal(std::string_view text) {
  using Float = std::conditional_t<sizeof(Bits) == 4, float, double>;
  std::string digits;
  digits.reserve(text.size());
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  Float value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    return is_tiny(digits) ? std::optional(Bits{0}) : std::nullopt;
  }
  if (result.ec != std::errc{}) return std::nullopt;
  const Bits bits = std::bit_cast<Bits>(value);
  if (bits == Format<Bits>::kInfinity) return std::nullopt;
  return bits;
}

template <class Bits>
std::optional<Bits> parse_nan(std::string_view text) {
  using F = Format<Bits>;
  if (text == "nan") return F::kInfinity | Bits{1} << (F::kFractionBits - 1);
  const auto payload = parse_unsigned(text.substr(4), F::kFractionBits);
  if (!payload || *payload == 0) return std::nullopt;
  return F::kInfinity | static_cast<Bits>(*payload);
}

template <class Bits>
std::optional<Bits> parse_float(std::string_view text) {
  const bool negative = take_sign(text);
  std::optional<Bits> bits;
  if (text == "inf") {
    bits = Format<Bits>::kInfinity;
  } else if (text.starts_with("nan")) {
    bits = parse_nan<Bits>(text);
  } else if (text.starts_with("0x")) {
    bits = parse_hex<Bits>(text.substr(2));
  } else {
    bits = parse_decimal<Bits>(text);
  }
  if (bits && negative) *bits |= Format<Bits>::kSign;
  return bits;
}

}  // namespace

std::optional<uint64_t> parse_unsigned(std::string_view text, int bits) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  if (text.empty()) return std::nullopt;
  const uint32_t base = hex ? 16 : 10;
  uint64_t value = 0;
  for (const char c : text) {
    if (c == '_') continue;
    if (!is_hex_digit(c) || digit_value(c) >= base) return std::nullopt;
    if (__builtin_mul_overflow(value, uint64_t{base}, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, uint64_t{digit_value(c)}, &value)) return std::nullopt;
  }
  if (bits < 64 && value >> bits) return std::nullopt;
  return value;
}

std::optional<uint64_t> parse_integer(std::string_view text, int bits) {
  const bool negative = take_sign(text);
  const auto magnitude = parse_unsigned(text, bits);
  if (!magnitude || !negative) return magnitude;
  if (*magnitude > uint64_t{1} << (bits - 1)) return std::nullopt;
  const uint64_t mask = bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  return (~*magnitude + 1) & mask;
}

std::optional<uint32_t> parse_f32(std::string_view text) {
  return parse_float<uint32_t>(text);
}
std::optional<uint64_t> parse_f64(std::string_view text) {
  return parse_float<uint64_t>(text);
}

}  // namespace wasmrun::text
