// Bytes to Module. Visible: read_module, skip_shebang, function_name lookups from the name section.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/shared_bytes.h"
#include "engine/module/module.h"
#include "engine/module/name_section.h"
#include "engine/module/type_registry.h"

namespace wasmrun::binary {

/// Whether the bytes begin with the magic number of a module (any version).
bool looks_like_module(std::span<const uint8_t> bytes);
/// Whether the bytes are a component (layer 1) rather than a core module.
bool looks_like_component(std::span<const uint8_t> bytes);

/// Decodes all sections; bodies stay bytes. The module keeps `bytes`, in which offsets count from 0, and may use `features`.
/// Errors are Malformed (Invalid where only an index is out of range that decoding needs), with the offset. spec: binary-module
Result<module::Module> read_module(SharedBytes bytes, module::TypeRegistry& types,
                                   module::FeatureSet features = module::FeatureSet::defaults());

/// All that the name section says, read like read_function_names.
module::NameSection read_name_section(const module::Module& module);

/// Function names from the name section, by function index. Garbage in it is ignored. Cheap only when called: the section
/// is read on demand. spec: appendix, name section
std::unordered_map<uint32_t, std::string> read_function_names(const module::Module& module);

}  // namespace wasmrun::binary
