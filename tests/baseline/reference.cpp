#include "tests/baseline/reference.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace wasmrun::testing {

namespace {

using abi::Slot;

template <class T>
T lane(const Slot& slot, unsigned index) {
  T value;
  std::memcpy(&value, reinterpret_cast<const uint8_t*>(&slot) + index * sizeof(T), sizeof(T));
  return value;
}
template <class T>
void set_lane(Slot& slot, unsigned index, T value) {
  std::memcpy(reinterpret_cast<uint8_t*>(&slot) + index * sizeof(T), &value, sizeof(T));
}
template <class T>
constexpr unsigned kLanes = 16 / sizeof(T);

/// Unsigned integer as wide as T.
template <class T>
using Bits = std::conditional_t<
    sizeof(T) == 1, uint8_t,
    std::conditional_t<sizeof(T) == 2, uint16_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;
template <class T>
using Half = std::conditional_t<sizeof(T) == 2, int8_t, std::conditional_t<sizeof(T) == 4, int16_t, int32_t>>;
template <class T>
using Double = std::conditional_t<sizeof(T) == 1, int16_t, std::conditional_t<sizeof(T) == 2, int32_t, int64_t>>;

template <class I>
I saturate(__int128 value) {
  if (value < std::numeric_limits<I>::min()) return std::numeric_limits<I>::min();
  if (value > std::numeric_limits<I>::max()) return std::numeric_limits<I>::max();
  return static_cast<I>(value);
}

// ---- Floats

template <class F>
bool float_unary(std::string_view name, F a, F& result, bool& is_bitwise) {
  is_bitwise = false;
  const Bits<F> bits = std::bit_cast<Bits<F>>(a);
  const Bits<F> sign = static_cast<Bits<F>>(Bits<F>{1} << (8 * sizeof(F) - 1));
  if (name == "abs") return is_bitwise = true, result = std::bit_cast<F>(static_cast<Bits<F>>(bits & ~sign)), true;
  if (name == "neg") return is_bitwise = true, result = std::bit_cast<F>(static_cast<Bits<F>>(bits ^ sign)), true;
  if (name == "sqrt") return result = std::sqrt(a), true;
  if (name == "ceil") return result = std::ceil(a), true;
  if (name == "floor") return result = std::floor(a), true;
  if (name == "trunc") return result = std::trunc(a), true;
  if (name == "nearest") return result = std::nearbyint(a), true;
  return false;
}

template <class F>
F minimum(F a, F b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<F>::quiet_NaN();
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

template <class F>
bool float_binary(std::string_view name, F a, F b, F& result, bool& is_bitwise) {
  is_bitwise = false;
  if (name == "add") return result = a + b, true;
  if (name == "sub") return result = a - b, true;
  if (name == "mul") return result = a * b, true;
  if (name == "div") return result = a / b, true;
  if (name == "min") return result = minimum(a, b), true;
  if (name == "max") return result = -minimum(-a, -b), true;
  is_bitwise = true;
  if (name == "pmin") return result = b < a ? b : a, true;
  if (name == "pmax") return result = a < b ? b : a, true;
  if (name == "copysign") return result = std::copysign(a, b), true;
  return false;
}

template <class T>
bool compare(std::string_view name, T a, T b, bool& result) {
  if (name == "eq") return result = a == b, true;
  if (name == "ne") return result = a != b, true;
  if (name == "lt" || name == "lt_s") return result = a < b, true;
  if (name == "gt" || name == "gt_s") return result = a > b, true;
  if (name == "le" || name == "le_s") return result = a <= b, true;
  if (name == "ge" || name == "ge_s") return result = a >= b, true;
  if constexpr (std::is_integral_v<T>) {
    const auto x = static_cast<Bits<T>>(a);
    const auto y = static_cast<Bits<T>>(b);
    if (name == "lt_u") return result = x < y, true;
    if (name == "gt_u") return result = x > y, true;
    if (name == "le_u") return result = x <= y, true;
    if (name == "ge_u") return result = x >= y, true;
  }
  return false;
}

template <class I, class F>
I truncate_saturating(F a) {
  if (std::isnan(a)) return 0;
  const F limit = std::ldexp(F{1}, std::numeric_limits<I>::digits);
  const F integer = std::trunc(a);
  if (integer >= limit) return std::numeric_limits<I>::max();
  if (std::is_signed_v<I> ? integer < -limit : integer < 0) return std::numeric_limits<I>::min();
  return static_cast<I>(integer);
}

template <class I, class F>
bool truncate(Evaluation& evaluation, F a, bool saturates) {
  if (!saturates) {
    const F limit = std::ldexp(F{1}, std::numeric_limits<I>::digits);
    const F integer = std::trunc(a);
    if (std::isnan(a)) {
      evaluation.trap = abi::TrapCode::invalid_conversion_to_integer;
    } else if (integer >= limit || (std::is_signed_v<I> ? integer < -limit : integer < 0)) {
      evaluation.trap = abi::TrapCode::integer_overflow;
    }
  }
  evaluation.result.low = static_cast<uint64_t>(static_cast<Bits<I>>(truncate_saturating<I>(a)));
  return true;
}

template <class F>
bool truncate_from(Evaluation& evaluation, std::string_view shape, F a, bool is_signed, bool saturates) {
  if (shape == "i32")
    return is_signed ? truncate<int32_t>(evaluation, a, saturates) : truncate<uint32_t>(evaluation, a, saturates);
  return is_signed ? truncate<int64_t>(evaluation, a, saturates) : truncate<uint64_t>(evaluation, a, saturates);
}

// ---- Integer lanes

template <class I>
bool integer_unary(std::string_view name, I a, I& result) {
  const auto x = static_cast<Bits<I>>(a);
  if (name == "neg") return result = static_cast<I>(Bits<I>{0} - x), true;
  if (name == "abs") return result = a < 0 ? static_cast<I>(Bits<I>{0} - x) : a, true;
  if (name == "popcnt") return result = static_cast<I>(std::popcount(x)), true;
  return false;
}

template <class I>
bool integer_binary(std::string_view name, I a, I b, I& result) {
  const auto x = static_cast<Bits<I>>(a);
  const auto y = static_cast<Bits<I>>(b);
  if (name == "add") return result = static_cast<I>(x + y), true;
  if (name == "sub") return result = static_cast<I>(x - y), true;
  if (name == "mul") return result = static_cast<I>(uint64_t{x} * uint64_t{y}), true;
  if (name == "add_sat_s") return result = saturate<I>(__int128{a} + b), true;
  if (name == "sub_sat_s") return result = saturate<I>(__int128{a} - b), true;
  if (name == "add_sat_u") return result = static_cast<I>(saturate<Bits<I>>(__int128{x} + y)), true;
  if (name == "sub_sat_u") return result = static_cast<I>(saturate<Bits<I>>(__int128{x} - y)), true;
  if (name == "min_s") return result = a < b ? a : b, true;
  if (name == "max_s") return result = a > b ? a : b, true;
  if (name == "min_u") return result = x < y ? a : b, true;
  if (name == "max_u") return result = x > y ? a : b, true;
  if (name == "avgr_u") return result = static_cast<I>((uint64_t{x} + y + 1) / 2), true;
  if (name == "q15mulr_sat_s") return result = saturate<I>((__int128{a} * b + 0x4000) >> 15), true;
  return false;
}

template <class I>
bool integer_shift(std::string_view name, I a, uint32_t count, I& result) {
  count %= 8 * sizeof(I);
  if (name == "shl") return result = static_cast<I>(static_cast<Bits<I>>(a) << count), true;
  if (name == "shr_s") return result = static_cast<I>(a >> count), true;
  if (name == "shr_u") return result = static_cast<I>(static_cast<Bits<I>>(a) >> count), true;
  return false;
}

bool begins(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix);
}
bool is_unsigned(std::string_view name) {
  return name.find("_u") != std::string_view::npos;
}
bool is_high(std::string_view name) {
  return name.find("_high") != std::string_view::npos;
}

/// Lane `index` of `slot` as a number, after the signedness that the instruction's name says.
template <class I>
int64_t number(const Slot& slot, unsigned index, bool as_unsigned) {
  const I value = lane<I>(slot, index);
  if (as_unsigned) return static_cast<int64_t>(static_cast<uint64_t>(static_cast<Bits<I>>(value)));
  return value;
}

/// Instructions whose result has lanes of another size than their operands.
template <class I>
bool widening(std::string_view name, const Slot& a, const Slot& b, Slot& result) {
  if constexpr (sizeof(I) > 1) {
    using H = Half<I>;
    const bool u = is_unsigned(name);
    const unsigned offset = is_high(name) ? kLanes<I> : 0;
    for (unsigned i = 0; i < kLanes<I>; ++i) {
      int64_t value;
      if (begins(name, "extend_")) {
        value = number<H>(a, offset + i, u);
      } else if (begins(name, "extmul_")) {
        value = static_cast<int64_t>(static_cast<uint64_t>(number<H>(a, offset + i, u)) *
                                     static_cast<uint64_t>(number<H>(b, offset + i, u)));
      } else if (begins(name, "extadd_pairwise_")) {
        value = number<H>(a, 2 * i, u) + number<H>(a, 2 * i + 1, u);
      } else if (begins(name, "dot_")) {
        value =
            number<H>(a, 2 * i, u) * number<H>(b, 2 * i, u) + number<H>(a, 2 * i + 1, u) * number<H>(b, 2 * i + 1, u);
      } else {
        return false;
      }
      set_lane(result, i, static_cast<I>(value));
    }
    return true;
  }
  return false;
}

template <class I>
bool narrowing(std::string_view name, const Slot& a, const Slot& b, Slot& result) {
  if constexpr (sizeof(I) < 4) {
    if (!begins(name, "narrow_")) return false;
    using D = Double<I>;
    for (unsigned i = 0; i < kLanes<I>; ++i) {
      const D value = i < kLanes<D> ? lane<D>(a, i) : lane<D>(b, i - kLanes<D>);
      set_lane(result, i, is_unsigned(name) ? static_cast<I>(saturate<Bits<I>>(value)) : saturate<I>(value));
    }
    return true;
  }
  return false;
}

template <class T>
bool lanes_and_tests(std::string_view name, const std::array<Slot, 3>& operands, const Immediate& immediate,
                     Slot& result) {
  const auto& [a, b, c] = operands;
  if (name == "splat") {
    for (unsigned i = 0; i < kLanes<T>; ++i) set_lane(result, i, lane<T>(a, 0));
    return true;
  }
  if (begins(name, "replace_lane")) {
    result = a;
    set_lane(result, immediate[0], lane<T>(b, 0));
    return true;
  }
  if (begins(name, "extract_lane")) {
    if constexpr (std::is_floating_point_v<T>) {
      set_lane(result, 0, lane<T>(a, immediate[0]));
    } else {
      const int64_t value = number<T>(a, immediate[0], is_unsigned(name));
      result.low = sizeof(T) == 8 ? static_cast<uint64_t>(value) : static_cast<uint32_t>(value);
    }
    return true;
  }
  if constexpr (std::is_integral_v<T>) {
    if (name == "all_true" || name == "bitmask") {
      uint32_t zeros = 0, signs = 0;
      for (unsigned i = 0; i < kLanes<T>; ++i) {
        zeros += lane<T>(a, i) == 0;
        signs |= static_cast<uint32_t>(lane<T>(a, i) < 0) << i;
      }
      result.low = name == "bitmask" ? signs : zeros == 0;
      return true;
    }
  }
  return false;
}

template <class T>
bool vector(std::string_view name, const std::array<Slot, 3>& operands, const Immediate& immediate,
            Evaluation& evaluation) {
  Slot& result = evaluation.result;
  const auto& [a, b, c] = operands;
  if (lanes_and_tests<T>(name, operands, immediate, result)) return true;
  bool is_known = true;
  for (unsigned i = 0; i < kLanes<T> && is_known; ++i) {
    const T x = lane<T>(a, i);
    const T y = lane<T>(b, i);
    T z{};
    bool holds = false;
    if (compare(name, x, y, holds)) {
      set_lane(result, i, static_cast<Bits<T>>(holds ? ~Bits<T>{0} : Bits<T>{0}));
      continue;
    }
    if constexpr (std::is_floating_point_v<T>) {
      bool is_bitwise = false;
      is_known = float_unary(name, x, z, is_bitwise) || float_binary(name, x, y, z, is_bitwise);
      if (!is_bitwise) evaluation.nan_lane_bytes = sizeof(T);
    } else {
      is_known =
          integer_unary(name, x, z) || integer_binary(name, x, y, z) || integer_shift(name, x, lane<uint32_t>(b, 0), z);
    }
    set_lane(result, i, z);
  }
  if (is_known) return true;
  result = {};
  evaluation.nan_lane_bytes = 0;
  if constexpr (std::is_integral_v<T>) return widening<T>(name, a, b, result) || narrowing<T>(name, a, b, result);
  return false;
}

bool whole_vector(std::string_view name, const std::array<Slot, 3>& operands, Slot& result) {
  const auto& [a, b, c] = operands;
  if (name == "not") return result = {~a.low, ~a.high}, true;
  if (name == "and") return result = {a.low & b.low, a.high & b.high}, true;
  if (name == "or") return result = {a.low | b.low, a.high | b.high}, true;
  if (name == "xor") return result = {a.low ^ b.low, a.high ^ b.high}, true;
  if (name == "andnot") return result = {a.low & ~b.low, a.high & ~b.high}, true;
  if (name == "bitselect") {
    result = {(a.low & c.low) | (b.low & ~c.low), (a.high & c.high) | (b.high & ~c.high)};
    return true;
  }
  if (name == "any_true") return result = {(a.low | a.high) != 0, 0}, true;
  return false;
}

bool vector_conversion(std::string_view text, const std::array<Slot, 3>& operands, const Immediate& immediate,
                       Evaluation& evaluation) {
  Slot& result = evaluation.result;
  const auto& [a, b, c] = operands;
  if (text == "i8x16.shuffle" || text == "i8x16.swizzle") {
    for (unsigned i = 0; i < 16; ++i) {
      const unsigned from = text == "i8x16.swizzle" ? lane<uint8_t>(b, i) : immediate[i];
      const unsigned limit = text == "i8x16.swizzle" ? 16 : 32;
      set_lane(result, i,
               from >= limit ? uint8_t{0}
               : from < 16   ? lane<uint8_t>(a, from)
                             : lane<uint8_t>(b, from - 16));
    }
    return true;
  }
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned half = i % 2;
    if (text == "i32x4.trunc_sat_f32x4_s") {
      set_lane(result, i, truncate_saturating<int32_t>(lane<float>(a, i)));
    } else if (text == "i32x4.trunc_sat_f32x4_u") {
      set_lane(result, i, truncate_saturating<uint32_t>(lane<float>(a, i)));
    } else if (text == "i32x4.trunc_sat_f64x2_s_zero") {
      set_lane(result, i, i < 2 ? truncate_saturating<int32_t>(lane<double>(a, half)) : 0);
    } else if (text == "i32x4.trunc_sat_f64x2_u_zero") {
      set_lane(result, i, i < 2 ? truncate_saturating<uint32_t>(lane<double>(a, half)) : 0u);
    } else if (text == "f32x4.convert_i32x4_s") {
      set_lane(result, i, static_cast<float>(lane<int32_t>(a, i)));
    } else if (text == "f32x4.convert_i32x4_u") {
      set_lane(result, i, static_cast<float>(lane<uint32_t>(a, i)));
    } else if (text == "f64x2.convert_low_i32x4_s") {
      set_lane(result, half, static_cast<double>(lane<int32_t>(a, half)));
    } else if (text == "f64x2.convert_low_i32x4_u") {
      set_lane(result, half, static_cast<double>(lane<uint32_t>(a, half)));
    } else if (text == "f32x4.demote_f64x2_zero") {
      set_lane(result, i, i < 2 ? static_cast<float>(lane<double>(a, half)) : 0.0f);
      evaluation.nan_lane_bytes = 4;
    } else if (text == "f64x2.promote_low_f32x4") {
      set_lane(result, half, static_cast<double>(lane<float>(a, half)));
      evaluation.nan_lane_bytes = 8;
    } else {
      return false;
    }
  }
  return true;
}

