#include "tests/binary/read.h"

namespace wasmrun::binary {
namespace {

/// The module's error when its only function has these bytes for size and body, and `after` follows the code section.
std::string body_error(const Bytes& code, const Bytes& after = {}) {
  const Bytes before{1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0};
  return error_of(read_sections(bytes(before, Bytes{10}, sized(bytes(Bytes{1}, code)), after)));
}

}  // namespace

TEST_CASE("a body is the bytes from its locals to its end", "[binary]") {
  ModuleBuilder builder;
  const TypeIndex type = builder.func_type({}, {});
  builder.func(type, {});
  builder.func(type, {0x01}, {{0x80, 0x00, 0x7f}, {0xff, 0xff, 0xff, 0xff, 0x0f, 0x7e}});
  const module::Module m = read_valid(builder);
  CHECK(view_text(m, m.functions[0].body) == std::string("\0\x0b", 2));
  CHECK(m.functions[1].body.size() == 12);
  CHECK(m.code_section.begin < m.functions[0].body.begin);
  CHECK(m.code_section.end == m.functions[1].body.end);
}

TEST_CASE("locals past 2^32-1 are malformed", "[binary]") {
  const Bytes many = bytes(Bytes{2}, leb_u(0xffffffff), Bytes{0x7f}, leb_u(1), Bytes{0x7e, 0x0b});
  CHECK_THAT(body_error(sized(many)), StartsWith("malformed: too many locals"));
  const Bytes larger = bytes(Bytes{1, 0x80, 0x80, 0x80, 0x80, 0x10}, Bytes{0x7f, 0x0b});
  CHECK_THAT(body_error(sized(larger)), StartsWith("malformed: integer too large"));
  CHECK_THAT(body_error(sized(Bytes{1, 1, 0x40, 0x0b})), StartsWith("malformed: malformed value type"));
}

TEST_CASE("a body that does not fit its size says what is wrong with it", "[binary]") {
  const Bytes data_section{11, 1, 0};
  // Nothing follows; the next section follows; an `else` follows where the end should be.
  CHECK_THAT(body_error({4, 0, 0x41, 1, 0x1a}), StartsWith("malformed: unexpected end of section or function"));
  CHECK_THAT(body_error({4, 0, 0x41, 1, 0x1a}, data_section), StartsWith("malformed: section size mismatch"));
  CHECK_THAT(body_error({4, 0, 0x41, 1, 0x05}, data_section), StartsWith("malformed: END opcode expected"));
  CHECK_THAT(body_error({4, 0, 0x41, 1, 0xff}, data_section), StartsWith("malformed: illegal opcode ff"));
  CHECK_THAT(body_error({0}, data_section), StartsWith("malformed: "));
  CHECK_THAT(body_error({1, 0}, data_section), StartsWith("malformed: section size mismatch"));
  CHECK_THAT(body_error({9, 0, 0x0b}), StartsWith("malformed: length out of bounds"));
  CHECK_THAT(body_error({0xff, 0xff, 0xff, 0xff, 0x0f}), StartsWith("malformed: length out of bounds"));
}

TEST_CASE("a body past the size limit is refused", "[binary]") {
  ModuleBuilder builder;
  const TypeIndex type = builder.func_type({}, {});
  builder.func(type, Bytes(7'654'322, 0x01));
  CHECK_THAT(error_of(read(builder)), StartsWith("unsupported: function too large"));
}

}  // namespace wasmrun::binary
