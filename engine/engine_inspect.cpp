// What a module is made of: Engine::summarize and Engine::print_text.
#include <algorithm>

#include "engine/binary/read_module.h"
#include "engine/engine_impl.h"
#include "engine/instructions/visit.h"
#include "engine/runtime/extern.h"
#include "engine/text/print.h"
#include "engine/validate/validate.h"

namespace wasmrun {
namespace {

using module::Feature;

/// Notes which features a module uses.
class FeatureFinder {
 public:
  explicit FeatureFinder(const module::Module& module) : module_(module) {}

  Result<std::vector<std::string>> run() {
    types();
    externs();
    for (const module::Table& table : module_.tables) {
      if (table.init) TRY(expression(*table.init));
    }
    for (uint32_t i = module_.imported_globals; i < module_.globals.size(); ++i) TRY(expression(module_.globals[i].init));
    for (uint32_t i = module_.imported_functions; i < module_.functions.size(); ++i) TRY(body(module_.functions[i].body));
    std::vector<std::string> names;
#define FEATURE(name, ...) \
    if (Feature::name != Feature::core && used_.has(Feature::name)) names.push_back(module::to_string(Feature::name));
#include "engine/module/features.def"
#undef FEATURE
    return names;
  }

#define OP(name, text, prefix, code, immediate, signature, feature) \
  template <class... Immediate>                                     \
  void name(const Immediate&...) {                                  \
    use(Feature::feature);                                          \
  }
#define OP_RULE(name, text, prefix, code, immediate, feature) OP(name, text, prefix, code, immediate, "", feature)
#include "engine/instructions/opcodes.def"
#undef OP
#undef OP_RULE

 private:
  void use(Feature feature) { used_ = used_.with(feature); }

  void use(module::ValueType type) {
    if (type == module::kV128) use(Feature::simd);
    if (!type.is_ref() || type == module::kFuncRef || type == module::kExternRef) return;
    const module::HeapType heap_type = type.heap_type();
    if (heap_type.is_exact()) use(Feature::custom_descriptors);
    if (heap_type.is_index()) return use(Feature::function_references);
    switch (heap_type.abstract()) {
      case module::AbstractHeapType::Func:
      case module::AbstractHeapType::Extern: return use(Feature::function_references);
      case module::AbstractHeapType::Exn:
      case module::AbstractHeapType::NoExn: return use(Feature::exceptions);
      case module::AbstractHeapType::Any:
      case module::AbstractHeapType::Eq:
      case module::AbstractHeapType::I31:
      case module::AbstractHeapType::Struct:
      case module::AbstractHeapType::Array:
      case module::AbstractHeapType::None:
      case module::AbstractHeapType::NoFunc:
      case module::AbstractHeapType::NoExtern: return use(Feature::gc);
    }
  }

  void types() {
    for (const module::RecGroup& group : module_.rec_groups) {
      if (group.count > 1) use(Feature::gc);
    }
    for (const module::SubType& type : module_.types) {
      if (type.kind != module::SubType::Kind::Func || type.supertype || !type.is_final) use(Feature::gc);
      if (type.describes || type.descriptor) use(Feature::custom_descriptors);
      for (const module::ValueType value_type : type.func.params) use(value_type);
      for (const module::ValueType value_type : type.func.results) use(value_type);
      for (const module::FieldType& field : type.fields) use(field.type);
    }
  }

  void externs() {
    if (module_.tables.size() > 1) use(Feature::multi_table);
    if (module_.memories.size() > 1) use(Feature::multi_memory);
    if (!module_.tags.empty()) use(Feature::exceptions);
    const auto limits = [&](const module::Limits& limits) {
      if (limits.address_type == module::AddressType::I64) use(Feature::memory64);
      if (limits.is_shared) use(Feature::threads);
    };
    for (const module::Table& table : module_.tables) {
      limits(table.type.limits);
      use(table.type.element);
    }
    for (const module::MemoryType& memory : module_.memories) {
      limits(memory.limits);
      if (memory.page_size_log2 != 16) use(Feature::custom_page_sizes);
    }
    for (const module::Global& global : module_.globals) use(global.type.type);
  }

