// Rules of everything but bodies.
#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

const std::vector<Bytes> kNone;
const Bytes kZero = code(op::i32_const, 0, op::end);

TEST_CASE("a sub type extends an open type of its kind that it matches", "[validate][types]") {
  const Byte sub{0x50}, final{0x4f}, structure{0x5f}, func{0x60};
  const auto with = [](const Bytes& super, const Bytes& type) {
    Builder builder;
    builder.type(super);
    builder.type(type);
    return builder;
  };
  const Bytes open = code(sub, 0u, structure, 1u, t::i32, Byte{0});
  REQUIRE_VALID(with(open, code(sub, 1u, 0u, structure, 2u, t::i32, Byte{0}, t::i64, Byte{1})));
  REQUIRE_VERDICT("invalid: sub type 1 does not match super type 0", with(open, code(sub, 1u, 0u, structure, 0u)));
  REQUIRE_VERDICT("invalid: sub type 1 does not match super type 0", with(open, code(sub, 1u, 0u, structure, 1u, t::i64, Byte{0})));
  REQUIRE_VERDICT("invalid: sub type 1 does not match super type 0", with(open, code(sub, 1u, 0u, func, 0u, 0u)));
  REQUIRE_VERDICT("invalid: sub type 1 extends final type 0",
                  with(code(final, 0u, structure, 0u), code(sub, 1u, 0u, structure, 0u)));
  // Parameters match the other way round; a mutable field is the same in both.
  REQUIRE_VALID(with(code(sub, 0u, func, 1u, t::i31ref, 1u, t::eqref), code(sub, 1u, 0u, func, 1u, t::eqref, 1u, t::i31ref)));
  REQUIRE_VERDICT("invalid: sub type 1 does not match",
                  with(code(sub, 0u, func, 1u, t::eqref, 0u), code(sub, 1u, 0u, func, 1u, t::i31ref, 0u)));
  REQUIRE_VALID(with(code(sub, 0u, structure, 1u, t::eqref, Byte{0}), code(sub, 1u, 0u, structure, 1u, t::i31ref, Byte{0})));
  REQUIRE_VERDICT("invalid: sub type 1 does not match",
                  with(code(sub, 0u, structure, 1u, t::eqref, Byte{1}), code(sub, 1u, 0u, structure, 1u, t::i31ref, Byte{1})));
}

TEST_CASE("items name function types of the module", "[validate][functions][tags]") {
  Builder builder;
  builder.func(0, {});
  REQUIRE_VERDICT("invalid: unknown type 0", builder);
  Builder import;
  import.import(code(Byte{0}, 3u));
  REQUIRE_VERDICT("invalid: unknown type 3", import);
  Builder structure;
  structure.type(code(Byte{0x5f}, 0u));
  structure.import(code(Byte{0}, 0u));
  REQUIRE_VERDICT("invalid: type mismatch: type 0 is not a function type", structure);
}

TEST_CASE("a tag's type has no results", "[validate][tags]") {
  Builder builder;
  builder.func_type({code(t::i32)}, kNone);
  builder.func_type(kNone, {code(t::i32)});
  builder.tag(0);
  REQUIRE_VALID(builder);
  builder.tag(1);
  REQUIRE_VERDICT("invalid: non-empty tag result type", builder);
}

TEST_CASE("limits are in order and in range", "[validate][memories][tables]") {
  const auto memory = [](const Bytes& limits) {
    Builder builder;
    builder.memory(limits);
    return builder;
  };
  REQUIRE_VALID(memory(code(1u, 65536u, 65536u)));
  REQUIRE_VERDICT("invalid: size minimum must not be greater than maximum: 2 and 1", memory(code(1u, 2u, 1u)));
  REQUIRE_VERDICT("invalid: memory size must be at most 65536 pages (4GiB)", memory(code(0u, 65537u)));
  REQUIRE_VERDICT("invalid: memory size must be at most 65536 pages (4GiB)", memory(code(1u, 0u, 65537u)));
  REQUIRE_VALID(memory(code(4u, uint64_t{1} << 48)));
  REQUIRE_VERDICT("invalid: memory size must be at most", memory(code(4u, (uint64_t{1} << 48) + 1)));
  Builder table;
  table.table(code(t::funcref, 1u, 3u, 2u));
  REQUIRE_VERDICT("invalid: size minimum must not be greater than maximum", table);
}

