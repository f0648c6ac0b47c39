// Header, order and sizes of sections, and what must agree between them.
#include "engine/binary/read_module.h"

#include "tests/binary/read.h"

namespace wasmrun::binary {
namespace {

/// A module with something in each section.
ModuleBuilder full_module() {
  ModuleBuilder builder;
  const TypeIndex type = builder.func_type({module::kI32}, {module::kI64});
  const TypeIndex nothing = builder.func_type({}, {});
  builder.raw_type(
      {0x4e, 0x02, 0x50, 0x00, 0x5f, 0x02, 0x78, 0x01, 0x63, 0x03, 0x00, 0x4f, 0x01, 0x02, 0x5e, 0x7e, 0x01}, 2);
  builder.import_func("env", "f", type);
  builder.raw_import("env", "t", {1, 0x70, 1, 2, 3});
  builder.raw_import("env", "m", {2, 5, 1, 2});
  builder.raw_import("env", "g", {3, 0x7f, 1});
  builder.raw_import("env", "e", bytes(Bytes{4, 0}, leb_u(nothing.value)));
  const FuncIndex defined = builder.func(nothing, {0x41, 0x01, 0x1a}, {{0x03, 0x7f}, {0x01, 0x63, 0x02}});
  builder.raw_table({0x40, 0x00, 0x64, 0x70, 0x01, 0x01, 0x02, 0xd2, 0x01, 0x0b});
  builder.memory(1, 2);
  builder.tag(nothing);
  builder.global(module::kI64, true, {0x42, 0x80, 0x01});
  builder.export_as("run", module::ExternKind::Func, defined.value);
  builder.start(defined);
  builder.raw_elem({0x00, 0x41, 0x00, 0x0b, 0x01, 0x00});
  builder.raw_elem({0x05, 0x70, 0x02, 0xd0, 0x70, 0x0b, 0xd2, 0x00, 0x0b});
  builder.count_data();
  builder.data(8, "hello");
  builder.passive_data("world");
  builder.custom("tail", {1, 2, 3});
  return builder;
}

Bytes section(uint8_t id, const Bytes& content) {
  return bytes(Bytes{id}, sized(content));
}

}  // namespace

TEST_CASE("a module with every section decodes into its parts", "[binary]") {
  const module::Module m = read_valid(full_module());
  CHECK(m.types.size() == 4);
  CHECK(m.rec_groups.size() == 3);
  CHECK(m.canonical_types.size() == 4);
  CHECK(m.imports.size() == 5);
  CHECK(m.imported_functions == 1);
  CHECK(m.imported_tables == 1);
  CHECK(m.imported_memories == 1);
  CHECK(m.imported_globals == 1);
  CHECK(m.imported_tags == 1);
  REQUIRE(m.functions.size() == 2);
  CHECK(m.functions[0].body.size() == 0);
  CHECK(view_text(m, m.functions[1].body) == std::string("\x02\x03\x7f\x01\x63\x02\x41\x01\x1a\x0b"));
  REQUIRE(m.tables.size() == 2);
  CHECK(view_text(m, m.tables[1].init.value()) == "\xd2\x01\x0b");
  CHECK(m.tables[1].type.element == module::ValueType::ref(module::AbstractHeapType::Func, false));
  REQUIRE(m.memories.size() == 2);
  CHECK(m.memories[0].limits.address_type == module::AddressType::I64);
  CHECK(m.memories[1].limits.max == 2);
  CHECK(m.memories[1].page_size_log2 == 16);
  CHECK(m.tags.size() == 2);
  REQUIRE(m.globals.size() == 2);
  CHECK(m.globals[0].type.is_mutable);
  CHECK(m.globals[0].init.size() == 0);
  CHECK(view_text(m, m.globals[1].init) == "\x42\x80\x01\x0b");
  REQUIRE(m.find_export("run"));
  CHECK(m.find_export("run")->index == 1);
  CHECK(m.start == FuncIndex(1));
  CHECK(m.elems.size() == 2);
  CHECK(m.datas.size() == 2);
  CHECK(m.data_count == 2u);
  REQUIRE(m.custom_sections.size() == 1);
  CHECK(m.custom_sections[0].name == "tail");
  CHECK(view_text(m, m.custom_sections[0].bytes) == "\x01\x02\x03");
  CHECK(m.bytes[m.code_section.begin] == 1);
  // Exported, in a table's initializer, in a segment of indices, in a segment of expressions.
  CHECK(m.referenced_functions == std::vector<FuncIndex>{FuncIndex(0), FuncIndex(1)});
}

TEST_CASE("a module that breaks off anywhere is malformed, or ends between sections", "[binary]") {
  const Bytes whole = *full_module().build();
  size_t complete = 0;
  for (size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const auto cut = std::make_shared<const Bytes>(whole.begin(), whole.begin() + static_cast<long>(length));
    const Result<module::Module> result = read(cut);
    if (result.ok()) {
      ++complete;
      continue;
    }
    CHECK(result.error().kind == ErrorKind::Malformed);
    REQUIRE(result.error().offset.has_value());
    CHECK(*result.error().offset <= length);
  }
  // After the header, and after each of type, import, and of data and what follows it; in between function and code
  // section, and data count and data section, do not agree.
  CHECK(complete == 4);
}

TEST_CASE("a module with any one byte changed never crashes the decoder", "[binary]") {
  const Bytes whole = *full_module().build();
  size_t refused = 0;
  for (size_t at = 0; at < whole.size(); ++at)
    for (const int change : {0x01, 0x02, 0x08, 0x40, 0x80, 0xff}) {
      Bytes changed = whole;
      changed[at] = static_cast<uint8_t>(changed[at] ^ change);
      const Result<module::Module> result = read(std::make_shared<const Bytes>(changed));
      if (result.ok()) {
        read_function_names(result.value());
      } else {
        ++refused;
        CHECK_FALSE(result.error().message.empty());
      }
    }
  CHECK(refused > whole.size());
}

TEST_CASE("what is no module is told by its header", "[binary]") {
  const auto header_error = [](const Bytes& module) { return error_of(read(std::make_shared<const Bytes>(module))); };
  CHECK_THAT(header_error({}), StartsWith("malformed: unexpected end"));
  CHECK_THAT(header_error({0x00, 'a', 's'}), StartsWith("malformed: unexpected end"));
  CHECK_THAT(header_error({0x00, 'a', 's', 'm', 1}), StartsWith("malformed: unexpected end"));
  CHECK(header_error({'a', 's', 'm', 0, 1, 0, 0, 0}) == "malformed: magic header not detected");
  CHECK(header_error({0x00, 'a', 's', 'm', 2, 0, 0, 0}) == "malformed: unknown binary version");
  const Bytes component{0x00, 'a', 's', 'm', 0x0d, 0, 1, 0};
  CHECK_THAT(header_error(component), StartsWith("malformed: unknown binary version: this is a component"));
  CHECK(looks_like_component(component));
  CHECK(looks_like_module(component));
  CHECK_FALSE(looks_like_component(kHeader));
  CHECK(looks_like_module(kHeader));
  CHECK_FALSE(looks_like_module(Bytes{'(', 'm', 'o', 'd'}));
  CHECK_FALSE(looks_like_module(Bytes{}));
  CHECK(read_sections({}).ok());
}

TEST_CASE("sections stand in one order and once each, custom sections anywhere", "[binary]") {
  const std::vector<uint8_t> order{1, 2, 3, 4, 5, 13, 6, 7, 9, 12, 10, 11};
  const Bytes custom = section(0, sized("x"));
  Bytes all = custom;
  for (const uint8_t id : order) all = bytes(all, section(id, {0}), custom);
  CHECK(read_sections(all).ok());
  for (size_t i = 0; i < order.size(); ++i)
    for (size_t j = 0; j <= i; ++j) {
      CAPTURE(int{order[i]}, int{order[j]});
      CHECK(error_of(read_sections(bytes(section(order[i], {0}), custom, section(order[j], {0})))) ==
            "malformed: unexpected content after last section");
    }
  CHECK(error_of(read_sections({14, 1, 0})) == "malformed: malformed section id");
  CHECK(error_of(read_sections({0x80, 0x00})) == "malformed: malformed section id");
}

TEST_CASE("a section holds exactly what its size says", "[binary]") {
  CHECK_THAT(error_of(read_sections({1, 5, 1, 0x60, 0, 0, 0})), StartsWith("malformed: section size mismatch"));
  // Too short: the first byte after the section is taken for its content.
  CHECK_THAT(error_of(read_sections({3, 1, 1, 10, 1, 0})), StartsWith("malformed: section size mismatch"));
  CHECK_THAT(error_of(read_sections({1, 1, 2})), StartsWith("malformed: unexpected end of section or function"));
  CHECK_THAT(error_of(read_sections({1, 9, 0})), StartsWith("malformed: length out of bounds"));
  CHECK_THAT(error_of(read_sections({1, 0xff, 0xff, 0xff, 0xff, 0x0f})), StartsWith("malformed: length out of bounds"));
  CHECK_THAT(error_of(read_sections({0, 0})), StartsWith("malformed: unexpected end"));
  CHECK_THAT(error_of(read_sections({0, 1, 2, 'a', 'b'})), StartsWith("malformed: unexpected end"));
}

TEST_CASE("counts of sections that belong together must agree", "[binary]") {
  const std::string functions = "malformed: function and code section have inconsistent lengths";
  const std::string datas = "malformed: data count and data section have inconsistent lengths";
  CHECK(error_of(read_sections({1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0})) == functions);
  CHECK(error_of(read_sections({10, 4, 1, 2, 0, 0x0b})) == functions);
  CHECK(error_of(read_sections({12, 1, 1})) == datas);
  CHECK(error_of(read_sections({12, 1, 1, 11, 1, 0})) == datas);
  CHECK(error_of(read_sections({12, 1, 0, 11, 3, 1, 1, 0})) == datas);
  CHECK(read_sections({12, 1, 0}).ok());
}

TEST_CASE("counts past a limit are refused before room is made", "[binary]") {
  const Bytes huge = leb_u(0xffffffff);
  for (const uint8_t id : {1, 2, 3, 4, 5, 13, 6, 7, 9, 12, 10, 11}) {
    CAPTURE(int{id});
    CHECK_THAT(error_of(read_sections(section(id, huge))), StartsWith("malformed: length out of bounds"));
  }
  CHECK_THAT(error_of(read_sections(section(5, bytes(leb_u(1001), Bytes(2002, 0))))),
             StartsWith("unsupported: too many memories"));
  CHECK_THAT(error_of(read_sections(section(1, bytes(Bytes{1, 0x60}, leb_u(1001), Bytes(1001, 0x7f), Bytes{0})))),
             StartsWith("unsupported: too many parameters"));
}

TEST_CASE("names must be UTF-8", "[binary][utf8]") {
  for (const std::string_view bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "abc\xe2\x82"}) {
    ModuleBuilder custom, import, export_;
    custom.custom(bad, {});
    import.raw_import("ok", bad, {3, 0x7f, 0});
    export_.export_as(bad, module::ExternKind::Memory, 0);
    for (const ModuleBuilder* builder : {&custom, &import, &export_})
      CHECK_THAT(error_of(read(*builder)), StartsWith("malformed: malformed UTF-8 encoding"));
  }
  ModuleBuilder good;
  good.raw_import("\xf0\x9f\x98\x80", "", {3, 0x7f, 0});
  CHECK(read_valid(good).imports[0].module == "\xf0\x9f\x98\x80");
}

}  // namespace wasmrun::binary
