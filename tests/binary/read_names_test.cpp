#include "tests/binary/read.h"

namespace wasmrun::binary {
namespace {

using Names = std::unordered_map<uint32_t, std::string>;

/// The names that a module with four functions gets from this name section.
Names names_from(const Bytes& name_section) {
  ModuleBuilder builder;
  const TypeIndex type = builder.func_type({}, {});
  builder.import_func("m", "f", type);
  for (int i = 0; i < 3; ++i) builder.func(type, {});
  builder.custom("name", name_section);
  return read_function_names(read_valid(builder));
}

Bytes subsection(uint8_t id, const Bytes& content) {
  return bytes(Bytes{id}, sized(content));
}

}  // namespace

TEST_CASE("function names come from the name section", "[binary]") {
  const Bytes module_name = subsection(0, sized("mod")), locals = subsection(2, {0});
  const Bytes functions = subsection(1, bytes(Bytes{2, 0}, sized("imported"), Bytes{3}, sized("last")));
  CHECK(names_from(bytes(module_name, functions, locals)) == Names{{0, "imported"}, {3, "last"}});
  CHECK(names_from({}).empty());
}

TEST_CASE("garbage in the name section costs only the names it hits", "[binary]") {
  const Bytes strange = bytes(Bytes{5, 1}, sized("one"), Bytes{1}, sized("again"), Bytes{9}, sized("no such function"),
                              Bytes{2}, sized("\xff"), Bytes{3}, sized("three"));
  CHECK(names_from(subsection(1, strange)) == Names{{1, "one"}, {3, "three"}});
  CHECK(names_from(subsection(1, bytes(leb_u(0xffffffff), Bytes{0}, sized("a")))) == Names{{0, "a"}});
  CHECK(names_from(subsection(1, bytes(Bytes{2, 0}, sized("a"), Bytes{1, 9, 'b'}))) == Names{{0, "a"}});
  CHECK(names_from({1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0}).empty());
  CHECK(names_from({0x80}).empty());
  for (size_t length = 0; length < strange.size(); ++length)
    CHECK(names_from(subsection(1, Bytes(strange.begin(), strange.begin() + static_cast<long>(length)))).size() <= 2);
}

}  // namespace wasmrun::binary
