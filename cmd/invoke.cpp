// Arguments and results of --invoke as text.
#include "cmd/invoke.h"

#include <bit>
#include <charconv>
#include <cmath>

namespace wasmrun::cmd {
namespace {

using Kind = ValueType::Kind;

/// A number of `bits` bits, two's complement, from "-N", "N" or "0xN".
std::optional<uint64_t> parse_integer(std::string_view word, int bits) {
  const bool negative = word.starts_with('-');
  if (negative || word.starts_with('+')) word.remove_prefix(1);
  int base = 10;
  if (word.starts_with("0x") || word.starts_with("0X")) {
    base = 16;
    word.remove_prefix(2);
  }
  uint64_t magnitude = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), magnitude, base);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  const uint64_t sign_bit = uint64_t{1} << (bits - 1);
  if (negative ? magnitude > sign_bit : bits < 64 && magnitude >> bits) return std::nullopt;
  return negative ? 0 - magnitude : magnitude;
}

template <class Float>
std::optional<Float> parse_float(std::string_view word) {
  const bool negative = word.starts_with('-');
  if (negative || word.starts_with('+')) word.remove_prefix(1);
  if (word.empty() || word[0] == '-' || word[0] == '+') return std::nullopt;
  Float value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return negative ? -value : value;
}

std::optional<RawValue> parse_v128(std::string_view word) {
  if (!word.starts_with("0x") || word.size() < 3 || word.size() > 34) return std::nullopt;
  word.remove_prefix(2);
  RawValue value{};
  for (size_t i = 0; i < word.size(); ++i) {
    const char digit = word[word.size() - 1 - i];
    uint8_t nibble = 0;
    if (std::from_chars(&digit, &digit + 1, nibble, 16).ec != std::errc{}) return std::nullopt;
    value.v128[i / 2] = static_cast<uint8_t>(value.v128[i / 2] | nibble << (i % 2 * 4));
  }
  return value;
}

template <class Number>
std::string print_number(Number number) {
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, number);
  return {buffer, result.ptr};
}

template <class Float>
std::string print_float(Float number) {
  if (std::isnan(number)) return std::signbit(number) ? "-nan" : "nan";
  return print_number(number);
}

std::string print_v128(const RawValue& value) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text = "0x";
  for (int i = 15; i >= 0; --i) {
    text += kHex[value.v128[i] >> 4];
    text += kHex[value.v128[i] & 15];
  }
  return text;
}

}  // namespace

std::optional<RawValue> parse_argument(ValueType type, std::string_view word) {
  RawValue value{};
  switch (type.kind()) {
    case Kind::I32: {
      const auto number = parse_integer(word, 32);
      if (!number) return std::nullopt;
      value.i32 = static_cast<uint32_t>(*number);
      return value;
    }
    case Kind::I64: {
      const auto number = parse_integer(word, 64);
      if (!number) return std::nullopt;
      value.i64 = *number;
      return value;
    }
    case Kind::F32: {
      const auto number = parse_float<float>(word);
      if (!number) return std::nullopt;
      value.f32 = *number;
      return value;
    }
    case Kind::F64: {
      const auto number = parse_float<double>(word);
      if (!number) return std::nullopt;
      value.f64 = *number;
      return value;
    }
    case Kind::V128: return parse_v128(word);
    case Kind::Ref:
      if (word != "null" || !type.nullable()) return std::nullopt;
      return value;
    case Kind::Bottom: return std::nullopt;
  }
  return std::nullopt;
}

std::string print_value(ValueType type, const RawValue& value) {
  switch (type.kind()) {
    case Kind::I32: return print_number(static_cast<int32_t>(value.i32));
    case Kind::I64: return print_number(static_cast<int64_t>(value.i64));
    case Kind::F32: return print_float(value.f32);
    case Kind::F64: return print_float(value.f64);
    case Kind::V128: return print_v128(value);
    case Kind::Ref: return value.ref == 0 ? "null" : module::to_string(type);
    case Kind::Bottom: break;
  }
  return {};
}

}  // namespace wasmrun::cmd
