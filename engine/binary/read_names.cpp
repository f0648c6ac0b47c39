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

/// Reads "index name" pairs into `add(index, name)` until the first thing that is none.
template <class Add>
void read_name_map(ByteReader& reader, Add add) {
  const uint32_t count = reader.read_u32();
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    const uint32_t index = reader.read_u32();
    const std::span<const uint8_t> bytes = reader.read_bytes(reader.read_u32());
    const std::string_view name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!reader.failed() && is_utf8(name)) add(index, std::string(name));
  }
}

void read_subsection(uint8_t id, ByteReader reader, const module::Module& module, module::NameSection& names) {
  const auto read_into = [&](module::NameSection::Names& map, size_t count) {
    read_name_map(reader, [&](uint32_t index, std::string name) {
      if (index < count) map.try_emplace(index, std::move(name));
    });
  };
  switch (id) {
    case 0: {
      const std::span<const uint8_t> bytes = reader.read_bytes(reader.read_u32());
      const std::string_view name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      if (!reader.failed() && is_utf8(name)) names.module = name;
      return;
    }
    case kFunctionNames: return read_into(names.functions, module.functions.size());
    case 2: {
      const uint32_t functions = reader.read_u32();
      for (uint32_t i = 0; i < functions && !reader.failed(); ++i) {
        const uint32_t function = reader.read_u32();
        read_name_map(reader, [&](uint32_t index, std::string name) {
          if (function < module.functions.size()) names.locals[function].try_emplace(index, std::move(name));
        });
      }
      return;
    }
    case 5: return read_into(names.tables, module.tables.size());
    case 6: return read_into(names.memories, module.memories.size());
    case 7: return read_into(names.globals, module.globals.size());
    case 8: return read_into(names.elems, module.elems.size());
    case 9: return read_into(names.datas, module.datas.size());
    case 11: return read_into(names.tags, module.tags.size());
    default: return;  // labels, types and fields, which nobody asks for
  }
}

}  // namespace

module::NameSection read_name_section(const module::Module& module) {
  module::NameSection names;
  for (const module::CustomSection& section : module.custom_sections) {
    if (section.name != "name") continue;
    ByteReader reader(module.view(section.bytes), section.bytes.begin);
    while (!reader.at_end()) {
      const uint8_t id = reader.read_u8();
      const std::span<const uint8_t> bytes = reader.read_bytes(reader.read_u32());
      if (!reader.failed()) read_subsection(id, ByteReader(bytes), module, names);
    }
  }
  return names;
}

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
