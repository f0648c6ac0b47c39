// Which features a script may use. Visible: features_of.
#pragma once

#include <string_view>

#include "engine/module/features.h"

namespace wasmrun::spec_tests {

/// The features for the script at `path`, by the folders of the official suite: a proposal's scripts have it on, and those of
/// proposals/threads, which were written before WebAssembly 3.0, have off what they expect to be refused. Anything else: the
/// defaults.
module::FeatureSet features_of(std::string_view path);

}  // namespace wasmrun::spec_tests
