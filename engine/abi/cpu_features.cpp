// Asks the processor what it has.
#include <cpuid.h>

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

bool CpuFeatures::host_is_supported() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("sse4.2") &&
         __builtin_cpu_supports("popcnt");
}

}  // namespace wasmrun::abi
