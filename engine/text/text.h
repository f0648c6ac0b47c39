// WebAssembly text to a binary module. Visible: assemble_module, looks_like_text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/module/features.h"

namespace wasmrun::text {

/// Assembles one module, `(module ...)` or only its fields, to the binary format, which binary::read_module then
/// decodes. A leading "#!" line is skipped. Names of functions and of the module go to a name section; `(@custom)` and
/// branch hints to their sections. Errors are Malformed; the message begins with the test suite's words and shows line,
/// column and the line. spec: text-module
/// Of the features that are off only 64-bit addresses matter here: sizes are then 32-bit numbers. The rest is for the decoder
/// and validation to refuse.
Result<std::vector<uint8_t>> assemble_module(std::string_view source,
                                             module::FeatureSet features = module::FeatureSet::defaults());

/// Whether the bytes may be a text module: they begin with "(", or with space, comments or "#!" before it.
bool looks_like_text(std::string_view source);

}  // namespace wasmrun::text
