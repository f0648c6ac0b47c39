// The module as a whole: header, order of the sections, and what must agree between them.
#include "engine/binary/read_module.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/binary/decoder.h"
#include "engine/module/limits.h"

namespace wasmrun::binary {
namespace {

constexpr std::array<uint8_t, 4> kMagic{0x00, 'a', 's', 'm'};
constexpr std::array<uint8_t, 4> kVersion{0x01, 0x00, 0x00, 0x00};
constexpr size_t kHeaderBytes = kMagic.size() + kVersion.size();

/// One kind of section; the table below is indexed by its id. `rank` is its place in a module. spec: binary-section
struct SectionKind {
  const char* name;
  uint8_t rank;
  Result<void> (*read)(Section&);
};
constexpr uint8_t kCustomId = 0;
constexpr std::array<SectionKind, 14> kSectionKinds{{
    {"custom", 0, nullptr},
    {"type", 1, read_type_section},
    {"import", 2, read_import_section},
    {"function", 3, read_function_section},
    {"table", 4, read_table_section},
    {"memory", 5, read_memory_section},
    {"global", 7, read_global_section},
    {"export", 8, read_export_section},
    {"start", 9, read_start_section},
    {"element", 10, read_elem_section},
    {"code", 12, read_code_section},
    {"data", 13, read_data_section},
    {"data count", 11, read_data_count_section},
    {"tag", 6, read_tag_section},
}};

bool begins_with(std::span<const uint8_t> bytes, std::span<const uint8_t> prefix) {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

Error malformed(const char* message, uint64_t offset) {
  return Error{ErrorKind::Malformed, message, offset};
}

Result<void> check_header(std::span<const uint8_t> bytes) {
  if (bytes.size() > module::limits::kModuleBytes)
    return Error{ErrorKind::Unsupported,
                 "module too large: the limit is " + std::to_string(module::limits::kModuleBytes) + " bytes"};
  if (bytes.size() < kMagic.size()) return malformed("unexpected end: in the module's header", bytes.size());
  if (!begins_with(bytes, kMagic)) return malformed("magic header not detected", 0);
  if (bytes.size() < kHeaderBytes) return malformed("unexpected end: in the module's header", bytes.size());
  if (looks_like_component(bytes))
    return malformed("unknown binary version: this is a component, not a core module", kMagic.size());
  if (!begins_with(bytes.subspan(kMagic.size()), kVersion)) return malformed("unknown binary version", kMagic.size());
  return {};
}

/// spec: binary-customsec
Result<void> read_custom_section(Section& section) {
  auto& sections = section.module().custom_sections;
  if (sections.size() == module::limits::kCustomSections)
    return section.error(ErrorKind::Unsupported, "too many custom sections", section.reader.offset());
  const std::string_view name = TRY(read_name(section));
  const uint64_t begin = section.reader.offset();
  if (begin > section.end)
    return section.error(ErrorKind::Malformed, "unexpected end: the name goes past its section", begin);
  sections.push_back({name, {begin, section.end}});
  return {};
}

/// Reads the section at `reader` and moves past it. `last_rank` is that of the non-custom section before.
Result<void> read_section(Decoder& decoder, ByteReader& reader, uint8_t& last_rank) {
  const uint64_t start = reader.offset();
  const uint8_t id = reader.read_u8();
  if (id >= kSectionKinds.size()) return malformed("malformed section id", start);
  const SectionKind& kind = kSectionKinds[id];
  const uint64_t size_offset = reader.offset();
  const uint32_t size = reader.read_u32();
  if (size > reader.remaining()) reader.fail("length out of bounds", size_offset);
  Section section{decoder, reader, kind.name, reader.offset() + size};
  TRY(section.check());
  reader.read_bytes(size);
  if (id == kCustomId) return read_custom_section(section);

  if (kind.rank <= last_rank) return malformed("unexpected content after last section", start);
  last_rank = kind.rank;
  TRY(kind.read(section));
  if (section.reader.offset() == section.end) return {};
  return section.error(ErrorKind::Malformed, "section size mismatch: its content ends", section.reader.offset());
}

/// Gives the bodies of the code section to the functions of the function section. spec: binary-module
Result<void> assign_bodies(Decoder& decoder, uint64_t module_end) {
  module::Module& module = decoder.module;
  if (module.functions.size() - module.imported_functions != decoder.bodies.size())
    return malformed("function and code section have inconsistent lengths",
                     module.code_section.end ? module.code_section.begin : module_end);
  for (size_t i = 0; i < decoder.bodies.size(); ++i)
    module.functions[module.imported_functions + i].body = decoder.bodies[i];
  return {};
}

/// Fills Module::referenced_functions. Indices out of range are left to validation.
void collect_referenced_functions(Decoder& decoder) {
  module::Module& module = decoder.module;
  std::vector<bool> is_referenced(module.functions.size());
  const auto refer = [&](uint32_t function) {
    if (function < is_referenced.size()) is_referenced[function] = true;
  };
  for (const module::Export& entry : module.exports)
    if (entry.kind == module::ExternKind::Func) refer(entry.index);
  for (const module::ElemSegment& segment : module.elems)
    for (const FuncIndex function : segment.functions) refer(function.value);
  for (const FuncIndex function : decoder.functions_in_consts) refer(function.value);
  for (uint32_t i = 0; i < is_referenced.size(); ++i)
    if (is_referenced[i]) module.referenced_functions.push_back(FuncIndex(i));
}

}  // namespace

bool looks_like_module(std::span<const uint8_t> bytes) {
  return begins_with(bytes, kMagic);
}

bool looks_like_component(std::span<const uint8_t> bytes) {
  // After the magic number: a version that is not 0 and, where a module's version has zeros, layer 1.
  constexpr size_t kVersionOffset = 4, kLayerOffset = 6;
  return looks_like_module(bytes) && bytes.size() >= kHeaderBytes && bytes[kVersionOffset] != 0 &&
         bytes[kLayerOffset] == 1 && bytes[kLayerOffset + 1] == 0;
}

Result<module::Module> read_module(SharedBytes bytes, module::TypeRegistry& types, module::FeatureSet features) {
  const std::span<const uint8_t> all = bytes.span();
  TRY(check_header(all));
  module::Module module;
  module.bytes = std::move(bytes);
  module.features = features;
  Decoder decoder{module, types, {}, {}};
  ByteReader reader(all.subspan(kHeaderBytes), kHeaderBytes);
  uint8_t last_rank = 0;
  while (!reader.at_end()) TRY(read_section(decoder, reader, last_rank));
  TRY(assign_bodies(decoder, all.size()));
  if (module.data_count && *module.data_count != module.datas.size())
    return malformed("data count and data section have inconsistent lengths", all.size());
  collect_referenced_functions(decoder);
  return module;
}

}  // namespace wasmrun::binary
