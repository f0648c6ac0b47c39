// Who made an artifact: as bytes, and in words.
#include <algorithm>
#include <cstring>

#include "engine/artifact/format.h"

namespace wasmrun::artifact {
namespace {

constexpr module::Feature kFeatures[] = {
#define FEATURE(name, ...) module::Feature::name,
#include "engine/module/features.def"
#undef FEATURE
};

uint32_t bits_of(module::FeatureSet features) {
  uint32_t bits = 0;
  for (size_t i = 0; i < std::size(kFeatures); ++i) bits |= uint32_t{features.has(kFeatures[i])} << i;
  return bits;
}

module::FeatureSet features_of(uint32_t bits) {
  module::FeatureSet features = module::FeatureSet::none();
  for (size_t i = 0; i < std::size(kFeatures); ++i) {
    if (bits >> i & 1) features = features.with(kFeatures[i]);
  }
  return features;
}

}  // namespace

void write_identity(const Identity& identity, Header& header) {
  std::copy(identity.build.begin(), identity.build.end(), header.build);
  std::memset(header.compiler, 0, sizeof header.compiler);
  identity.compiler.copy(header.compiler, sizeof header.compiler - 1);
  header.cpu = identity.cpu.bits();
  header.features = bits_of(identity.features);
  header.level = identity.level;
  header.guard_pages = identity.guard_pages;
  header.canonical_nans = identity.canonical_nans;
}

Identity read_identity(const Header& header) {
  Identity identity;
  std::copy(std::begin(header.build), std::end(header.build), identity.build.begin());
  identity.compiler.assign(header.compiler, ::strnlen(header.compiler, sizeof header.compiler));
  identity.cpu = abi::CpuFeatures::from_bits(header.cpu);
  identity.features = features_of(header.features);
  identity.level = header.level;
  identity.guard_pages = header.guard_pages != 0;
  identity.canonical_nans = header.canonical_nans != 0;
  return identity;
}

std::string difference(const Identity& found, const Identity& expected) {
  if (found.build != expected.build) return "compiled by another build of wasmrun";
  if (found.compiler != expected.compiler) return "compiled by " + found.compiler + ", not " + expected.compiler;
  if (found.cpu != expected.cpu) return "compiled for a processor with " + found.cpu.to_string() + ", not " + expected.cpu.to_string();
  if (found.guard_pages != expected.guard_pages)
    return found.guard_pages ? "compiled for guard pages" : "compiled with explicit bounds checks";
  if (found.canonical_nans != expected.canonical_nans)
    return found.canonical_nans ? "compiled with canonical NaNs" : "compiled without canonical NaNs";
  if (found.level != expected.level) return "compiled with -O" + std::to_string(found.level);
  if (found.features != expected.features) return "compiled with other features enabled";
  return {};
}

}  // namespace wasmrun::artifact
