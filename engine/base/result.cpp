// The bodies of check.h and result.h.
#include "engine/base/result.h"

#include <cstdio>
#include <cstdlib>

namespace wasmrun {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "wasmrun: internal error: %s does not hold (%s:%d)\n", condition, file, line);
  std::abort();
}

std::string Error::to_string() const {
  if (!offset) return message;
  char place[32];
  std::snprintf(place, sizeof place, " (at offset 0x%llx)", static_cast<unsigned long long>(*offset));
  return message + place;
}

}  // namespace wasmrun
