// The names of features.h.
#include "engine/module/features.h"

#include "engine/base/check.h"

namespace wasmrun::module {

const char* to_string(Feature feature) {
  switch (feature) {
#define FEATURE(name, option, is_default, description) \
  case Feature::name:                                  \
    return option;
#include "engine/module/features.def"
#undef FEATURE
  }
  CHECK(!"a feature has a name");
  return "";
}

std::optional<Feature> find_feature(std::string_view option) {
#define FEATURE(name, text, is_default, description) \
  if (option == text) return Feature::name;
#include "engine/module/features.def"
#undef FEATURE
  return std::nullopt;
}

std::string options_off_by_default() {
  std::string options;
#define FEATURE(name, option, is_default, description) \
  if (!is_default) options += std::string(options.empty() ? "" : ", ") + option;
#include "engine/module/features.def"
#undef FEATURE
  return options;
}

}  // namespace wasmrun::module
