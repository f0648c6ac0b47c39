// A compiled module as a file that is mapped, not read. Visible: Identity, difference, write, Artifact, open, looks_like_artifact.
//
//   ┌────────┬───────────────────────────────┬────────┬┄┄┬──────────────┬┄┄┬──────────────────────┐
//   │ header │ functions, locations, handlers │ module │  │ machine code │  │ images of its memories │
//   └────────┴───────────────────────────────┴────────┴┄┄┴──────────────┴┄┄┴──────────────────────┘
//                                                      4096              4096
//
// The module is there whole: decoding its sections gives all that code does not tell, and it can be compiled anew. Every part has a
// checksum. An artifact is machine code: whoever can write one can do whatever the process that runs it can.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine/abi/compiled_module.h"
#include "engine/abi/compiler.h"
#include "engine/abi/data_images.h"
#include "engine/base/program.h"
#include "engine/base/result.h"
#include "engine/base/shared_bytes.h"
#include "engine/module/module.h"

namespace wasmrun::artifact {

/// Where an artifact may begin in a file, and what its parts that are mapped on their own begin at.
inline constexpr uint64_t kAlignBytes = 4096;

/// All that shaped the code besides the module.
struct Identity {
  BuildId build = {};    ///< of the wasmrun that code and tables are for
  std::string compiler;  ///< "baseline", or the optimizing compiler's version and build; at most 63 bytes
  abi::CpuFeatures cpu;  ///< that the code may use
  bool guard_pages = true;
  bool canonical_nans = false;
  uint8_t level = 0;     ///< as -O has it
  module::FeatureSet features = module::FeatureSet::defaults();  ///< that the module was allowed to use
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// What is different, for people: "compiled by another build of wasmrun". Empty when nothing is.
std::string difference(const Identity& found, const Identity& expected);

/// Writes at the file's position, which should be a multiple of kAlignBytes. Errors: Io (full, a signal's limit); what was written so
/// far stays.
Result<void> write(int fd, const module::Module& module, const abi::CompiledModule& code, const Identity& identity);

/// A mapped artifact. Its parts keep the mapping; the file must not be changed meanwhile, only replaced.
struct Artifact {
  Identity identity;
  SharedBytes module;  ///< binary, valid under `identity.features`
  abi::CompiledModule code;
  abi::DataImages images;
};

/// Whether a file that begins with these bytes claims to be an artifact.
bool looks_like_artifact(std::span<const uint8_t> bytes);

/// Reads only the header: who made the artifact. Errors as for `open`.
Result<Identity> read_identity(int fd, uint64_t offset);

/// Maps the artifact that begins at `offset` of `fd`, a multiple of kAlignBytes, and checks all lengths and checksums. `fd` may be
/// closed afterwards. Where the module is known, it is compared instead of its checksum. Errors: Io (the file, no memory), Malformed
/// (truncated, damaged, of another module than that), Unsupported (of another format; when `expected` is not null: of another identity).
Result<Artifact> open(int fd, uint64_t offset, const Identity* expected, std::optional<std::span<const uint8_t>> module = std::nullopt);

/// Gives the memory of a mapped module back to the system; it comes back from the file where it is used. What checking and decoding
/// touched would otherwise count as the process's as long as it lives. A small one is left.
void forget(std::span<const uint8_t> mapped);

/// Only the module of such an artifact, copied; of any identity. Errors: Io, Malformed.
Result<std::vector<uint8_t>> read_module_bytes(int fd, uint64_t offset);

}  // namespace wasmrun::artifact
