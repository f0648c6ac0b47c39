#include "tests/binary/read.h"

namespace wasmrun::binary {
namespace {

using module::SegmentMode;
constexpr module::ValueType kNonNullFuncRef = module::ValueType::ref(module::AbstractHeapType::Func, false);

module::ElemSegment read_elem(const Bytes& segment) {
  ModuleBuilder builder;
  builder.raw_elem(segment);
  return read_valid(builder).elems.at(0);
}

std::string elem_error(const Bytes& segment) {
  ModuleBuilder builder;
  builder.raw_elem(segment);
  return error_of(read(builder));
}

}  // namespace

TEST_CASE("element segments have eight forms", "[binary]") {
  const Bytes offset{0x41, 0x07, 0x0b}, functions{0x02, 0x05, 0x06},
      expressions{0x02, 0xd0, 0x70, 0x0b, 0xd2, 0x06, 0x0b};
  struct Form {
    uint8_t flags;
    SegmentMode mode;
    Bytes table, kind;
    module::ValueType type;
  };
  const std::vector<Form> forms{
      {0, SegmentMode::Active, {}, {}, kNonNullFuncRef},
      {1, SegmentMode::Passive, {}, {0x00}, kNonNullFuncRef},
      {2, SegmentMode::Active, {0x09}, {0x00}, kNonNullFuncRef},
      {3, SegmentMode::Declarative, {}, {0x00}, kNonNullFuncRef},
      {4, SegmentMode::Active, {}, {}, module::kFuncRef},
      {5, SegmentMode::Passive, {}, {0x6f}, module::kExternRef},
      {6, SegmentMode::Active, {0x09}, {0x6f}, module::kExternRef},
      {7, SegmentMode::Declarative, {}, {0x6f}, module::kExternRef},
  };
  for (const Form& form : forms) {
    CAPTURE(int{form.flags});
    const bool is_active = form.mode == SegmentMode::Active, uses_expressions = form.flags >= 4;
    const module::ElemSegment segment = read_elem(bytes(Bytes{form.flags}, form.table, is_active ? offset : Bytes{},
                                                        form.kind, uses_expressions ? expressions : functions));
    CHECK(segment.mode == form.mode);
    CHECK(segment.type == form.type);
    CHECK(segment.table == TableIndex(form.table.empty() ? 0 : 9));
    CHECK(segment.offset_expr.size() == (is_active ? 3 : 0));
    CHECK(segment.uses_expressions == uses_expressions);
    CHECK(segment.size() == 2);
    if (!uses_expressions) CHECK(segment.functions == std::vector<FuncIndex>{FuncIndex(5), FuncIndex(6)});
    if (uses_expressions) CHECK(segment.expressions[1].size() == 3);
  }
}

TEST_CASE("malformed element and data segments name their fault", "[binary]") {
  CHECK_THAT(elem_error({0x08}), StartsWith("malformed: malformed elements segment kind"));
  CHECK_THAT(elem_error({0x01, 0x01, 0x00}), StartsWith("malformed: malformed element kind"));
  CHECK_THAT(elem_error({0x05, 0x7f, 0x00}), StartsWith("malformed: malformed reference type"));
  CHECK_THAT(elem_error({0x05, 0x70, 0x01, 0xf3, 0x00, 0x0b}), StartsWith("malformed: illegal opcode"));
  CHECK_THAT(elem_error(bytes(Bytes{0x01, 0x00}, leb_u(10'000'001))), StartsWith("malformed: length out of bounds"));
  ModuleBuilder builder;
  builder.raw_data({0x03, 0x00});
  CHECK_THAT(error_of(read(builder)), StartsWith("malformed: malformed data segment kind"));
}

TEST_CASE("data segments keep their bytes in the module", "[binary]") {
  ModuleBuilder builder;
  builder.data(-1, "first");
  builder.passive_data("");
  builder.raw_data(bytes(Bytes{0x02, 0x03, 0x42, 0x00, 0x0b}, sized("third")));
  const module::Module m = read_valid(builder);
  CHECK(view_text(m, m.datas[0].bytes) == "first");
  CHECK(view_text(m, m.datas[0].offset_expr) == "\x41\x7f\x0b");
  CHECK(m.datas[1].mode == SegmentMode::Passive);
  CHECK(m.datas[1].bytes.size() == 0);
  CHECK(m.datas[2].mode == SegmentMode::Active);
  CHECK(m.datas[2].memory == MemoryIndex(3));
  CHECK(view_text(m, m.datas[2].bytes) == "third");
}

TEST_CASE("a constant expression ends at its own end, whatever it holds", "[binary]") {
  const auto global = [](const Bytes& init) {
    ModuleBuilder builder;
    builder.global(module::kI32, false, init);
    return read(builder);
  };
  // An `end` in an immediate, nested blocks, and a legacy `try` that a delegate closes.
  for (const Bytes& init : std::vector<Bytes>{{0x41, 0x0b},
                                              {0x02, 0x40, 0x03, 0x7f, 0x0b, 0x0b},
                                              {0x04, 0x40, 0x05, 0x0b},
                                              {0x06, 0x40, 0x18, 0x00},
                                              {0x1f, 0x40, 0x00, 0x0b}}) {
    const Result<module::Module> result = global(init);
    REQUIRE(result.ok());
    CHECK(result.value().globals[0].init.size() == init.size() + 1);
  }
  CHECK_THAT(error_of(global({0x05})), StartsWith("malformed: END opcode expected"));
  CHECK_THAT(error_of(global({0x18, 0x00})), StartsWith("malformed: END opcode expected"));
  CHECK_THAT(error_of(global({0x02, 0x40})), StartsWith("malformed: unexpected end of section or function"));
  CHECK_THAT(error_of(global({0xff})), StartsWith("malformed: illegal opcode ff"));
}

TEST_CASE("functions named outside of bodies are collected once each, in order", "[binary][ref_func]") {
  ModuleBuilder builder;
  const TypeIndex type = builder.func_type({}, {});
  for (int i = 0; i < 8; ++i) builder.func(type, {0xd2, 0x07, 0x1a});
  builder.raw_table({0x40, 0x00, 0x70, 0x00, 0x00, 0xd2, 0x06, 0x0b});
  builder.global(module::kFuncRef, false, {0xd2, 0x05});
  builder.export_as("f", module::ExternKind::Func, 3);
  builder.export_as("g", module::ExternKind::Global, 0);
  builder.start(FuncIndex(0));
  builder.raw_elem({0x01, 0x00, 0x03, 0x02, 0x05, 0x63});
  builder.raw_elem({0x07, 0x70, 0x01, 0xd2, 0x01, 0x0b});
  CHECK(read_valid(builder).referenced_functions ==
        std::vector<FuncIndex>{FuncIndex(1), FuncIndex(2), FuncIndex(3), FuncIndex(5), FuncIndex(6)});
}

}  // namespace wasmrun::binary
