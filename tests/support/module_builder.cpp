#include "tests/support/module_builder.h"

namespace wasmrun::testing {
namespace {

using module::AbstractHeapType;
using module::ValueType;

uint8_t heap_type_code(AbstractHeapType type) {
  switch (type) {
    case AbstractHeapType::Exn: return 0x69;
    case AbstractHeapType::Array: return 0x6a;
    case AbstractHeapType::Struct: return 0x6b;
    case AbstractHeapType::I31: return 0x6c;
    case AbstractHeapType::Eq: return 0x6d;
    case AbstractHeapType::Any: return 0x6e;
    case AbstractHeapType::Extern: return 0x6f;
    case AbstractHeapType::Func: return 0x70;
    case AbstractHeapType::None: return 0x71;
    case AbstractHeapType::NoExtern: return 0x72;
    case AbstractHeapType::NoFunc: return 0x73;
    case AbstractHeapType::NoExn: return 0x74;
  }
  return 0;
}

Bytes encode_list(const std::vector<ValueType>& types) {
  Bytes result = leb_u(types.size());
  for (const ValueType type : types) result = bytes(result, encode(type));
  return result;
}

Bytes limits(uint32_t min, std::optional<uint32_t> max) {
  return max ? bytes(Bytes{1}, leb_u(min), leb_u(*max)) : bytes(Bytes{0}, leb_u(min));
}

}  // namespace

Bytes leb_u(uint64_t value) {
  Bytes result;
  for (; value >= 0x80; value >>= 7) result.push_back(static_cast<uint8_t>(value | 0x80));
  result.push_back(static_cast<uint8_t>(value));
  return result;
}

Bytes leb_s(int64_t value) {
  Bytes result;
  for (; value < -64 || value > 63; value >>= 7) result.push_back(static_cast<uint8_t>(value | 0x80));
  result.push_back(static_cast<uint8_t>(value & 0x7f));
  return result;
}

Bytes sized(const Bytes& content) {
  return bytes(leb_u(content.size()), content);
}
Bytes sized(std::string_view content) {
  return sized(Bytes(content.begin(), content.end()));
}

Bytes encode(ValueType type) {
  switch (type.kind()) {
    case ValueType::Kind::I32: return {0x7f};
    case ValueType::Kind::I64: return {0x7e};
    case ValueType::Kind::F32: return {0x7d};
    case ValueType::Kind::F64: return {0x7c};
    case ValueType::Kind::V128: return {0x7b};
    case ValueType::Kind::Ref: {
      const module::HeapType heap_type = type.heap_type();
      const Bytes prefix{static_cast<uint8_t>(type.nullable() ? 0x63 : 0x64)};
      return bytes(prefix,
                   heap_type.is_index() ? leb_s(heap_type.index().value) : Bytes{heap_type_code(heap_type.abstract())});
    }
    case ValueType::Kind::Bottom: break;
  }
  return {};
}

void ModuleBuilder::Entries::add(const Bytes& entry) {
  ++count;
  content = bytes(content, entry);
}

TypeIndex ModuleBuilder::func_type(const std::vector<ValueType>& params, const std::vector<ValueType>& results) {
  return raw_type(bytes(Bytes{0x60}, encode_list(params), encode_list(results)));
}

TypeIndex ModuleBuilder::raw_type(const Bytes& rec_type, uint32_t count) {
  type_entries_.add(rec_type);
  types_ += count;
  return TypeIndex(types_ - count);
}

FuncIndex ModuleBuilder::import_func(std::string_view module, std::string_view name, TypeIndex type) {
  raw_import(module, name, bytes(Bytes{0}, leb_u(type.value)));
  return FuncIndex(functions_++);
}

void ModuleBuilder::raw_import(std::string_view module, std::string_view name, const Bytes& description) {
  import_entries_.add(bytes(sized(module), sized(name), description));
}

FuncIndex ModuleBuilder::func(TypeIndex type, const Bytes& instructions, const std::vector<Bytes>& locals) {
  Bytes body = leb_u(locals.size());
  for (const Bytes& run : locals) body = bytes(body, run);
  function_entries_.add(leb_u(type.value));
  code_entries_.add(sized(bytes(body, instructions, Bytes{0x0b})));
  return FuncIndex(functions_++);
}

void ModuleBuilder::memory(uint32_t min_pages, std::optional<uint32_t> max_pages) {
  raw_memory(limits(min_pages, max_pages));
}
void ModuleBuilder::raw_memory(const Bytes& type) {
  memory_entries_.add(type);
}

void ModuleBuilder::table(ValueType element, uint32_t min, std::optional<uint32_t> max) {
  raw_table(bytes(encode(element), limits(min, max)));
}
void ModuleBuilder::raw_table(const Bytes& table) {
  table_entries_.add(table);
}

void ModuleBuilder::tag(TypeIndex type) {
  tag_entries_.add(bytes(Bytes{0}, leb_u(type.value)));
}

void ModuleBuilder::global(ValueType type, bool is_mutable, const Bytes& init) {
  global_entries_.add(bytes(encode(type), Bytes{is_mutable}, init, Bytes{0x0b}));
}

void ModuleBuilder::export_as(std::string_view name, module::ExternKind kind, uint32_t index) {
  export_entries_.add(bytes(sized(name), Bytes{static_cast<uint8_t>(kind)}, leb_u(index)));
}

void ModuleBuilder::start(FuncIndex function) {
  start_ = function;
}
void ModuleBuilder::raw_elem(const Bytes& segment) {
  elem_entries_.add(segment);
}

void ModuleBuilder::data(int32_t offset, std::string_view content) {
  raw_data(bytes(Bytes{0, 0x41}, leb_s(offset), Bytes{0x0b}, sized(content)));
}
void ModuleBuilder::passive_data(std::string_view content) {
  raw_data(bytes(Bytes{1}, sized(content)));
}
void ModuleBuilder::raw_data(const Bytes& segment) {
  data_entries_.add(segment);
}
void ModuleBuilder::count_data() {
  counts_data_ = true;
}

void ModuleBuilder::custom(std::string_view name, const Bytes& content) {
  custom_sections_ = bytes(custom_sections_, Bytes{0}, sized(bytes(sized(name), content)));
}

void ModuleBuilder::write(Bytes& module, uint8_t id, const Entries& entries) {
  if (entries.count > 0) module = bytes(module, Bytes{id}, sized(bytes(leb_u(entries.count), entries.content)));
}

std::shared_ptr<const Bytes> ModuleBuilder::build() const {
  Bytes module{0x00, 'a', 's', 'm', 1, 0, 0, 0};
  write(module, 1, type_entries_);
  write(module, 2, import_entries_);
  write(module, 3, function_entries_);
  write(module, 4, table_entries_);
  write(module, 5, memory_entries_);
  write(module, 13, tag_entries_);
  write(module, 6, global_entries_);
  write(module, 7, export_entries_);
  if (start_) module = bytes(module, Bytes{8}, sized(leb_u(start_->value)));
  write(module, 9, elem_entries_);
  if (counts_data_) module = bytes(module, Bytes{12}, sized(leb_u(data_entries_.count)));
  write(module, 10, code_entries_);
  write(module, 11, data_entries_);
  return std::make_shared<const Bytes>(bytes(module, custom_sections_));
}

}  // namespace wasmrun::testing
