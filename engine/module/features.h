// The list of language features. Visible: Feature.
#pragma once

#include <cstdint>

namespace wasmrun::module {

enum class Feature : uint8_t {
#define FEATURE(name, option, description) name,
#include "engine/module/features.def"
#undef FEATURE
};

/// The name that options and messages use.
const char* to_string(Feature feature);

}  // namespace wasmrun::module
