// Arguments and results of --invoke as text. Visible: parse_argument, print_value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/engine.h"

namespace wasmrun::cmd {

/// Reads a value of `type`. Integers: decimal or 0x, signed or unsigned, within the type's range. Floats: decimal, "inf", "nan".
/// v128: 0x and up to 32 digits, lane 0 lowest. References: "null". Nothing when the word is none of these.
std::optional<RawValue> parse_argument(ValueType type, std::string_view word);

/// Writes a value so that parse_argument reads it back: integers signed, floats shortest, v128 in hexadecimal. References are
/// "null" or their type.
std::string print_value(ValueType type, const RawValue& value);

}  // namespace wasmrun::cmd
