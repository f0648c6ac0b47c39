// The list of language features. Visible: Feature, FeatureSet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wasmrun::module {

enum class Feature : uint8_t {
#define FEATURE(name, ...) name,
#include "engine/module/features.def"
#undef FEATURE
};

/// The name that options and messages use.
const char* to_string(Feature feature);
/// The feature of that option, if there is one.
std::optional<Feature> find_feature(std::string_view option);

/// "wide-arithmetic, ...": the options of the features that are not in FeatureSet::defaults().
std::string options_off_by_default();

/// Which features a module may use.
class FeatureSet {
 public:
  /// All of WebAssembly 3.0, and proposals at phase 4.
  static constexpr FeatureSet defaults() {
    FeatureSet set;
#define FEATURE(name, option, is_default, description) \
  if (is_default) set = set.with(Feature::name);
#include "engine/module/features.def"
#undef FEATURE
    return set;
  }
  static constexpr FeatureSet all() {
    FeatureSet set;
#define FEATURE(name, ...) set = set.with(Feature::name);
#include "engine/module/features.def"
#undef FEATURE
    return set;
  }

  static constexpr FeatureSet none() { return {}; }

  constexpr bool has(Feature feature) const { return bits_ & bit(feature); }
  constexpr FeatureSet with(Feature feature) const { return FeatureSet(bits_ | bit(feature)); }
  constexpr FeatureSet without(Feature feature) const { return FeatureSet(bits_ & ~bit(feature)); }
  friend constexpr bool operator==(FeatureSet, FeatureSet) = default;

 private:
  constexpr FeatureSet() = default;
  constexpr explicit FeatureSet(uint32_t bits) : bits_(bits) {}
  static constexpr uint32_t bit(Feature feature) { return uint32_t{1} << static_cast<unsigned>(feature); }

  uint32_t bits_ = 0;
};

/// Whether the feature is a proposal that is not part of WebAssembly 3.0: its rows are refused where it is off.
constexpr bool is_proposal(Feature feature) {
  return feature == Feature::threads || feature == Feature::wide_arithmetic || feature == Feature::custom_page_sizes ||
         feature == Feature::custom_descriptors;
}

}  // namespace wasmrun::module
