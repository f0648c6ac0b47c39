// What one module may ask for, so that hostile input cannot make time or memory explode.
// Source: the implementation limits of the WebAssembly JavaScript Interface, where it gives one.
#pragma once

#include <cstdint>

namespace wasmrun::module::limits {

inline constexpr uint64_t kModuleBytes = uint64_t{1} << 30;
inline constexpr uint32_t kTypes = 1'000'000;
inline constexpr uint32_t kRecGroups = 1'000'000;
inline constexpr uint32_t kSubtypingDepth = 63;
inline constexpr uint32_t kFunctions = 1'000'000;
inline constexpr uint32_t kImports = 1'000'000;
inline constexpr uint32_t kExports = 1'000'000;
inline constexpr uint32_t kGlobals = 1'000'000;
inline constexpr uint32_t kTags = 1'000'000;
inline constexpr uint32_t kTables = 100'000;
inline constexpr uint32_t kMemories = 1'000;
inline constexpr uint32_t kElemSegments = 10'000'000;
inline constexpr uint32_t kElemItems = 10'000'000;
inline constexpr uint32_t kDataSegments = 100'000;
inline constexpr uint32_t kCustomSections = 100'000;
inline constexpr uint32_t kParams = 1'000;
inline constexpr uint32_t kResults = 1'000;
inline constexpr uint32_t kStructFields = 10'000;
inline constexpr uint32_t kLocals = 50'000;
inline constexpr uint32_t kFunctionBytes = 7'654'321;
inline constexpr uint32_t kBrTableTargets = 65'520;
inline constexpr uint32_t kBlockNesting = 100'000;
inline constexpr uint64_t kTableElements = 10'000'000;
inline constexpr uint64_t kMemory32Pages = 65'536;
inline constexpr uint64_t kMemory64Pages = uint64_t{1} << 48;

}  // namespace wasmrun::module::limits
