// Prints the fields of a module.
#include "engine/text/print.h"

#include <algorithm>
#include <set>

#include "engine/text/printer.h"

namespace wasmrun::text {

using module::ExternKind;
using module::SegmentMode;

namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;
constexpr size_t kDeepestIndent = 40;
constexpr size_t kStringBytesOfLine = 96;

bool is_id_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-./:<=>?@\\^_`|~").find(c) != std::string_view::npos;
}

void append_escaped(std::string& out, std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\' || byte < 0x20 || byte >= 0x7f) {
      out += '\\';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
}

class ModulePrinter {
 public:
  explicit ModulePrinter(Printer& out) : out_(out), module_(out.module) {}

  Result<void> run() {
    out_ << "(module";
    if (!out_.names.module.empty()) out_ << ' ' << identifier(out_.names.module);
    types();
    for (const module::Import& import : module_.imports) {
      (out_.line(1) << "(import ").string(import.module) << ' ';
      out_.string(import.name) << " (" << module::to_string(import.kind);
      TRY(description(import.kind, import.index));
      out_ << "))";
    }
    TRY(definitions(ExternKind::Table, module_.imported_tables, module_.tables.size()));
    TRY(definitions(ExternKind::Memory, module_.imported_memories, module_.memories.size()));
    TRY(definitions(ExternKind::Tag, module_.imported_tags, module_.tags.size()));
    TRY(definitions(ExternKind::Global, module_.imported_globals, module_.globals.size()));
    for (const module::Export& entry : module_.exports) {
      (out_.line(1) << "(export ").string(entry.name) << " (" << module::to_string(entry.kind);
      out_.index(space_of(entry.kind), entry.index) << "))";
    }
    if (module_.start) (out_.line(1) << "(start").index(out_.functions, module_.start->value) << ')';
    TRY(elems());
    TRY(definitions(ExternKind::Func, module_.imported_functions, module_.functions.size()));
    TRY(datas());
    customs();
    out_ << ")\n";
    out_.flush();
    return {};
  }

 private:
  const Identifiers& space_of(ExternKind kind) const {
    switch (kind) {
      case ExternKind::Func: return out_.functions;
      case ExternKind::Table: return out_.tables;
      case ExternKind::Memory: return out_.memories;
      case ExternKind::Global: return out_.globals;
      case ExternKind::Tag: return out_.tags;
    }
    return out_.functions;
  }

  void types() {
    for (const module::RecGroup& group : module_.rec_groups) {
      const bool is_alone = group.count == 1;
      if (!is_alone) out_.line(1) << "(rec";
      for (uint32_t i = 0; i < group.count; ++i) type(group.first.value + i, is_alone ? 1 : 2);
      if (!is_alone) out_ << ')';
    }
  }

  void type(uint32_t index, size_t depth) {
    const module::SubType& type = module_.types[index];
    (out_.line(depth) << "(type (;").number(index) << ";) ";
    const bool is_plain = type.is_final && !type.supertype;
    if (!is_plain) out_ << (type.is_final ? "(sub final " : "(sub ");
    if (type.supertype) out_.number(type.supertype->value) << ' ';
    if (type.describes) (out_ << "(describes ").number(type.describes->value) << ") ";
    if (type.descriptor) (out_ << "(descriptor ").number(type.descriptor->value) << ") ";
    switch (type.kind) {
      case module::SubType::Kind::Func:
        out_ << "(func";
        signature(type.func);
        break;
      case module::SubType::Kind::Struct:
        out_ << "(struct";
        for (const module::FieldType& entry : type.fields) {
          out_ << " (field ";
          field(entry);
          out_ << ')';
        }
        break;
      case module::SubType::Kind::Array:
        out_ << "(array ";
        field(type.fields[0]);
        break;
    }
    out_ << (is_plain ? "))" : ")))");
  }

  void signature(const module::FuncType& type) {
    list(" (param", type.params);
    list(" (result", type.results);
  }
  void list(std::string_view keyword, const std::vector<module::ValueType>& types) {
    if (types.empty()) return;
    out_ << keyword;
    for (const module::ValueType type : types) out_ << ' ' << module::to_string(type);
    out_ << ')';
  }

  void field(const module::FieldType& field) {
    if (field.is_mutable) out_ << "(mut ";
    switch (field.packing) {
      case module::FieldType::Packing::None: out_ << module::to_string(field.type); break;
      case module::FieldType::Packing::I8: out_ << "i8"; break;
      case module::FieldType::Packing::I16: out_ << "i16"; break;
    }
    if (field.is_mutable) out_ << ')';
  }

  void limits(const module::Limits& limits) {
    if (limits.address_type == module::AddressType::I64) out_ << " i64";
    (out_ << ' ').number(limits.min);
    if (limits.max) (out_ << ' ').number(*limits.max);
    if (limits.is_shared) out_ << " shared";
  }

  /// What follows the keyword of a definition or import: identifier and type.
  Result<void> description(ExternKind kind, uint32_t index) {
    if (kind != ExternKind::Func) out_.definition(space_of(kind), index);
    switch (kind) {
      case ExternKind::Func: function_head(index); break;
      case ExternKind::Table: {
        const module::TableType& type = module_.tables[index].type;
        limits(type.limits);
        out_ << ' ' << module::to_string(type.element);
        break;
      }
      case ExternKind::Memory: {
        const module::MemoryType& type = module_.memories[index];
        limits(type.limits);
        if (type.page_size_log2 != 16) (out_ << " (pagesize ").number(uint64_t{1} << (type.page_size_log2 & 63)) << ')';
        break;
      }
      case ExternKind::Global: {
        const module::GlobalType& type = module_.globals[index].type;
        out_ << (type.is_mutable ? " (mut " : " ") << module::to_string(type.type) << (type.is_mutable ? ")" : "");
        break;
      }
      case ExternKind::Tag: out_.type_use(module_.tags[index].type); break;
    }
    return {};
  }

  Result<void> definitions(ExternKind kind, size_t begin, size_t end) {
    for (auto i = static_cast<uint32_t>(begin); i < end; ++i) {
      out_.line(1) << '(' << module::to_string(kind);
      TRY(description(kind, i));
      if (kind == ExternKind::Func) TRY(print_body(out_, FuncIndex(i)));
      if (kind == ExternKind::Global) TRY(print_const_expr(out_, module_.globals[i].init));
      if (kind == ExternKind::Table && module_.tables[i].init) TRY(print_const_expr(out_, *module_.tables[i].init));
      out_ << ')';
    }
    return {};
  }

  void function_head(uint32_t index) {
    out_.definition(out_.functions, index);
    // A name that is no identifier because another function has it too.
    const auto name = out_.names.functions.find(index);
    if (name != out_.names.functions.end() && !name->second.empty() && !out_.functions.find(index))
      (out_ << " (@name ").string(name->second) << ')';
    const module::Function& function = module_.functions[index];
    if (function.is_exact_import) out_ << " (exact";
    const auto locals = out_.names.locals.find(index);
    if (locals == out_.names.locals.end() || index < module_.imported_functions) {
      out_.type_use(function.type);
    } else {
      named_params(function.type, locals->second);
    }
    if (function.is_exact_import) out_ << ')';
  }

  void named_params(TypeIndex type, const std::map<uint32_t, std::string>& names) {
    const Identifiers locals(module::NameSection::Names(names.begin(), names.end()));
    const module::FuncType& func = module_.types[type.value].func;
    (out_ << " (type ").number(type.value) << ')';
    for (uint32_t i = 0; i < func.params.size(); ++i) {
      out_ << " (param";
      if (const std::string* id = locals.find(i)) out_ << ' ' << *id;
      out_ << ' ' << module::to_string(func.params[i]) << ')';
    }
    list(" (result", func.results);
  }

  Result<void> offset(module::ConstExpr range) {
    out_ << " (offset";
    TRY(print_const_expr(out_, range));
    out_ << ')';
    return {};
  }

  Result<void> elems() {
    for (uint32_t i = 0; i < module_.elems.size(); ++i) {
      const module::ElemSegment& segment = module_.elems[i];
      (out_.line(1) << "(elem").definition(out_.elems, i);
      if (segment.mode == SegmentMode::Declarative) out_ << " declare";
      if (segment.mode == SegmentMode::Active) {
        if (segment.table.value != 0) (out_ << " (table").index(out_.tables, segment.table.value) << ')';
        TRY(offset(segment.offset_expr));
      }
      if (!segment.uses_expressions) {
        out_ << " func";
        for (const FuncIndex function : segment.functions) out_.index(out_.functions, function.value);
      } else {
        out_ << ' ' << module::to_string(segment.type);
        for (const module::ConstExpr item : segment.expressions) {
          out_ << " (item";
          TRY(print_const_expr(out_, item));
          out_ << ')';
        }
      }
      out_ << ')';
    }
    return {};
  }

  Result<void> datas() {
    for (uint32_t i = 0; i < module_.datas.size(); ++i) {
      const module::DataSegment& segment = module_.datas[i];
      (out_.line(1) << "(data").definition(out_.datas, i);
      if (segment.mode == SegmentMode::Active) {
        if (segment.memory.value != 0) (out_ << " (memory").index(out_.memories, segment.memory.value) << ')';
        TRY(offset(segment.offset_expr));
      }
      bytes(segment.bytes);
      out_ << ')';
    }
    return {};
  }

  void bytes(module::ByteRange range) {
    const auto view = module_.view(range);
    std::string_view rest(reinterpret_cast<const char*>(view.data()), view.size());
    const bool is_long = rest.size() > kStringBytesOfLine;
    while (!rest.empty()) {
      if (is_long) {
        out_.line(2);
      } else {
        out_ << ' ';
      }
      out_.string(rest.substr(0, kStringBytesOfLine));
      rest.remove_prefix(std::min(rest.size(), kStringBytesOfLine));
    }
  }

  void customs() {
    for (const module::CustomSection& section : module_.custom_sections) {
      if (section.name == "name") continue;
      (out_.line(1) << "(@custom ").string(section.name);
      // Hints on code must stand before it; of the other places none is known to matter.
      const bool has_code = module_.functions.size() > module_.imported_functions;
      if (has_code && section.bytes.begin < module_.code_section.begin) out_ << " (before code)";
      bytes(section.bytes);
      out_ << ')';
    }
  }

  Printer& out_;
  const module::Module& module_;
};

}  // namespace

std::string identifier(std::string_view name) {
  if (!name.empty() && std::all_of(name.begin(), name.end(), is_id_character)) return "$" + std::string(name);
  std::string quoted = "$\"";
  append_escaped(quoted, name);
  return quoted + "\"";
}

Identifiers::Identifiers(const module::NameSection::Names& names) {
  // The lowest index keeps a name that several have.
  std::vector<std::pair<std::string_view, uint32_t>> sorted;
  for (const auto& [index, name] : names) {
    if (!name.empty()) sorted.emplace_back(name, index);
  }
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i == 0 || sorted[i].first != sorted[i - 1].first) ids_.emplace(sorted[i].second, identifier(sorted[i].first));
  }
}

const std::string* Identifiers::find(uint32_t index) const {
  const auto found = ids_.find(index);
  return found == ids_.end() ? nullptr : &found->second;
}

Printer::Printer(const module::Module& module, const module::NameSection& names, const std::function<void(std::string_view)>& write)
    : module(module), names(names), functions(names.functions), tables(names.tables), memories(names.memories),
      globals(names.globals), tags(names.tags), elems(names.elems), datas(names.datas), write_(write) {}

Printer& Printer::definition(const Identifiers& space, uint32_t index) {
  if (const std::string* id = space.find(index)) *this << ' ' << *id;
  return (*this << " (;").number(index) << ";)";
}

Printer& Printer::string(std::string_view bytes) {
  out_ += '"';
  append_escaped(out_, bytes);
  out_ += '"';
  return *this;
}

Printer& Printer::line(size_t depth) {
  if (out_.size() >= kBufferBytes) flush();
  out_ += '\n';
  out_.append(2 * std::min(depth, kDeepestIndent), ' ');
  return *this;
}

void Printer::flush() {
  write_(out_);
  out_.clear();
}

void Printer::type_use(TypeIndex type) {
  (*this << " (type ").number(type.value) << ')';
  if (type.value >= module.types.size()) return;
  const auto list = [&](std::string_view keyword, const std::vector<module::ValueType>& types) {
    if (types.empty()) return;
    *this << keyword;
    for (const module::ValueType value_type : types) *this << ' ' << module::to_string(value_type);
    *this << ')';
  };
  list(" (param", module.types[type.value].func.params);
  list(" (result", module.types[type.value].func.results);
}

Result<void> print_module(const module::Module& module, const module::NameSection& names,
                          const std::function<void(std::string_view)>& write) {
  Printer printer(module, names, write);
  return ModulePrinter(printer).run();
}

}  // namespace wasmrun::text
