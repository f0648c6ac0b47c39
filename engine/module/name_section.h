// The names that a module gives to its parts, for people only. Visible: NameSection.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "engine/module/types.h"

namespace wasmrun::module {

/// What of the name section could be read; anything may be missing, repeated or empty. All of it is UTF-8.
/// spec: appendix, name section
struct NameSection {
  using Names = std::unordered_map<uint32_t, std::string>;
  std::string module;
  Names functions, tables, memories, globals, tags, elems, datas;
  std::unordered_map<uint32_t, std::map<uint32_t, std::string>> locals;  ///< by function
};

}  // namespace wasmrun::module
