// Which instructions may answer with a NaN that they chose: the standard leaves its sign and payload open.
// Visible: NanResult, nan_result.
#pragma once

#include <cstdint>
#include <string_view>

namespace wasmrun::instructions {

/// The floats of a result whose NaNs are up to the implementation. spec: exec-numeric, "NaN propagation"
enum class NanResult : uint8_t { None, F32, F64, F32x4, F64x2 };

/// By an instruction's name in text. Instructions that only move or compare bits (`neg`, `copysign`, `pmin`, loads) have none.
constexpr NanResult nan_result(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == text.npos) return NanResult::None;
  const std::string_view type = text.substr(0, dot);
  const std::string_view operation = text.substr(dot + 1);
  constexpr std::string_view kOperations[] = {
      "add",         "sub",         "mul",          "div",          "sqrt",        "min",          "max",
      "ceil",        "floor",       "trunc",        "nearest",      "demote_f64",  "promote_f32",  "demote_f64x2_zero",
      "relaxed_min", "relaxed_max", "relaxed_madd", "relaxed_nmadd", "promote_low_f32x4"};
  for (const std::string_view each : kOperations) {
    if (operation != each) continue;
    if (type == "f32") return NanResult::F32;
    if (type == "f64") return NanResult::F64;
    if (type == "f32x4") return NanResult::F32x4;
    if (type == "f64x2") return NanResult::F64x2;
  }
  return NanResult::None;
}

}  // namespace wasmrun::instructions
