// The ELF file for debuggers, read back; and the lines for perf.
#include <elf.h>

#include <cstring>
#include <map>

#include "engine/symbols/debugger.h"
#include "engine/symbols/perf_map.h"
#include "tests/support/catch.h"

using namespace wasmrun::symbols;

namespace {

CodeSymbols example() {
  CodeSymbols code;
  code.module = "app";
  code.begin = 0x10000;
  code.end = 0x10400;
  code.functions = {{"main", 0x10000, 0x100}, {"divide(int, int)", 0x10100, 0x80}};
  code.files = {"/src/main.c"};
  code.lines = {{0x10000, 0, 3}, {0x10010, 0, 4}, {0x10100, 0, 9}};
  return code;
}

/// Sections by name.
std::map<std::string, std::vector<uint8_t>> sections_of(const std::vector<uint8_t>& file, std::map<std::string, Elf64_Shdr>& headers) {
  std::map<std::string, std::vector<uint8_t>> sections;
  Elf64_Ehdr header;
  REQUIRE(file.size() > sizeof header);
  std::memcpy(&header, file.data(), sizeof header);
  REQUIRE(file.size() == header.e_shoff + header.e_shnum * sizeof(Elf64_Shdr));
  std::vector<Elf64_Shdr> all(header.e_shnum);
  std::memcpy(all.data(), &file[header.e_shoff], all.size() * sizeof(Elf64_Shdr));
  for (const Elf64_Shdr& section : all) {
    const std::string name = reinterpret_cast<const char*>(&file[all[header.e_shstrndx].sh_offset + section.sh_name]);
    headers[name] = section;
    if (section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL) continue;
    REQUIRE(section.sh_offset + section.sh_size <= file.size());
    sections[name].assign(file.begin() + static_cast<ptrdiff_t>(section.sh_offset),
                          file.begin() + static_cast<ptrdiff_t>(section.sh_offset + section.sh_size));
  }
  return sections;
}

}  // namespace

TEST_CASE("the symbol file names functions where they lie in memory", "[symbols]") {
  std::map<std::string, Elf64_Shdr> headers;
  auto sections = sections_of(make_symbol_file(example()), headers);
  CHECK(headers[".text"].sh_addr == 0x10000);
  CHECK(headers[".text"].sh_size == 0x400);
  CHECK(headers[".text"].sh_type == SHT_NOBITS);
  const std::vector<uint8_t>& table = sections[".symtab"];
  REQUIRE(table.size() == 3 * sizeof(Elf64_Sym));
  Elf64_Sym symbol;
  std::memcpy(&symbol, &table[2 * sizeof symbol], sizeof symbol);
  CHECK(symbol.st_value == 0x10100);
  CHECK(symbol.st_size == 0x80);
  CHECK(std::string(reinterpret_cast<const char*>(&sections[".strtab"][symbol.st_name])) == "divide(int, int)");
  for (const char* name : {".debug_frame", ".debug_abbrev", ".debug_info", ".debug_line"}) CHECK(!sections[name].empty());
}

TEST_CASE("the symbol file of code without names or lines is whole", "[symbols]") {
  CodeSymbols code;
  code.begin = 0x1000;
  code.end = 0x1001;
  std::map<std::string, Elf64_Shdr> headers;
  CHECK(sections_of(make_symbol_file(code), headers)[".symtab"].size() == sizeof(Elf64_Sym));
}

TEST_CASE("perf's map has a line a function, and names cannot break it", "[symbols]") {
  CodeSymbols code = example();
  CHECK(perf_map(code) == "10000 100 main\n10100 80 divide(int, int)\n");
  code.functions[0].name = "a\nffff 1 b";
  CHECK(perf_map(code) == "10000 100 a?ffff 1 b\n10100 80 divide(int, int)\n");
}