template <class F>
bool scalar_float(std::string_view name, const Slot& x, const Slot& y, Evaluation& evaluation) {
  const F a = lane<F>(x, 0);
  const F b = lane<F>(y, 0);
  bool holds = false;
  if (compare(name, a, b, holds)) return evaluation.result.low = holds, true;
  F result{};
  bool is_bitwise = false;
  if (!float_unary(name, a, result, is_bitwise) && !float_binary(name, a, b, result, is_bitwise)) return false;
  if (!is_bitwise) evaluation.nan_lane_bytes = sizeof(F);
  set_lane(evaluation.result, 0, result);
  return true;
}

bool conversion(std::string_view shape, std::string_view name, const Slot& a, Evaluation& evaluation) {
  Slot& result = evaluation.result;
  if (begins(name, "trunc_")) {
    const bool saturates = begins(name, "trunc_sat_");
    if (name.find("f32") != std::string_view::npos) {
      return truncate_from(evaluation, shape, lane<float>(a, 0), !is_unsigned(name), saturates);
    }
    return truncate_from(evaluation, shape, lane<double>(a, 0), !is_unsigned(name), saturates);
  }
  const auto convert = [&](auto value) {
    if (shape == "f32") {
      set_lane(result, 0, static_cast<float>(value));
    } else {
      set_lane(result, 0, static_cast<double>(value));
    }
    return true;
  };
  if (name == "convert_i32_s") return convert(lane<int32_t>(a, 0));
  if (name == "convert_i32_u") return convert(lane<uint32_t>(a, 0));
  if (name == "convert_i64_s") return convert(lane<int64_t>(a, 0));
  if (name == "convert_i64_u") return convert(lane<uint64_t>(a, 0));
  if (name == "demote_f64") return evaluation.nan_lane_bytes = 4, convert(lane<double>(a, 0));
  if (name == "promote_f32") return evaluation.nan_lane_bytes = 8, convert(lane<float>(a, 0));
  if (name == "wrap_i64") return result.low = lane<uint32_t>(a, 0), true;
  if (name == "extend_i32_s") return result.low = static_cast<uint64_t>(int64_t{lane<int32_t>(a, 0)}), true;
  if (name == "extend_i32_u") return result.low = lane<uint32_t>(a, 0), true;
  if (begins(name, "reinterpret_")) return result.low = a.low, true;
  return false;
}

