// The name section, which only messages need: nothing wrong with it makes a module malformed.
#include "engine/base/byte_reader.h"
#include "engine/base/utf8.h"
#include "engine/binary/read_module.h"

namespace wasmrun::binary {
namespace {

using FunctionNames = std::unordered_map<uint32_t, std::string>;
constexpr uint8_t kFunctionNames = 1;

/// Reads names until the first thing that is none. A function's first name counts; strange indices and bytes are passed
/// over.
void read_function_name_map(ByteReader reader, size_t function_count, FunctionNames& names) {
  const uint32_t count = reader.read_u32();
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    const uint32_t function = reader.read_u32();
    const std::span<const uint8_t> bytes = reader.read_bytes(reader.read_u32());
    const std::string_view name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!reader.failed() && function < function_count && is_utf8(name)) names.try_emplace(function, name);
  }
}

}  // namespace

FunctionNames read_function_names(const module::Module& module) {
  FunctionNames names;
  for (const module::CustomSection& section : module.custom_sections) {
    if (section.name != "name") continue;
    ByteReader reader(module.view(section.bytes), section.bytes.begin);
    while (!reader.at_end()) {
      const uint8_t id = reader.read_u8();
      const std::span<const uint8_t> bytes = reader.read_bytes(reader.read_u32());
      if (id == kFunctionNames) read_function_name_map(ByteReader(bytes), module.functions.size(), names);
    }
  }
  return names;
}

}  // namespace wasmrun::binary
