// Which features a script may use.
#include "spec-tests/features.h"

namespace wasmrun::spec_tests {

module::FeatureSet features_of(std::string_view path) {
  using enum module::Feature;
  using module::FeatureSet;
  constexpr std::string_view kProposals = "proposals/";
  const size_t place = path.rfind(kProposals);
  if (place == std::string_view::npos) return FeatureSet::defaults();
  const std::string_view rest = path.substr(place + kProposals.size());
  const auto proposal = module::find_feature(rest.substr(0, rest.find('/')));
  if (!proposal) return FeatureSet::defaults();
  if (*proposal == threads) return FeatureSet::defaults().without(multi_memory).without(multi_table).without(memory64);
  return FeatureSet::defaults().with(*proposal);
}

}  // namespace wasmrun::spec_tests
