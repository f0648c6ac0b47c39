// Writes the ELF file that a debugger reads: no code, only where it lies and what it is.
//
//   ELF header | .symtab .strtab .debug_frame .debug_abbrev .debug_info .debug_line .shstrtab | section headers
//
// spec: System V ABI (ELF), DWARF 4
#include <elf.h>

#include <cstring>
#include <string_view>

#include "engine/symbols/debugger.h"

namespace wasmrun::symbols {
namespace {

/// Little-endian numbers, LEB128, texts.
class Writer {
 public:
  template <class T>
  void fixed(T value) {
    const auto* const begin = reinterpret_cast<const uint8_t*>(&value);
    for (size_t i = 0; i < sizeof value; ++i) bytes.push_back(begin[i]);
  }
  void u8(std::initializer_list<uint8_t> values) {
    for (const uint8_t value : values) bytes.push_back(value);
  }
  void u32(uint32_t value) { fixed(value); }
  void u64(uint64_t value) { fixed(value); }
  void text(std::string_view value) {
    // A name ends at its first 0 whatever comes after it.
    value = value.substr(0, value.find('\0'));
    bytes.insert(bytes.end(), value.begin(), value.end());
    bytes.push_back(0);
  }
  void unsigned_leb(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<uint8_t>(value | 0x80));
    bytes.push_back(static_cast<uint8_t>(value));
  }
  void signed_leb(int64_t value) {
    for (; value < -64 || value > 63; value >>= 7) bytes.push_back(static_cast<uint8_t>(value | 0x80));
    bytes.push_back(static_cast<uint8_t>(value & 0x7f));
  }
  void align(size_t unit, uint8_t with = 0) {
    while (bytes.size() % unit != 0) bytes.push_back(with);
  }
  /// Begins a part whose length is not known yet; `end_length` fills it in.
  size_t begin_length() {
    u32(0);
    return bytes.size();
  }
  void end_length(size_t begin) {
    const auto length = static_cast<uint32_t>(bytes.size() - begin);
    std::memcpy(&bytes[begin - 4], &length, 4);
  }

  std::vector<uint8_t> bytes;
};

/// Every function begins with `push rbp; mov rbp, rsp` and keeps rbp until its end.
Writer frames(const CodeSymbols& code) {
  constexpr uint8_t kDefCfa = 0x0c, kDefCfaRegister = 0x0d, kDefCfaOffset = 0x0e, kOffset = 0x80, kAdvanceLoc = 0x40, kNop = 0;
  constexpr uint8_t kRbp = 6, kRsp = 7, kReturnAddress = 16;
  Writer writer;
  const size_t cie = writer.begin_length();
  writer.u32(0xffffffff);
  writer.u8({1, 0});  // version, no augmentation
  writer.unsigned_leb(1);
  writer.signed_leb(-8);
  writer.u8({kReturnAddress, kDefCfa, kRsp, 8, kOffset | kReturnAddress, 1});
  writer.align(8, kNop);
  writer.end_length(cie);
  for (const FunctionSymbol& function : code.functions) {
    const size_t fde = writer.begin_length();
    writer.u32(0);
    writer.u64(function.address);
    writer.u64(function.size_bytes);
    writer.u8({kAdvanceLoc | 1, kDefCfaOffset, 16, kOffset | kRbp, 2, kAdvanceLoc | 3, kDefCfaRegister, kRbp});
    writer.align(8, kNop);
    writer.end_length(fde);
  }
  return writer;
}

constexpr uint8_t kUnitCode = 1, kFunctionCode = 2;

Writer abbreviations() {
  Writer writer;
  // compile_unit with children: name string, stmt_list sec_offset, language data1, low_pc addr, high_pc data8
  writer.u8({kUnitCode, 0x11, 1, 0x03, 0x08, 0x10, 0x17, 0x13, 0x0b, 0x11, 0x01, 0x12, 0x07, 0, 0});
  // subprogram: name string, external flag_present, low_pc addr, high_pc data8
  writer.u8({kFunctionCode, 0x2e, 0, 0x03, 0x08, 0x3f, 0x19, 0x11, 0x01, 0x12, 0x07, 0, 0, 0});
  return writer;
}

Writer entries(const CodeSymbols& code) {
  constexpr uint8_t kLanguageC99 = 0x0c;
  Writer writer;
  const size_t unit = writer.begin_length();
  writer.fixed<uint16_t>(4);
  writer.u32(0);  // of .debug_abbrev
  writer.u8({8, kUnitCode});
  writer.text(code.module);
  writer.u32(0);  // of .debug_line
  writer.u8({kLanguageC99});
  writer.u64(code.begin);
  writer.u64(code.end - code.begin);
  for (const FunctionSymbol& function : code.functions) {
    writer.u8({kFunctionCode});
    writer.text(function.name);
    writer.u64(function.address);
    writer.u64(function.size_bytes);
  }
  writer.u8({0});
  writer.end_length(unit);
  return writer;
}

/// A sequence a function.
void line_sequence(Writer& writer, const LineSymbol* line, const LineSymbol* end, uint64_t code_end) {
  constexpr uint8_t kCopy = 1, kAdvancePc = 2, kAdvanceLine = 3, kSetFile = 4;
  constexpr uint8_t kExtended = 0, kEndSequence = 1, kSetAddress = 2;
  writer.u8({kExtended, 9, kSetAddress});
  writer.u64(line->address);
  uint64_t address = line->address;
  uint32_t file = 1;
  int64_t number = 1;
  for (; line != end; ++line) {
    if (line->address != address) {
      writer.u8({kAdvancePc});
      writer.unsigned_leb(line->address - address);
      address = line->address;
    }
    if (line->line != 0 && line->file + 1 != file) {
      file = line->file + 1;
      writer.u8({kSetFile});
      writer.unsigned_leb(file);
    }
    writer.u8({kAdvanceLine});
    writer.signed_leb(int64_t{line->line} - number);
    number = line->line;
    writer.u8({kCopy});
  }
  writer.u8({kAdvancePc});
  writer.unsigned_leb(code_end - address);
  writer.u8({kExtended, 1, kEndSequence});
}

Writer lines(const CodeSymbols& code) {
  Writer writer;
  const size_t unit = writer.begin_length();
  writer.fixed<uint16_t>(4);
  const size_t header = writer.begin_length();
  // Instructions of bytes, one operation each, rows are statements; the rest is for special opcodes, which are not used.
  writer.u8({1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1});
  writer.u8({0});  // no folders: names are absolute
  for (const std::string& file : code.files) {
    writer.text(file.empty() ? "?" : file);
    writer.u8({0, 0, 0});
  }
  writer.u8({0});
  writer.end_length(header);
  const LineSymbol* line = code.lines.data();
  const LineSymbol* const end = line + code.lines.size();
  for (const FunctionSymbol& function : code.functions) {
    const uint64_t code_end = function.address + function.size_bytes;
    const LineSymbol* const first = line;
    while (line != end && line->address < code_end) ++line;
    if (first != line) line_sequence(writer, first, line, code_end);
  }
  writer.end_length(unit);
  return writer;
}

/// Sections one behind the other, and their headers.
class ElfFile {
 public:
  ElfFile() { bytes_.bytes.resize(sizeof(Elf64_Ehdr)); }

