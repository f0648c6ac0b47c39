// A program inside a copy of wasmrun's file: what `wasmrun compile --exe` makes. Visible: Payload, own_payload, open_own_file,
// read_payload_words, write_with_payload.
//
//   ┌──────────────────────┬┄┄┬──────────────┬───────────┐
//   │ wasmrun, with a mark │  │ the artifact │ its words │
//   └──────────────────────┴┄┄┴──────────────┴───────────┘
//
// The mark is a constant of the program; in a copy it says where the rest is. So an ordinary start pays for looking at one number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cmd/report.h"
#include "engine/base/owned_fd.h"
#include "engine/engine.h"

namespace wasmrun::cmd {

/// Where in the program's own file. All zero: there is none. Packed: as a note it begins where a word of 32 bits may.
struct [[gnu::packed]] Payload {
  uint64_t artifact_offset = 0;
  uint64_t words_offset = 0;
  uint64_t words_bytes = 0;
};

Payload own_payload();

/// This program's own file, for reading. Failures: it cannot be opened, because /proc is missing and the program was moved, or unreadable.
std::optional<Failure> open_own_file(OwnedFd& file);

/// The options that were given when it was compiled. Failures: the file was cut off or changed.
std::optional<Failure> read_payload_words(const OwnedFd& file, const Payload& payload, std::vector<std::string>& words);

/// Writes a copy of wasmrun with the module and `words`, which hold no zero byte, to an empty file. The copy needs no library where
/// there is a static wasmrun. Failures: `fd` or the file to copy.
std::optional<Failure> write_with_payload(int fd, Engine& engine, const LoadedModule& loaded, const std::vector<std::string>& words);

}  // namespace wasmrun::cmd
