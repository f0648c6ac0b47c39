// What other tools are told about compiled code. Visible: CodeSymbols.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wasmrun::symbols {

struct FunctionSymbol {
  std::string name;  ///< for people: demangled
  uint64_t address = 0;
  uint64_t size_bytes = 0;
};

/// From `address` on the code is of this line, up to the next entry or the function's end.
struct LineSymbol {
  uint64_t address = 0;
  uint32_t file = 0;  ///< in CodeSymbols::files
  uint32_t line = 0;  ///< 0: of no line
};

/// One module's code where it lies in this process.
struct CodeSymbols {
  std::string module;
  uint64_t begin = 0;
  uint64_t end = 0;
  std::vector<FunctionSymbol> functions;  ///< ordered by address
  std::vector<std::string> files;         ///< absolute where that is known
  std::vector<LineSymbol> lines;          ///< ordered by address; may be empty
};

}  // namespace wasmrun::symbols