  uint32_t add(const char* name, uint32_t type, const Writer& content) {
    bytes_.align(8);
    Elf64_Shdr header = named(name, type);
    header.sh_offset = bytes_.bytes.size();
    header.sh_size = content.bytes.size();
    header.sh_addralign = 1;
    bytes_.bytes.insert(bytes_.bytes.end(), content.bytes.begin(), content.bytes.end());
    headers_.push_back(header);
    return static_cast<uint32_t>(headers_.size() - 1);
  }
  /// The code, which lies in memory and not in the file.
  uint32_t add_code(uint64_t begin, uint64_t size_bytes) {
    Elf64_Shdr header = named(".text", SHT_NOBITS);
    header.sh_flags = SHF_ALLOC | SHF_EXECINSTR;
    header.sh_addr = begin;
    header.sh_size = size_bytes;
    header.sh_addralign = 16;
    headers_.push_back(header);
    return static_cast<uint32_t>(headers_.size() - 1);
  }
  Elf64_Shdr& header(uint32_t section) { return headers_[section]; }

  std::vector<uint8_t> finish() {
    // Its own name is among the names.
    Elf64_Shdr names = named(".shstrtab", SHT_STRTAB);
    names.sh_offset = bytes_.bytes.size();
    names.sh_size = names_.bytes.size();
    names.sh_addralign = 1;
    headers_.push_back(names);
    bytes_.bytes.insert(bytes_.bytes.end(), names_.bytes.begin(), names_.bytes.end());
    bytes_.align(8);
    Elf64_Ehdr header = {};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;  // addresses are final
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_shoff = bytes_.bytes.size();
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<uint16_t>(headers_.size());
    header.e_shstrndx = static_cast<uint16_t>(headers_.size() - 1);
    std::memcpy(bytes_.bytes.data(), &header, sizeof header);
    for (const Elf64_Shdr& section : headers_) bytes_.fixed(section);
    return std::move(bytes_.bytes);
  }

 private:
  Elf64_Shdr named(const char* name, uint32_t type) {
    Elf64_Shdr header = {};
    header.sh_name = static_cast<uint32_t>(names_.bytes.size());
    header.sh_type = type;
    names_.text(name);
    return header;
  }
  Writer bytes_;
  Writer names_ = [] {
    Writer writer;
    writer.text("");
    return writer;
  }();
  std::vector<Elf64_Shdr> headers_ = {Elf64_Shdr{}};
};

void add_symbols(ElfFile& file, const CodeSymbols& code, uint32_t text) {
  Writer names, table;
  names.text("");
  table.fixed(Elf64_Sym{});
  for (const FunctionSymbol& function : code.functions) {
    Elf64_Sym symbol = {};
    symbol.st_name = static_cast<uint32_t>(names.bytes.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = static_cast<uint16_t>(text);
    symbol.st_value = function.address;
    symbol.st_size = function.size_bytes;
    table.fixed(symbol);
    names.text(function.name);
  }
  const uint32_t strings = file.add(".strtab", SHT_STRTAB, names);
  const uint32_t symbols = file.add(".symtab", SHT_SYMTAB, table);
  file.header(symbols).sh_link = strings;
  file.header(symbols).sh_info = 1;  // the first global one
  file.header(symbols).sh_entsize = sizeof(Elf64_Sym);
}

}  // namespace

std::vector<uint8_t> make_symbol_file(const CodeSymbols& code) {
  ElfFile file;
  const uint32_t text = file.add_code(code.begin, code.end - code.begin);
  add_symbols(file, code, text);
  file.add(".debug_frame", SHT_PROGBITS, frames(code));
  file.add(".debug_abbrev", SHT_PROGBITS, abbreviations());
  file.add(".debug_info", SHT_PROGBITS, entries(code));
  file.add(".debug_line", SHT_PROGBITS, lines(code));
  return file.finish();
}

}  // namespace wasmrun::symbols