TEST_CASE("a table of references that are never null has an initial value", "[validate][tables]") {
  Builder builder;
  builder.func_type(kNone, kNone);
  builder.func(0, {});
  builder.table(code(Byte{0x40}, Byte{0}, ref(0), 0u, 1u, op::ref_func, 0u, op::end));
  REQUIRE_VALID(builder);
  builder.table(code(ref(0), 0u, 1u));
  REQUIRE_VERDICT("invalid: type mismatch: a table of (ref 0) needs an initial value", builder);
  Builder wrong;
  wrong.table(code(Byte{0x40}, Byte{0}, t::funcref, 0u, 1u, op::ref_null, t::externref, op::end));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [funcref] but stack has [externref]", wrong);
}

TEST_CASE("a table's initial value sees imported globals only", "[validate][tables]") {
  Builder builder;
  builder.import(code(Byte{3}, t::funcref, Byte{0}));
  builder.table(code(Byte{0x40}, Byte{0}, t::funcref, 0u, 1u, op::global_get, 0u, op::end));
  builder.global(code(t::funcref), false, code(op::ref_null, t::funcref));
  REQUIRE_VALID(builder);
  builder.table(code(Byte{0x40}, Byte{0}, t::funcref, 0u, 1u, op::global_get, 1u, op::end));
  REQUIRE_VERDICT("invalid: unknown global 1", builder);
}

TEST_CASE("exports have distinct names and name what exists", "[validate][exports]") {
  Builder builder = function(kNone, kNone, {});
  builder.export_('a', 0, 0);
  builder.export_('b', 0, 0);
  REQUIRE_VALID(builder);
  builder.export_('a', 0, 0);
  REQUIRE_VERDICT("invalid: duplicate export name: \"a\"", builder);
  const std::string names[] = {"function", "table", "memory", "global", "tag"};
  for (uint8_t kind = 0; kind < 5; ++kind) {
    Builder unknown;
    unknown.export_('x', kind, 1);
    REQUIRE_VERDICT("invalid: unknown " + names[kind] + " 1", unknown);
  }
}

TEST_CASE("the start function takes and gives nothing", "[validate][start]") {
  Builder builder = function(kNone, kNone, {});
  builder.start(0);
  REQUIRE_VALID(builder);
  Builder wrong = function({code(t::i32)}, kNone, {});
  wrong.start(0);
  REQUIRE_VERDICT("invalid: start function", wrong);
  Builder unknown = function(kNone, kNone, {});
  unknown.start(1);
  REQUIRE_VERDICT("invalid: unknown function 1", unknown);
}

TEST_CASE("an active element segment fits its table", "[validate][elem]") {
  const auto with = [](const Bytes& table, const Bytes& elem) {
    Builder builder = function(kNone, kNone, {});
    builder.table(table);
    builder.elem(elem);
    return builder;
  };
  const Bytes funcs = code(t::funcref, 0u, 1u);
  REQUIRE_VALID(with(funcs, code(0u, kZero, 1u, 0u)));
  REQUIRE_VERDICT("invalid: unknown function 4", with(funcs, code(0u, kZero, 1u, 4u)));
  REQUIRE_VERDICT("invalid: unknown table 2", with(funcs, code(2u, 2u, kZero, Byte{0}, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch: elements of", with(code(t::externref, 0u, 1u), code(0u, kZero, 1u, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i64] but stack has [i32]",
                  with(code(t::funcref, 4u, 1u), code(0u, kZero, 1u, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [funcref] but stack has [i32]",
                  with(funcs, code(5u, t::funcref, 1u, kZero)));
}

TEST_CASE("an active data segment fits its memory", "[validate][data]") {
  Builder builder;
  builder.data(code(0u, kZero, 0u));
  REQUIRE_VERDICT("invalid: unknown memory 0", builder);
  builder.memory(code(0u, 1u));
  REQUIRE_VALID(builder);
  Builder wide;
  wide.memory(code(4u, 1u));
  wide.data(code(0u, kZero, 0u));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i64] but stack has [i32]", wide);
}

}  // namespace
}  // namespace wasmrun::tests
