// What LLVM's tables in an object say about calls in try blocks. Knows nothing of LLVM. Visible: CatchSite, catch_sites, kHandlersSection.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/llvm/object.h"

namespace wasmrun::llvm_compiler {

/// A section with the abi::Handlers of an object, as the translator numbers them.
inline constexpr char kHandlersSection[] = ".wasmrun.handlers";

/// Code whose calls are in the same try block. Offsets are within the section.
struct CatchSite {
  uint32_t section = 0;
  uint64_t begin = 0, end = 0;
  uint64_t landing_pad = 0;
  uint32_t first_handler = 0;
  uint32_t frame_bytes = 0;     ///< from rsp to rbp
  int32_t instance_offset = 0;  ///< from rbp
};

/// The call sites of the functions that have landing pads: those in .eh_frame whose records in .gcc_except_table (the "language specific data
/// area" of the Itanium C++ ABI) say so, with the frames that .llvm_stackmaps describes. Errors: Io.
/// Sources: LSB 5.0 core 10.6, https://llvm.org/docs/ExceptionHandling.html, https://llvm.org/docs/StackMaps.html (version 3).
Result<std::vector<CatchSite>> catch_sites(const Object& object);

}  // namespace wasmrun::llvm_compiler
