// Names of the text format. Visible: find_opcode, find_heap_type, find_value_type, is_keyword.
#pragma once

#include <optional>
#include <string_view>

#include "engine/instructions/visit.h"
#include "engine/module/types.h"

namespace wasmrun::text {

/// The first row of opcodes.def with this text. Where rows share a text, the immediates decide (`select`, `ref.test`).
std::optional<instructions::Opcode> find_opcode(std::string_view text);
/// "func", "any", ...: an abstract heap type.
std::optional<module::AbstractHeapType> find_heap_type(std::string_view text);
/// "i32", "funcref", ...: a value type of one word.
std::optional<module::ValueType> find_value_type(std::string_view text);
/// Whether the word means something somewhere; a word that does not is an "unknown operator" wherever it stands.
bool is_keyword(std::string_view text);

}  // namespace wasmrun::text