template <class F, class U>
bool float_lanes_match(const Slot& expected, const Slot& actual, U quiet_bit) {
  for (unsigned i = 0; i < kLanes<F>; ++i) {
    const U want = lane<U>(expected, i);
    const U have = lane<U>(actual, i);
    const bool any_nan = std::isnan(lane<F>(expected, i)) && std::isnan(lane<F>(actual, i)) && (have & quiet_bit);
    if (want != have && !any_nan) return false;
  }
  return true;
}

}  // namespace

Evaluation evaluate(std::string_view text, const std::array<Slot, 3>& operands, const Immediate& immediate) {
  const size_t dot = text.find('.');
  const std::string_view shape = text.substr(0, dot);
  const std::string_view name = text.substr(dot + 1);
  Evaluation evaluation;
  bool& is_known = evaluation.is_known;
  if (shape == "v128") is_known = whole_vector(name, operands, evaluation.result);
  if (shape.find('x') != std::string_view::npos) is_known = vector_conversion(text, operands, immediate, evaluation);
  if (is_known) return evaluation;
  if (shape == "i8x16") is_known = vector<int8_t>(name, operands, immediate, evaluation);
  if (shape == "i16x8") is_known = vector<int16_t>(name, operands, immediate, evaluation);
  if (shape == "i32x4") is_known = vector<int32_t>(name, operands, immediate, evaluation);
  if (shape == "i64x2") is_known = vector<int64_t>(name, operands, immediate, evaluation);
  if (shape == "f32x4") is_known = vector<float>(name, operands, immediate, evaluation);
  if (shape == "f64x2") is_known = vector<double>(name, operands, immediate, evaluation);
  if (shape == "f32") is_known = scalar_float<float>(name, operands[0], operands[1], evaluation);
  if (shape == "f64") is_known = scalar_float<double>(name, operands[0], operands[1], evaluation);
  if (!is_known) is_known = conversion(shape, name, operands[0], evaluation);
  return evaluation;
}

bool matches(const Evaluation& expected, const Slot& actual) {
  if (expected.nan_lane_bytes == 4) return float_lanes_match<float, uint32_t>(expected.result, actual, 1u << 22);
  if (expected.nan_lane_bytes == 8) {
    return float_lanes_match<double, uint64_t>(expected.result, actual, uint64_t{1} << 51);
  }
  return expected.result.low == actual.low && expected.result.high == actual.high;
}

}  // namespace wasmrun::testing
