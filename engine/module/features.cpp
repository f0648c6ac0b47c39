// The names of features.h.
#include "engine/module/features.h"

#include "engine/base/check.h"

namespace wasmrun::module {

const char* to_string(Feature feature) {
  switch (feature) {
#define FEATURE(name, option, description) \
  case Feature::name:                      \
    return option;
#include "engine/module/features.def"
#undef FEATURE
  }
  CHECK(!"a feature has a name");
  return "";
}

}  // namespace wasmrun::module
