// See object.h.
#include "engine/llvm/object.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "engine/llvm/bytes.h"

namespace wasmrun::llvm_compiler {

namespace {

Error bad(const char* what) {
  return Error{ErrorKind::Io, std::string("LLVM made an object that cannot be read: ") + what};
}

}  // namespace

Result<Object> Object::read(std::span<const uint8_t> bytes) {
  const auto get = [&](auto& value, uint64_t offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(value)) return false;
    std::memcpy(&value, bytes.data() + offset, sizeof(value));
    return true;
  };
  const auto part = [&](uint64_t offset, uint64_t size) -> std::optional<std::span<const uint8_t>> {
    if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
    return bytes.subspan(offset, size);
  };
  Elf64_Ehdr header;
  if (!get(header, 0) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_REL || header.e_machine != EM_X86_64) {
    return bad("no ELF object for x86-64");
  }
  Object object;
  std::vector<Elf64_Shdr> headers(header.e_shnum);
  for (uint32_t i = 0; i < headers.size(); ++i) {
    if (!get(headers[i], header.e_shoff + uint64_t{i} * sizeof(Elf64_Shdr))) return bad("section headers are cut off");
  }
  const auto string_at = [&](uint32_t table, uint32_t offset) -> std::string_view {
    if (table >= headers.size() || offset >= headers[table].sh_size) return {};
    const auto found = part(headers[table].sh_offset + offset, headers[table].sh_size - offset);
    if (!found) return {};
    const auto* text = reinterpret_cast<const char*>(found->data());
    return {text, ::strnlen(text, found->size())};
  };
  object.relocations.resize(headers.size());
  for (const Elf64_Shdr& section : headers) {
    Section made{string_at(header.e_shstrndx, section.sh_name), section.sh_type, section.sh_flags, std::max<uint64_t>(section.sh_addralign, 1), {},
                 section.sh_size};
    if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL) {
      const auto found = part(section.sh_offset, section.sh_size);
      if (!found) return bad("a section is cut off");
      made.bytes = *found;
    }
    object.sections.push_back(made);
  }
  for (const Elf64_Shdr& section : headers) {
    if (section.sh_type == SHT_SYMTAB) {
      for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= section.sh_size; at += sizeof(Elf64_Sym)) {
        Elf64_Sym symbol;
        if (!get(symbol, section.sh_offset + at)) return bad("symbols are cut off");
        object.symbols.push_back({string_at(section.sh_link, symbol.st_name), symbol.st_shndx, symbol.st_value, symbol.st_size});
      }
    } else if (section.sh_type == SHT_RELA) {
      if (section.sh_info >= headers.size()) return bad("relocations of no section");
      for (uint64_t at = 0; at + sizeof(Elf64_Rela) <= section.sh_size; at += sizeof(Elf64_Rela)) {
        Elf64_Rela relocation;
        if (!get(relocation, section.sh_offset + at)) return bad("relocations are cut off");
        object.relocations[section.sh_info].push_back({relocation.r_offset, static_cast<uint32_t>(ELF64_R_TYPE(relocation.r_info)),
                                                       static_cast<uint32_t>(ELF64_R_SYM(relocation.r_info)), relocation.r_addend});
      }
    } else if (section.sh_type == SHT_REL) {
      return bad("relocations without addends");
    }
  }
  for (auto& list : object.relocations) std::ranges::stable_sort(list, {}, &Relocation::offset);
  return object;
}

uint32_t Object::find_section(std::string_view name) const {
  for (uint32_t i = 1; i < sections.size(); ++i) {
    if (sections[i].name == name) return i;
  }
  return 0;
}

const Object::Relocation* Object::find_relocation(uint32_t section, uint64_t offset) const {
  const auto found = std::ranges::lower_bound(relocations[section], offset, {}, &Relocation::offset);
  return found != relocations[section].end() && found->offset == offset && found->symbol < symbols.size() ? &*found : nullptr;
}

Result<std::vector<LineRow>> Object::line_rows() const {
  std::vector<LineRow> rows;
  const uint32_t index = find_section(".debug_line");
  if (index == 0) return rows;
  Bytes bytes(sections[index].bytes);
  while (!bytes.at_end()) {
    const auto unit_size = bytes.fixed<uint32_t>();
    const size_t unit_end = bytes.at() + unit_size;
    const auto version = bytes.fixed<uint16_t>();
    if (version != 5) return bad("line table of another DWARF version");
    bytes.skip(2);  // sizes of addresses and segment selectors
    const auto header_size = bytes.fixed<uint32_t>();
    const size_t program = bytes.at() + header_size;
    const auto least_instruction = bytes.fixed<uint8_t>();
    bytes.skip(1);  // operations of a bundle
    bytes.skip(1);  // default_is_stmt
    const auto line_base = bytes.fixed<int8_t>();
    const auto line_range = bytes.fixed<uint8_t>();
    const auto opcode_base = bytes.fixed<uint8_t>();
    std::vector<uint8_t> operand_counts(opcode_base);
    for (unsigned i = 1; i < opcode_base; ++i) operand_counts[i] = bytes.fixed<uint8_t>();
    if (line_range == 0 || bytes.failed()) return bad("line table header");
    bytes.seek(program);

    LineRow row;
    row.line = 1;
    const auto restart = [&] {
      row = LineRow();
      row.line = 1;
    };
    while (bytes.at() < unit_end && !bytes.failed()) {
      const auto opcode = bytes.fixed<uint8_t>();
      if (opcode >= opcode_base) {
        const unsigned adjusted = opcode - opcode_base;
        row.address += adjusted / line_range * least_instruction;
        row.line = static_cast<uint32_t>(static_cast<int64_t>(row.line) + line_base + static_cast<int64_t>(adjusted % line_range));
        rows.push_back(row);
        continue;
      }
      switch (opcode) {
        case 0: {  // extended
          const uint64_t size = bytes.leb();
          const size_t end = bytes.at() + size;
          const auto extended = bytes.fixed<uint8_t>();
          if (extended == 1) {
            row.is_end = true;
            rows.push_back(row);
            restart();
          } else if (extended == 2) {
            // The relocation of this field says where.
            const size_t place = bytes.at();
            row.address = bytes.fixed<uint64_t>();
            if (const Relocation* relocation = find_relocation(index, place)) {
              row.section = symbols[relocation->symbol].section;
              row.address = symbols[relocation->symbol].value + static_cast<uint64_t>(relocation->addend);
            }
          }
          bytes.seek(end);
          break;
        }
        case 1: rows.push_back(row); break;                                        // copy
        case 2: row.address += bytes.leb() * least_instruction; break;             // advance_pc
        case 3: row.line = static_cast<uint32_t>(row.line + bytes.sleb()); break;  // advance_line
        case 8: row.address += (255u - opcode_base) / line_range * least_instruction; break;  // const_add_pc
        case 9: row.address += bytes.fixed<uint16_t>(); break;                     // fixed_advance_pc
        default:
          for (unsigned i = 0; i < operand_counts[opcode]; ++i) bytes.leb();
      }
    }
    if (bytes.failed()) return bad("line table is cut off");
    bytes.seek(unit_end);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const LineRow& a, const LineRow& b) {
    return a.section != b.section ? a.section < b.section : a.address < b.address;
  });
  return rows;
}

}  // namespace wasmrun::llvm_compiler
