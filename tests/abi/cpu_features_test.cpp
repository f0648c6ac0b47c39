#include "engine/abi/compiler.h"
#include "tests/support/catch.h"

using namespace wasmrun::abi;

TEST_CASE("the processor has what the compiler's own question says", "[abi][cpu_features]") {
  __builtin_cpu_init();
  const CpuFeatures host = CpuFeatures::host();
  CHECK(host.avx == (__builtin_cpu_supports("avx") != 0));
  CHECK(host.avx2 == (__builtin_cpu_supports("avx2") != 0));
  CHECK(host.fma == (__builtin_cpu_supports("fma") != 0));
  CHECK(host.bmi1 == (__builtin_cpu_supports("bmi") != 0));
  CHECK(host.bmi2 == (__builtin_cpu_supports("bmi2") != 0));
  // All processors that have the one have the other.
  CHECK(host.lzcnt == host.bmi1);
  CHECK(CpuFeatures::host_is_supported());
}
