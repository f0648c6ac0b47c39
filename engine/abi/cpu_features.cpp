// What the processor has, as the C library found at the process's begin. Asking again by CPUID is slow on virtual machines, whose host
// answers: 20 µs, a fortieth of a start. "Active" is what the system supports, too: it saves the wide registers.
#include <sys/platform/x86.h>

#include <iterator>

#include "engine/abi/compiler.h"

namespace wasmrun::abi {

CpuFeatures CpuFeatures::host() {
  CpuFeatures features;
  features.avx = CPU_FEATURE_ACTIVE(AVX);
  features.avx2 = CPU_FEATURE_ACTIVE(AVX2);
  features.fma = CPU_FEATURE_ACTIVE(FMA);
  features.bmi1 = CPU_FEATURE_ACTIVE(BMI1);
  features.bmi2 = CPU_FEATURE_ACTIVE(BMI2);
  features.lzcnt = CPU_FEATURE_ACTIVE(LZCNT);
  return features;
}

namespace {

struct Row {
  const char* name;
  bool CpuFeatures::*field;
};
constexpr Row kRows[] = {{"lzcnt", &CpuFeatures::lzcnt}, {"bmi1", &CpuFeatures::bmi1}, {"bmi2", &CpuFeatures::bmi2},
                         {"avx", &CpuFeatures::avx},     {"avx2", &CpuFeatures::avx2}, {"fma", &CpuFeatures::fma}};
static_assert(sizeof(CpuFeatures) == std::size(kRows), "a row for each");

}  // namespace

std::optional<CpuFeatures> CpuFeatures::find(std::string_view name) {
  if (name == "host") return host();
  if (name == "x86-64-v2") return CpuFeatures{};
  // What the fourth level adds is not used.
  if (name == "x86-64-v3" || name == "x86-64-v4") return from_bits(UINT32_MAX);
  return std::nullopt;
}

uint32_t CpuFeatures::bits() const {
  uint32_t bits = 0;
  for (size_t i = 0; i < std::size(kRows); ++i) bits |= uint32_t{this->*kRows[i].field} << i;
  return bits;
}

CpuFeatures CpuFeatures::from_bits(uint32_t bits) {
  CpuFeatures features;
  for (size_t i = 0; i < std::size(kRows); ++i) features.*kRows[i].field = bits >> i & 1;
  return features;
}

std::string CpuFeatures::to_string() const {
  std::string text = "x86-64-v2";
  for (const Row& row : kRows) {
    if (this->*row.field) text += std::string(", ") + row.name;
  }
  return text;
}

bool CpuFeatures::host_is_supported() {
  return CPU_FEATURE_ACTIVE(SSSE3) && CPU_FEATURE_ACTIVE(SSE4_1) && CPU_FEATURE_ACTIVE(SSE4_2) &&
         CPU_FEATURE_ACTIVE(POPCNT);
}

}  // namespace wasmrun::abi
