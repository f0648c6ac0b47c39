// Number tokens to values. Visible: parse_unsigned, parse_integer, parse_f32, parse_f64.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wasmrun::text {

/// The value of a Nat token; nothing when it does not fit in `bits` bits. spec: text-int
std::optional<uint64_t> parse_unsigned(std::string_view text, int bits);

/// The value of a Nat or Int token as a two's complement number of `bits` bits: -2^(bits-1) .. 2^bits-1. Nothing when
/// it does not fit, or when the text is no integer.
std::optional<uint64_t> parse_integer(std::string_view text, int bits);

/// The bits of a Nat, Int or Float token as the nearest float, ties to even; a NaN keeps its payload. Nothing when the
/// value rounds to infinity or the payload does not fit. spec: text-float
std::optional<uint32_t> parse_f32(std::string_view text);
std::optional<uint64_t> parse_f64(std::string_view text);

}  // namespace wasmrun::text
