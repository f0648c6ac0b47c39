// Puts the sections of a module in order. spec: binary-module
#include "engine/text/sections.h"

#include <algorithm>

#include "engine/base/utf8.h"

namespace wasmrun::text {
namespace {

// Section numbers in the order of the binary format, with the names that (@custom (before ...)) uses.
struct SectionName {
  std::string_view name;
  uint8_t id;
};
constexpr SectionName kOrder[] = {{"first", 0},  {"type", 1},       {"import", 2}, {"func", 3},   {"table", 4},
                                  {"memory", 5}, {"tag", 13},       {"global", 6}, {"export", 7}, {"start", 8},
                                  {"elem", 9},   {"datacount", 12}, {"code", 10},  {"data", 11},  {"last", 0}};
constexpr uint32_t kLast = std::size(kOrder) - 1;

void write_section(ByteWriter& out, uint8_t id, const ByteWriter& content) {
  out.u8(id);
  out.sized(content.bytes());
}

void write_custom(ByteWriter& out, std::string_view name, std::span<const uint8_t> bytes) {
  ByteWriter content;
  content.name(name);
  content.append(bytes);
  write_section(out, 0, content);
}

}  // namespace

void Sections::add_export(std::string_view name, module::ExternKind kind, uint32_t index) {
  exports_.name(name);
  exports_.u8(static_cast<uint8_t>(kind));
  exports_.u32(index);
  ++export_count_;
}

void Sections::add_data(uint32_t memory, const ByteWriter* offset, std::string_view bytes) {
  datas_.u8(!offset ? 1 : memory != 0 ? 2 : 0);
  if (offset && memory != 0) datas_.u32(memory);
  if (offset) datas_.append(*offset);
  datas_.name(bytes);
  ++data_count_;
}

void Sections::add_body(uint32_t function, const ByteWriter& body, const BodyParser& parser) {
  code_.sized(body.bytes());
  if (!parser.branch_hints().empty()) hints_.emplace_back(function, parser.branch_hints());
  needs_data_count_ |= parser.names_data();
}

void Sections::name_function(uint32_t function, std::string_view name) {
  if (!name.empty()) function_names_.emplace_back(function, name);
}

const char* Sections::add_custom(const TokenStream& stream, const Annotation& annotation) {
  const std::vector<Token>& tokens = annotation.tokens;
  const auto text = [&](size_t i) { return i < tokens.size() ? stream.text(tokens[i]) : std::string_view(); };
  const auto kind = [&](size_t i) { return i < tokens.size() ? tokens[i].kind : TokenKind::End; };
  if (kind(0) != TokenKind::String) return "missing section name";
  Custom custom{2 * kLast, {}, {}};
  decode_string(text(0), custom.name);
  if (!is_utf8(custom.name)) return "malformed UTF-8 encoding";
  size_t next = 1;
  if (kind(next) == TokenKind::LeftParen) {
    const bool after = text(2) == "after";
    if (!after && text(2) != "before") return "malformed placement";
    const auto section =
        std::find_if(std::begin(kOrder), std::end(kOrder), [&](const SectionName& s) { return s.name == text(3); });
    if (section == std::end(kOrder)) return "malformed section kind";
    if (after == (section->name == "first") && (section->name == "first" || section->name == "last")) {
      return "malformed placement";
    }
    if (kind(4) != TokenKind::RightParen) return "unexpected token";
    custom.place = 2 * static_cast<uint32_t>(section - std::begin(kOrder)) + after;
    next = 5;
  }
  for (; kind(next) == TokenKind::String; ++next) decode_string(text(next), custom.bytes);
  if (next != tokens.size()) return "unexpected token";
  customs_.push_back(std::move(custom));
  return nullptr;
}

ByteWriter Sections::name_section() const {
  ByteWriter section;
  if (!module_name.empty()) {
    ByteWriter content;
    content.name(module_name);
    write_section(section, 0, content);
  }
  if (!function_names_.empty()) {
    ByteWriter content;
    content.u64(function_names_.size());
    for (const auto& [index, name] : function_names_) {
      content.u32(index);
      content.name(name);
    }
    write_section(section, 1, content);
  }
  return section;
}

std::vector<uint8_t> Sections::assemble() const {
  ByteWriter out;
  for (const uint8_t byte : {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00}) out.u8(byte);
  const auto write_counted = [&](uint8_t id, uint32_t count, const ByteWriter& entries) {
    if (count == 0) return;
    ByteWriter content;
    content.u32(count);
    content.append(entries);
    write_section(out, id, content);
  };
  const auto write_known = [&](uint8_t id) {
    switch (id) {
      case 1: return write_counted(id, type_count, types);
      case 2: return write_counted(id, import_count, imports);
      case 3: return write_counted(id, function_count, functions);
      case 4: return write_counted(id, table_count, tables);
      case 5: return write_counted(id, memory_count, memories);
      case 6: return write_counted(id, global_count, globals);
      case 7: return write_counted(id, export_count_, exports_);
      case 9: return write_counted(id, elem_count, elems);
      case 10: return write_counted(id, function_count, code_);
      case 11: return write_counted(id, data_count_, datas_);
      case 13: return write_counted(id, tag_count, tags);
      case 8:
        if (start.size() > 0) write_section(out, id, start);
        return;
      case 12:
        if (data_count_ > 0 || needs_data_count_) {
          ByteWriter content;
          content.u32(data_count_);
          write_section(out, id, content);
        }
        return;
      default: return;
    }
  };
  for (uint32_t place = 0; place < std::size(kOrder); ++place) {
    const auto write_customs = [&](uint32_t wanted) {
      for (const Custom& custom : customs_) {
        const auto* bytes = reinterpret_cast<const uint8_t*>(custom.bytes.data());
        if (custom.place == wanted) write_custom(out, custom.name, {bytes, custom.bytes.size()});
      }
    };
    write_customs(2 * place);
    if (kOrder[place].id == 10 && !hints_.empty()) {
      ByteWriter content;
      content.u64(hints_.size());
      for (const auto& [function, hints] : hints_) {
        content.u32(function);
        content.u64(hints.size());
        for (const BranchHint& hint : hints) {
          content.u32(hint.offset);
          content.u32(1);
          content.u8(hint.likely);
        }
      }
      write_custom(out, "metadata.code.branch_hint", content.bytes());
    }
    write_known(kOrder[place].id);
    write_customs(2 * place + 1);
  }
  const ByteWriter names = name_section();
  if (names.size() > 0) write_custom(out, "name", names.bytes());
  return std::move(out.bytes());
}

}  // namespace wasmrun::text