  Result<void> body(module::ByteRange range) {
    ByteReader reader(module_.view(range), range.begin);
    const uint32_t runs = reader.read_u32();
    for (uint32_t i = 0; i < runs && !reader.failed(); ++i) {
      reader.read_u32();
      use(instructions::read_value_type(reader));
    }
    return instructions_of(reader);
  }

  // Arithmetic in a constant expression is the extended form.
  Result<void> expression(module::ConstExpr range) {
    ByteReader reader(module_.view(range), range.begin);
    const uint8_t first = reader.peek_u8();
    TRY(instructions_of(reader));
    const bool is_single = first == 0x41 || first == 0x42;
    if (is_single) {
      ByteReader again(module_.view(range), range.begin);
      again.read_u8();
      again.read_s64();
      if (!again.failed() && again.remaining() > 1) use(Feature::extended_const);
    }
    return {};
  }

  Result<void> instructions_of(ByteReader& reader) {
    while (!reader.at_end() && !reader.failed()) instructions::visit_instruction(reader, *this);
    if (reader.failed()) return Error{ErrorKind::Malformed, reader.error(), reader.error_offset()};
    return {};
  }

  const module::Module& module_;
  module::FeatureSet used_ = module::FeatureSet::none();
};

std::string pages(uint64_t count, const module::MemoryType& type) {
  const uint64_t page_bytes = uint64_t{1} << (type.page_size_log2 & 63);
  std::string text = std::to_string(count) + (count == 1 ? " page" : " pages");
  if (page_bytes < 1024) return text + " of " + std::to_string(page_bytes) + " B";
  if (count < uint64_t{1} << 44) text += " (" + std::to_string(count * (page_bytes / 1024)) + " KiB)";
  return text;
}

std::string describe_memory(const module::MemoryType& type) {
  std::string text = pages(type.limits.min, type);
  text += type.limits.max ? " to " + pages(*type.limits.max, type) : " or more";
  if (type.limits.address_type == module::AddressType::I64) text += ", 64-bit addresses";
  if (type.limits.is_shared) text += ", shared";
  return text;
}

Result<module::Module> decode_any(std::span<const uint8_t> bytes, module::TypeRegistry& types) {
  module::Module module = TRY(decode_module({bytes.begin(), bytes.end()}, types, module::FeatureSet::all()));
  TRY(validate::check_module(module));
  return module;
}

}  // namespace

Result<ModuleSummary> EngineImpl::summarize(std::span<const uint8_t> bytes) {
  const module::Module module = TRY(decode_any(bytes, *types));
  const module::NameSection names = binary::read_name_section(module);
  ModuleSummary summary;
  summary.binary_bytes = module.bytes.size();
  summary.code_bytes = module.code_section.size();
  for (const module::DataSegment& segment : module.datas) summary.data_bytes += segment.bytes.size();
  summary.types = module.types.size();
  summary.functions = module.functions.size();
  summary.tables = module.tables.size();
  summary.memories = module.memories.size();
  summary.globals = module.globals.size();
  summary.tags = module.tags.size();
  summary.elems = module.elems.size();
  summary.datas = module.datas.size();
  summary.name = names.module;
  if (module.start) {
    const auto name = names.functions.find(module.start->value);
    const std::string place = "func[" + std::to_string(module.start->value) + "]";
    summary.start = name == names.functions.end() ? place : name->second + " (" + place + ")";
  }
  for (const module::Import& import : module.imports) {
    summary.imports.push_back({import.module, import.name, import.kind, runtime::describe(module, import.kind, import.index)});
  }
  for (const module::Export& entry : module.exports) {
    summary.exports.push_back({{}, entry.name, entry.kind, runtime::describe(module, entry.kind, entry.index)});
  }
  for (size_t i = module.imported_memories; i < module.memories.size(); ++i)
    summary.own_memories.push_back(describe_memory(module.memories[i]));
  summary.features = TRY(FeatureFinder(module).run());
  for (const module::CustomSection& section : module.custom_sections)
    summary.custom_sections.emplace_back(section.name, section.bytes.size());
  return summary;
}

Result<void> EngineImpl::print_text(std::span<const uint8_t> bytes, const std::function<void(std::string_view)>& write) {
  const module::Module module = TRY(decode_any(bytes, *types));
  return text::print_module(module, binary::read_name_section(module), write);
}

}  // namespace wasmrun
