// Lines of perf's map.
#include "engine/symbols/perf_map.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace wasmrun::symbols {

std::string perf_map(const CodeSymbols& code) {
  std::string text;
  for (const FunctionSymbol& function : code.functions) {
    char place[48];
    std::snprintf(place, sizeof place, "%" PRIx64 " %" PRIx64 " ", function.address, function.size_bytes);
    std::string name = function.name;
    std::replace_if(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    text += place + name + "\n";
  }
  return text;
}

}  // namespace wasmrun::symbols
