// The fields of a module. Visible: parse_module_fields, skip_balanced (within engine/text).
#pragma once

#include <string>
#include <vector>

#include "engine/module/features.h"
#include "engine/text/cursor.h"

namespace wasmrun::text {

/// What `parse_module_fields` parses: the fields up to ")" or the end of the text, which stays. `name` is the module's
/// identifier or empty. Failures stick in the cursor; the bytes then mean nothing.
std::vector<uint8_t> parse_module_fields(Cursor& cursor, std::string name, module::FeatureSet features);

/// Position behind the expression in parentheses that begins at `position`, or of the End token.
size_t skip_balanced(const TokenStream& stream, size_t position);

}  // namespace wasmrun::text
