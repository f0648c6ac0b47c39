// DWARF written by hand, in both of the layouts that compilers write, whole and damaged.
#include "engine/dwarf/source.h"

#include <initializer_list>
#include <string>

#include "tests/support/catch.h"

using namespace wasmrun::dwarf;

namespace {

/// Bytes of a section.
class Writer {
 public:
  Writer& u8(std::initializer_list<int> values) {
    for (const int value : values) bytes.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  Writer& u16(uint16_t value) { return number(value, 2); }
  Writer& u32(uint32_t value) { return number(value, 4); }
  Writer& text(const std::string& value) {
    bytes.insert(bytes.end(), value.begin(), value.end());
    bytes.push_back(0);
    return *this;
  }
  /// `content` with its length before it.
  Writer& unit(const Writer& content) {
    u32(static_cast<uint32_t>(content.bytes.size()));
    bytes.insert(bytes.end(), content.bytes.begin(), content.bytes.end());
    return *this;
  }
  Writer& append(const Writer& other) {
    bytes.insert(bytes.end(), other.bytes.begin(), other.bytes.end());
    return *this;
  }
  std::vector<uint8_t> bytes;

 private:
  Writer& number(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
    return *this;
  }
};

// Line programs over the same addresses: 0x10 line 5, 0x14 line 20 column 3 of the second file, 0x18 line 6, end at 0x20; then one
// of a function that the linker dropped.
Writer rows() {
  Writer program;
  program.u8({0, 5, 2}).u32(0x10).u8({3, 4, 1});            // set_address 0x10, advance_line 4, copy
  program.u8({4, 2, 5, 3, 3, 15, 2, 4, 1});                 // file 2, column 3, line 20, advance_pc 4, copy
  program.u8({4, 1, 5, 0, 3, 0x72, 2, 4, 1});               // file 1, column 0, line 6, advance_pc 4, copy
  program.u8({2, 8, 0, 1, 1});                              // advance_pc 8, end_sequence
  program.u8({0, 5, 2}).u32(0).u8({3, 0xe0, 0, 1, 2, 0x30, 0, 1, 1});  // dropped: 0 to 0x30
  return program;
}

Writer line_program(uint16_t version, const Writer& names) {
  Writer after_length;
  after_length.u8({1});                          // instructions are bytes
  if (version >= 4) after_length.u8({1});
  after_length.u8({1, 0xfb, 14, 13}).u8({0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1}).append(names);
  Writer content;
  content.u16(version);
  if (version >= 5) content.u8({4, 0});
  content.u32(static_cast<uint32_t>(after_length.bytes.size())).append(after_length).append(rows());
  return Writer().unit(content);
}

struct Example {
  Writer info, abbrev, line, str, line_str, str_offsets, addr, rnglists, ranges;
  Sections sections() const {
    Sections all;
    all.add(".debug_info", info.bytes);
    all.add(".debug_abbrev", abbrev.bytes);
    all.add(".debug_line", line.bytes);
    all.add(".debug_str", str.bytes);
    all.add(".debug_line_str", line_str.bytes);
    all.add(".debug_str_offsets", str_offsets.bytes);
    all.add(".debug_addr", addr.bytes);
    all.add(".debug_rnglists", rnglists.bytes);
    all.add(".debug_ranges", ranges.bytes);
    return all;
  }
};

// outer() from 0x10 to 0x20; into it from 0x14 to 0x18 inner() was inlined at line 5, column 9.
Example version_4() {
  Example example;
  // unit: comp_dir string, stmt_list, low_pc, high_pc; abstract: linkage_name; outer: name, low_pc, high_pc; inlined: ...
  example.abbrev.u8({1, 0x11, 1, 0x1b, 0x08, 0x10, 0x17, 0x11, 0x01, 0x12, 0x06, 0, 0});
  example.abbrev.u8({2, 0x2e, 0, 0x03, 0x08, 0x6e, 0x0e, 0, 0});
  example.abbrev.u8({3, 0x2e, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0});
  example.abbrev.u8({4, 0x1d, 0, 0x31, 0x13, 0x55, 0x17, 0x58, 0x0b, 0x59, 0x0b, 0x57, 0x0b, 0, 0, 0});
  example.str.text("").text("_Z5innerv");
  Writer content;
  content.u16(4).u32(0).u8({4});
  content.u8({1}).text("/src").u32(0).u32(0x10).u32(0x10);
  const auto inner = static_cast<uint32_t>(4 + content.bytes.size());
  content.u8({2}).text("inner").u32(1);
  content.u8({3}).text("outer").u32(0x10).u32(0x10);
  content.u8({4}).u32(inner).u32(0).u8({1, 5, 9});
  content.u8({0, 0});
  example.info.unit(content);
  example.ranges.u32(4).u32(8).u32(0).u32(0);  // from the unit's base
  Writer names;
  names.text("include").u8({0}).text("outer.c").u8({0, 0, 0}).text("inner.h").u8({1, 0, 0}).u8({0});
  example.line = line_program(4, names);
  return example;
}

// The same with tables of strings, addresses and ranges.
Example version_5() {
  Example example;
  example.abbrev.u8({1, 0x11, 1, 0x72, 0x17, 0x73, 0x17, 0x74, 0x17, 0x10, 0x17, 0x1b, 0x25, 0x55, 0x23, 0, 0});
  example.abbrev.u8({2, 0x2e, 0, 0x03, 0x25, 0x6e, 0x25, 0, 0});
  example.abbrev.u8({3, 0x2e, 1, 0x03, 0x25, 0x11, 0x1b, 0x12, 0x06, 0, 0});
  example.abbrev.u8({4, 0x1d, 0, 0x31, 0x13, 0x11, 0x1b, 0x12, 0x0f, 0x58, 0x21, 1, 0x59, 0x0b, 0x57, 0x0b, 0, 0, 0});
  example.str.text("/src").text("inner").text("_Z5innerv").text("outer");
  example.str_offsets.unit(Writer().u16(5).u16(0).u32(0).u32(5).u32(11).u32(21));
  example.addr.unit(Writer().u16(5).u8({4, 0}).u32(0x10).u32(0x14));
  example.rnglists.unit(Writer().u16(5).u8({4, 0}).u32(1).u32(4).u8({3, 0, 0x10, 0}));
  Writer content;
  content.u16(5).u8({1, 4}).u32(0);
  content.u8({1}).u32(8).u32(8).u32(12).u32(0).u8({0, 0});
  const auto inner = static_cast<uint32_t>(4 + content.bytes.size());
  content.u8({2, 1, 2});
  content.u8({3, 3, 0}).u32(0x10);
  content.u8({4}).u32(inner).u8({1, 4, 5, 9});
  content.u8({0, 0});
  example.info.unit(content);
  example.line_str.text("/src").text("include").text("outer.c").text("inner.h");
  Writer names;
  names.u8({1, 1, 0x1f, 2}).u32(0).u32(5);
  names.u8({2, 1, 0x1f, 2, 0x0b, 3}).u32(13).u8({0}).u32(13).u8({0}).u32(21).u8({1});
  example.line = line_program(5, names);
  return example;
}

std::vector<SourceFrame> at(const Example& example, uint64_t address) {
  const CodeAddress code{address, 0x10};
  return find_source(example.sections(), std::span(&code, 1)).front();
}

std::string print(const std::vector<SourceFrame>& frames) {
  std::string text;
  for (const SourceFrame& frame : frames) {
    text += frame.function + " " + frame.file + ":" + std::to_string(frame.line) + ":" + std::to_string(frame.column) + "; ";
  }
  return text;
}

}  // namespace

TEST_CASE("an address has its line and function in DWARF 4 and 5", "[dwarf]") {
  for (const Example& example : {version_4(), version_5()}) {
    CHECK(print(at(example, 0x10)) == "outer outer.c:5:0; ");
    CHECK(print(at(example, 0x1f)) == "outer outer.c:6:0; ");
    CHECK(at(example, 0x0f).empty());
    CHECK(at(example, 0x20).empty());
  }
}

TEST_CASE("inlined functions come first, each with the place of its call", "[dwarf]") {
  for (const Example& example : {version_4(), version_5()}) {
    for (const uint64_t address : {0x14, 0x17})
      CHECK(print(at(example, address)) == "_Z5innerv include/inner.h:20:3; outer outer.c:5:9; ");
    CHECK(print(at(example, 0x18)) == "outer outer.c:6:0; ");
  }
}

TEST_CASE("many addresses are looked up at once, in any order and repeated", "[dwarf]") {
  const std::vector<CodeAddress> addresses = {{0x18, 0x10}, {0x10, 0x10}, {0x99, 0x90}, {0x10, 0x10}};
  const auto found = find_source(version_5().sections(), addresses);
  REQUIRE(found.size() == 4);
  CHECK(print(found[0]) == "outer outer.c:6:0; ");
  CHECK(print(found[1]) == "outer outer.c:5:0; ");
  CHECK(found[2].empty());
  CHECK(print(found[3]) == print(found[1]));
}

TEST_CASE("a dropped function that seems to cover an address does not hide the right one", "[dwarf]") {
  // A unit before the right one whose function covers the address, but does not begin with it.
  Example example = version_4();
  Writer content;
  content.u16(4).u32(0).u8({4});
  content.u8({1}).text("/src").u32(0).u32(0x08).u32(0x40);
  content.u8({3}).text("dropped").u32(0x08).u32(0x40).u8({0, 0});
  example.info = Writer().unit(content).append(example.info);
  CHECK(print(at(example, 0x10)) == "outer outer.c:5:0; ");
  CHECK(print(at(example, 0x14)) == "_Z5innerv include/inner.h:20:3; outer outer.c:5:9; ");
}

TEST_CASE("all lines of a module are listed without those of dropped functions", "[dwarf]") {
  for (const Example& example : {version_4(), version_5()}) {
    const std::vector<uint64_t> begins = {0x10, 0x30};
    const SourceLines all = read_source_lines(example.sections(), begins);
    REQUIRE(all.lines.size() == 3);
    REQUIRE(all.files.size() == 2);
    CHECK(all.files[1] == SourceFile{"/src", "include/inner.h"});
    REQUIRE(all.find(0x17));
    CHECK(all.find(0x17)->line == 20);
    CHECK(all.find(0x20) == nullptr);
    CHECK(all.find(0x0f) == nullptr);
  }
}

TEST_CASE("sections that are missing, cut off or damaged leave less to be known", "[dwarf]") {
  for (const Example& whole : {version_4(), version_5()}) {
    for (Writer Example::*const section : {&Example::info, &Example::abbrev, &Example::line, &Example::str, &Example::line_str,
                                           &Example::str_offsets, &Example::addr, &Example::rnglists, &Example::ranges}) {
      for (size_t size = 0; size < (whole.*section).bytes.size(); ++size) {
        Example cut = whole;
        (cut.*section).bytes.resize(size);
        CHECK(at(cut, 0x14).size() <= 2);
        for (const uint8_t byte : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
          Example damaged = whole;
          (damaged.*section).bytes[size] = byte;
          CHECK(at(damaged, 0x14).size() <= 2);
        }
      }
    }
  }
  CHECK(at(Example(), 0x14).empty());
}

TEST_CASE("an entry that refers to itself ends", "[dwarf]") {
  Example example = version_4();
  // The abstract function's reference becomes one to the inlined entry itself.
  auto& bytes = example.info.bytes;
  const size_t inlined = bytes.size() - 2 - 12;
  REQUIRE(bytes[inlined] == 4);
  bytes[inlined + 1] = static_cast<uint8_t>(inlined);
  bytes[inlined + 2] = 0;
  const auto frames = at(example, 0x14);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].function == "");
  CHECK(frames[1].function == "outer");
}

TEST_CASE("units that refer to the same long tables over and over end within the budget", "[dwarf]") {
  // 20,000 units, each of which names a list of 100,000 ranges that hold nothing: 32 GB to read.
  Example example = version_4();
  example.abbrev.bytes.assign({1, 0x11, 0, 0x55, 0x17, 0, 0, 0});
  example.info.bytes.clear();
  for (int i = 0; i < 20000; ++i) example.info.unit(Writer().u16(4).u32(0).u8({4, 1}).u32(0));
  example.ranges.bytes.clear();
  for (int i = 0; i < 100000; ++i) example.ranges.u32(1).u32(1);
  CHECK(at(example, 0x14).empty());
}
