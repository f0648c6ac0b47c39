// Names for perf. Visible: perf_map.
#pragma once

#include "engine/symbols/symbols.h"

namespace wasmrun::symbols {

/// A line for each function: "ADDRESS SIZE NAME", hexadecimal without 0x. A name's control characters become '?'.
/// Source: linux, tools/perf/Documentation/jit-interface.txt
std::string perf_map(const CodeSymbols& code);

}  // namespace wasmrun::symbols
