// What a module imports, defines and exports: functions, tables, memories, tags, globals, and its start function.
#include "engine/binary/decoder.h"
#include "engine/instructions/immediates.h"

namespace wasmrun::binary {
namespace {

using module::ExternKind;
using module::Limits;
namespace limits = module::limits;

/// What the byte before limits says; `allowed` are the bits that it may have. spec: binary-limits
struct LimitsFlags {
  static constexpr uint8_t kHasMax = 1, kIsShared = 2, kIs64 = 4, kHasPageSize = 8;
  uint8_t bits = 0;
  bool has(uint8_t flag) const { return bits & flag; }
};

LimitsFlags read_limits_flags(Section& section, uint8_t allowed) {
  const uint64_t start = section.reader.offset();
  const LimitsFlags flags{section.reader.read_u8()};
  if (flags.has(LimitsFlags::kHasPageSize) && flags.bits < 16 && !(allowed & LimitsFlags::kHasPageSize))
    section.reader.fail("malformed limits flags: custom page sizes need --enable custom-page-sizes", start);
  if (flags.bits & ~allowed) section.reader.fail("malformed limits flags", start);
  return flags;
}

Limits read_limits(ByteReader& reader, LimitsFlags flags) {
  Limits result;
  result.address_type = flags.has(LimitsFlags::kIs64) ? module::AddressType::I64 : module::AddressType::I32;
  result.is_shared = flags.has(LimitsFlags::kIsShared);
  result.min = reader.read_u64();
  if (flags.has(LimitsFlags::kHasMax)) result.max = reader.read_u64();
  return result;
}

/// spec: binary-memtype
Result<module::MemoryType> read_memory_type(Section& section) {
  const module::FeatureSet features = section.module().features;
  uint8_t allowed = LimitsFlags::kHasMax | LimitsFlags::kIs64;
  if (features.has(module::Feature::threads)) allowed |= LimitsFlags::kIsShared;
  if (features.has(module::Feature::custom_page_sizes)) allowed |= LimitsFlags::kHasPageSize;
  const LimitsFlags flags = read_limits_flags(section, allowed);
  module::MemoryType type{.limits = read_limits(section.reader, flags)};
  if (flags.has(LimitsFlags::kHasPageSize)) {
    const uint64_t start = section.reader.offset();
    const uint32_t page_size_log2 = section.reader.read_u32();
    if (page_size_log2 >= 64) section.reader.fail("invalid custom page size: past 64 bits", start);
    type.page_size_log2 = static_cast<uint8_t>(page_size_log2);
  }
  TRY(section.check());
  return type;
}

/// spec: binary-tabletype
Result<module::TableType> read_table_type(Section& section) {
  module::TableType type;
  type.element = read_reference_type(section.reader);
  const LimitsFlags flags = read_limits_flags(section, LimitsFlags::kHasMax | LimitsFlags::kIs64);
  type.limits = read_limits(section.reader, flags);
  TRY(section.check());
  return type;
}

/// spec: binary-globaltype
Result<module::GlobalType> read_global_type(Section& section) {
  module::GlobalType type;
  type.type = instructions::read_value_type(section.reader);
  const uint64_t start = section.reader.offset();
  const uint8_t mutability = section.reader.read_u8();
  if (mutability > 1) section.reader.fail("malformed mutability", start);
  type.is_mutable = mutability == 1;
  TRY(section.check());
  return type;
}

/// spec: binary-tagtype
Result<module::TagType> read_tag_type(Section& section) {
  const uint64_t start = section.reader.offset();
  if (section.reader.read_u8() != 0) section.reader.fail("zero byte expected: malformed tag attribute", start);
  const module::TagType type{TypeIndex(section.reader.read_u32())};
  TRY(section.check());
  return type;
}

Result<void> check_room(Section& section, const char* what, size_t count, uint32_t limit) {
  if (count < limit) return {};
  return section.error(ErrorKind::Unsupported,
                       "too many " + std::string(what) + ": the limit is " + std::to_string(limit),
                       section.reader.offset());
}

/// The imported entity itself (`is_exact`: a function of exactly its type); it goes to the end of its index space. Returns its index. spec: binary-externtype
Result<uint32_t> read_imported(Section& section, ExternKind kind, bool is_exact) {
  module::Module& module = section.module();
  switch (kind) {
    case ExternKind::Func: {
      TRY(check_room(section, "functions", module.functions.size(), limits::kFunctions));
      module.functions.push_back({TypeIndex(section.reader.read_u32()), {}, is_exact});
      return module.imported_functions++;
    }
    case ExternKind::Table: {
      TRY(check_room(section, "tables", module.tables.size(), limits::kTables));
      module.tables.push_back({TRY(read_table_type(section)), std::nullopt});
      return module.imported_tables++;
    }
    case ExternKind::Memory: {
      TRY(check_room(section, "memories", module.memories.size(), limits::kMemories));
      module.memories.push_back(TRY(read_memory_type(section)));
      return module.imported_memories++;
    }
    case ExternKind::Global: {
      TRY(check_room(section, "globals", module.globals.size(), limits::kGlobals));
      module.globals.push_back({TRY(read_global_type(section)), {}});
      return module.imported_globals++;
    }
    case ExternKind::Tag: {
      TRY(check_room(section, "tags", module.tags.size(), limits::kTags));
      module.tags.push_back(TRY(read_tag_type(section)));
      return module.imported_tags++;
    }
  }
  CHECK(!"an import has a kind");
  return 0u;
}

/// A byte that says what is imported or exported; `message` is for a byte that does not.
Result<ExternKind> read_extern_kind(Section& section, const char* message) {
  const uint64_t start = section.reader.offset();
  const uint8_t kind = section.reader.read_u8();
  if (kind > static_cast<uint8_t>(ExternKind::Tag)) section.reader.fail(message, start);
  TRY(section.check());
  return static_cast<ExternKind>(kind);
}

/// spec: binary-import
Result<void> read_import(Section& section) {
  module::Import import;
  import.offset = section.reader.offset();
  import.module = TRY(read_name(section));
  import.name = TRY(read_name(section));
  constexpr uint8_t kExactFunc = 0x20;
  const bool is_exact = section.module().features.has(module::Feature::custom_descriptors) &&
                        section.reader.peek_u8() == kExactFunc;
  if (is_exact) {
    section.reader.read_u8();
  } else {
    import.kind = TRY(read_extern_kind(section, "malformed import kind"));
  }
  import.index = TRY(read_imported(section, import.kind, is_exact));
  TRY(section.check());
  section.module().imports.push_back(std::move(import));
  return {};
}

/// spec: binary-table
Result<module::Table> read_table(Section& section) {
  constexpr uint8_t kHasInit = 0x40;
  module::Table table;
  const bool has_init = section.reader.peek_u8() == kHasInit;
  if (has_init) {
    section.reader.read_u8();
    const uint64_t start = section.reader.offset();
    if (section.reader.read_u8() != 0) section.reader.fail("zero byte expected: malformed table", start);
  }
  table.type = TRY(read_table_type(section));
  if (has_init) table.init = TRY(read_const_expr(section));
  return table;
}

}  // namespace

Result<void> read_import_section(Section& section) {
  const uint32_t count = TRY(read_count(section, "imports", limits::kImports));
  section.module().imports.reserve(plausible_count(section, count, 4));
  for (uint32_t i = 0; i < count; ++i) TRY(read_import(section));
  return {};
}

Result<void> read_function_section(Section& section) {
  auto& functions = section.module().functions;
  const uint32_t count = TRY(read_count(section, "functions", limits::kFunctions, functions.size()));
  functions.reserve(functions.size() + plausible_count(section, count, 1));
  for (uint32_t i = 0; i < count && !section.reader.failed(); ++i)
    functions.push_back({TypeIndex(section.reader.read_u32()), {}, false});
  return section.check();
}

Result<void> read_table_section(Section& section) {
  auto& tables = section.module().tables;
  const uint32_t count = TRY(read_count(section, "tables", limits::kTables, tables.size()));
  for (uint32_t i = 0; i < count; ++i) tables.push_back(TRY(read_table(section)));
  return {};
}

Result<void> read_memory_section(Section& section) {
  auto& memories = section.module().memories;
  const uint32_t count = TRY(read_count(section, "memories", limits::kMemories, memories.size()));
  for (uint32_t i = 0; i < count; ++i) memories.push_back(TRY(read_memory_type(section)));
  return {};
}

Result<void> read_tag_section(Section& section) {
  auto& tags = section.module().tags;
  const uint32_t count = TRY(read_count(section, "tags", limits::kTags, tags.size()));
  for (uint32_t i = 0; i < count; ++i) tags.push_back(TRY(read_tag_type(section)));
  return {};
}

Result<void> read_global_section(Section& section) {
  auto& globals = section.module().globals;
  const uint32_t count = TRY(read_count(section, "globals", limits::kGlobals, globals.size()));
  globals.reserve(globals.size() + plausible_count(section, count, 4));
  for (uint32_t i = 0; i < count; ++i) {
    const module::GlobalType type = TRY(read_global_type(section));
    globals.push_back({type, TRY(read_const_expr(section))});
  }
  return {};
}

Result<void> read_export_section(Section& section) {
  auto& exports = section.module().exports;
  const uint32_t count = TRY(read_count(section, "exports", limits::kExports));
  exports.reserve(plausible_count(section, count, 3));
  for (uint32_t i = 0; i < count; ++i) {
    module::Export entry;
    entry.offset = section.reader.offset();
    entry.name = TRY(read_name(section));
    entry.kind = TRY(read_extern_kind(section, "malformed export kind"));
    entry.index = section.reader.read_u32();
    TRY(section.check());
    exports.push_back(std::move(entry));
  }
  return {};
}

Result<void> read_start_section(Section& section) {
  section.module().start_offset = section.reader.offset();
  section.module().start = FuncIndex(section.reader.read_u32());
  return section.check();
}

}  // namespace wasmrun::binary
