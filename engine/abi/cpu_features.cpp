// Asks the processor what it has.
#include <cpuid.h>

#include <iterator>

#include "engine/abi/compiler.h"

namespace wasmrun::abi {

CpuFeatures CpuFeatures::host() {
  __builtin_cpu_init();
  CpuFeatures features;
  // The builtin also asks whether the system saves the wide registers, which CPUID alone does not tell.
  features.avx = __builtin_cpu_supports("avx");
  features.avx2 = __builtin_cpu_supports("avx2");
  features.fma = __builtin_cpu_supports("fma");
  features.bmi1 = __builtin_cpu_supports("bmi");
  features.bmi2 = __builtin_cpu_supports("bmi2");
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx)) features.lzcnt = ecx & bit_LZCNT;
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
  __builtin_cpu_init();
  return __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("sse4.2") &&
         __builtin_cpu_supports("popcnt");
}

}  // namespace wasmrun::abi
