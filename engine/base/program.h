// The program that this process runs: of which build it is, how it is linked, what belongs to it. Visible: BuildId, own_build_id,
// build_id_in, is_static_program, own_folder, companions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wasmrun {

/// A checksum of the engine's sources and of what compiled them: all programs of one build have the same.
using BuildId = std::array<uint8_t, 20>;

const BuildId& own_build_id();
/// Of the program in that file; nothing when it is none of ours.
std::optional<BuildId> build_id_in(int fd);

/// Whether the program was linked with all libraries in it: then it can load none.
bool is_static_program();

/// Where the program's file is, with a "/" at the end. Empty without /proc.
std::string own_folder();

/// Where a file that belongs to the program may be: beside it, or in lib/wasmrun beside its folder. Empty without /proc.
std::array<std::string, 2> companions(std::string_view name);

}  // namespace wasmrun
