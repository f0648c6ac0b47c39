// Bodies as a whole: locals, the end, the summary, and what hostile bodies cost.
#include <ctime>

#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

const std::vector<Bytes> kNone;
const Bytes kOne = code(op::i32_const, 1);

TEST_CASE("a body has at most 50000 locals", "[validate][locals]") {
  REQUIRE_VALID(function(kNone, kNone, {}, 1, code(50000u, t::i32)));
  REQUIRE_VERDICT("unsupported: too many locals: 50001", function(kNone, kNone, {}, 2, code(50000u, t::i32, 1u, t::i64)));
  REQUIRE_VERDICT("malformed: too many locals", function(kNone, kNone, {}, 2, code(0xffffffffu, t::i32, 2u, t::i64)));
  REQUIRE_VERDICT("invalid: unknown type 1", function(kNone, kNone, {}, 1, code(1u, ref_null(1))));
}

TEST_CASE("a body ends with its last end", "[validate][end]") {
  Builder early;
  early.func_type(kNone, kNone);
  early.raw_func(0, code(0u, op::end, op::nop, op::end));
  REQUIRE_VERDICT("malformed: section size mismatch", early);
  Builder open;
  open.func_type(kNone, kNone);
  open.raw_func(0, code(0u, op::block, t::none, op::end));
  REQUIRE_VERDICT("malformed: unexpected end of section or function", open);
}

TEST_CASE("a body that does not decode is malformed even if its first part is invalid", "[validate]") {
  REQUIRE_VERDICT("malformed: illegal opcode ff", function(kNone, kNone, code(op::drop, Byte{0xff})));
  REQUIRE_VERDICT("malformed: data count section required", function(kNone, kNone, code(op::drop, op::data_drop, 0u)));
  REQUIRE_VERDICT("malformed: illegal opcode fc 7f", function(kNone, kNone, code(Byte{0xfc}, Byte{0x7f})));
}

TEST_CASE("an error tells the offset of its instruction", "[validate]") {
  const Bytes bytes = function(kNone, kNone, code(op::nop, op::nop, op::i32_eqz)).build();
  module::TypeRegistry types;
  auto module = binary::read_module(std::make_shared<const Bytes>(bytes), types);
  REQUIRE(module.ok());
  validate::FunctionValidator validator(module.value());
  module::FunctionSummary summary;
  const Result<void> result = validator.check(FuncIndex(0), summary);
  REQUIRE(!result.ok());
  REQUIRE(result.error().message == "type mismatch: expected i32, found nothing");
  REQUIRE(bytes[*result.error().offset] == op::i32_eqz.code);
}

TEST_CASE("the summary counts locals by loop depth", "[validate][summary]") {
  const auto checked = check_all(
      function({code(t::i32)}, kNone,
               code(op::local_get, 0u, op::drop, op::loop, t::none, op::local_get, 0u, op::drop,  //
                    op::loop, t::none, kOne, op::local_set, 1u, op::call, 0u + 1u, op::end, op::end, op::local_get, 2u, op::drop),
               1, code(2u, t::i32))
          .build());
  // Function 1 does not exist: the same body, with a second function, is valid.
  REQUIRE(checked->verdict == "invalid: unknown function 1");
  Builder builder = function({code(t::i32)}, kNone,
                             code(op::local_get, 0u, op::drop, op::loop, t::none, op::local_get, 0u, op::drop,  //
                                  op::loop, t::none, kOne, op::local_set, 1u, op::call, 1u, op::end, op::end,   //
                                  op::loop, t::none, op::local_get, 2u, op::drop, op::end),
                             1, code(2u, t::i32));
  builder.func_type(kNone, kNone);
  builder.func(1, code(kOne, kOne, op::i32_add, op::drop));
  const auto valid = check_all(builder.build());
  REQUIRE(valid->verdict == "valid");
  const module::FunctionSummary& summary = valid->summaries[0];
  REQUIRE(summary.locals == std::vector<module::ValueType>(3, module::kI32));
  REQUIRE(summary.local_weights == std::vector<uint32_t>{9, 64, 8});
  REQUIRE(summary.loops.size() == 3);
  REQUIRE(summary.loops[0].locals_used == 3);
  REQUIRE(summary.loops[0].locals_written == 2);
  REQUIRE(summary.loops[0].has_call);
  REQUIRE(summary.loops[1].locals_used == 2);
  REQUIRE(summary.loops[1].locals_written == 2);
  REQUIRE(summary.loops[1].has_call);
  REQUIRE(summary.loops[2].locals_used == 4);
  REQUIRE(summary.loops[2].locals_written == 0);
  REQUIRE(!summary.loops[2].has_call);
  REQUIRE(summary.max_stack_height == 1);
  REQUIRE(summary.max_label_depth == 3);
  REQUIRE(summary.calls == 1);
  REQUIRE(!summary.uses_memory0);
  const module::FunctionSummary& leaf = valid->summaries[1];
  REQUIRE(leaf.max_stack_height == 2);
  REQUIRE(leaf.max_label_depth == 1);
  REQUIRE(leaf.calls == 0);
}

TEST_CASE("the summary's weights saturate in deep loops", "[validate][summary]") {
  const Bytes body = code(repeat(40, code(op::loop, t::none)), op::local_get, 0u, op::drop, op::local_get, 0u, op::drop, repeat(40, code(op::end)));
  const auto checked = check_all(function({code(t::i32)}, kNone, body).build());
  REQUIRE(checked->verdict == "valid");
  REQUIRE(checked->summaries[0].local_weights == std::vector<uint32_t>{UINT32_MAX});
}

TEST_CASE("the summary tells bodies that access memory 0", "[validate][summary]") {
  const auto uses = [](const Bytes& body) {
    Builder builder = function(kNone, kNone, body);
    builder.memory(code(0u, 1u));
    builder.memory(code(0u, 1u));
    const auto checked = check_all(builder.build());
    REQUIRE(checked->verdict == "valid");
    return checked->summaries[0].uses_memory0;
  };
  REQUIRE(uses(code(kOne, op::i32_load, 2u, 0u, op::drop)));
  REQUIRE(!uses(code(kOne, op::i32_load, 0x42u, 1u, 0u, op::drop)));
  REQUIRE(!uses(code(op::memory_size, 0u, op::drop)));
  REQUIRE(uses(code(kOne, kOne, kOne, op::memory_fill, 0u)));
  REQUIRE(!uses(code(kOne, kOne, kOne, op::memory_fill, 1u)));
  REQUIRE(uses(code(kOne, kOne, kOne, op::memory_copy, 1u, 0u)));
}

TEST_CASE("one validator checks bodies one after the other", "[validate][summary]") {
  Builder builder = function(kNone, kNone, code(op::i32_add, op::drop));
  builder.func(0, code(kOne, op::drop, op::loop, t::none, op::end));
  module::TypeRegistry types;
  auto module = binary::read_module(std::make_shared<const Bytes>(builder.build()), types);
  REQUIRE(module.ok());
  validate::FunctionValidator validator(module.value());
  module::FunctionSummary summary;
  REQUIRE(!validator.check(FuncIndex(0), summary).ok());
  REQUIRE(validator.check(FuncIndex(1), summary).ok());
  REQUIRE(validator.check(FuncIndex(1), summary).ok());
  REQUIRE(summary.loops.size() == 1);
  REQUIRE(summary.max_stack_height == 1);
}

/// Validates a body of about a megabyte. The processor time allowed is generous for debug builds with sanitizers and far below what
/// quadratic work takes.
std::string timed(const Builder& builder) {
  const std::clock_t start = std::clock();
  const std::string verdict = check_all(builder.build())->verdict;
  REQUIRE((std::clock() - start) / CLOCKS_PER_SEC < 20);
  return verdict;
}

std::vector<Bytes> many(const Bytes& type) { return std::vector<Bytes>(1000, type); }

TEST_CASE("nesting is bounded, and deep nesting is cheap", "[validate][hostile]") {
  const auto nested = [](size_t depth) {
    return function(kNone, kNone, code(repeat(depth, code(op::block, t::none)), repeat(depth, code(op::end))));
  };
  REQUIRE(timed(nested(100'000)) == "valid");
  REQUIRE(timed(nested(100'001)) == "unsupported: blocks nested too deep: more than 100000");
  REQUIRE(timed(function(kNone, kNone, code(repeat(90'000, code(op::loop, t::none)), repeat(90'000, code(op::end))))) == "valid");
}

TEST_CASE("blocks of a thousand parameters and results are cheap", "[validate][hostile]") {
  Builder builder = function(many(code(t::i32)), many(code(t::i32)),
                             code(op::unreachable, repeat(200'000, code(op::block, 0u, op::end))));
  REQUIRE(timed(builder) == "valid");
  Builder branches = function(many(code(t::i32)), many(code(t::i32)),
                              code(op::unreachable, op::block, 0u, repeat(250'000, code(kOne, op::br_if, 0u)), op::end));
  REQUIRE(timed(branches) == "valid");
}

TEST_CASE("types to compare one by one are bounded", "[validate][hostile]") {
  Builder builder = function(many(code(t::i31ref)), kNone,
                             code(repeat(300'000, code(op::unreachable, op::call, 0u)), op::call, 1u, repeat(200'000, code(op::call, 2u))));
  builder.func_type(kNone, many(code(t::i31ref)));
  builder.func_type(many(code(t::eqref)), many(code(t::i31ref)));
  builder.func(1, code(op::unreachable));
  builder.func(2, code(op::unreachable));
  REQUIRE(timed(builder) == "unsupported: function too complex: too many types to compare");
}

TEST_CASE("the operand stack is bounded", "[validate][hostile]") {
  Builder builder = function(kNone, many(code(t::i64)), code(op::unreachable));
  builder.func_type(kNone, kNone);
  builder.func(1, repeat(300'000, code(op::call, 0u)));
  REQUIRE(timed(builder) == "unsupported: too many operands on the stack: more than 1000000");
}

TEST_CASE("large branch tables are cheap", "[validate][hostile]") {
  const Bytes table = code(kOne, op::br_table, 60'000u, Bytes(60'001));
  Bytes body;
  for (int i = 0; i < 16; ++i) put(body, code(op::block, t::none, table, op::end));
  REQUIRE(timed(function(kNone, kNone, body)) == "valid");
  Bytes labels;
  for (int i = 0; i < 30'000; ++i) put(labels, code(0u, 1u));
  Builder wide = function(many(code(t::i32)), many(code(t::i32)), {});
  wide.func_type(kNone, many(code(t::i32)));
  wide.func(1, code(op::unreachable, op::call, 0u, op::block, 0u, kOne, op::br_table, 60'000u, labels, 0u, op::end));
  REQUIRE(check_all(wide.build())->verdict.starts_with("invalid: type mismatch"));
}

TEST_CASE("array.new_fixed of four billion operands in unreachable code costs nothing", "[validate][hostile][array_new_fixed]") {
  Builder builder = function(kNone, kNone, code(op::unreachable, op::array_new_fixed, 1u, 0xffffffffu, op::drop));
  builder.type(code(Byte{0x5e}, t::i32, Byte{0}));
  REQUIRE(timed(builder) == "valid");
}

}  // namespace
}  // namespace wasmrun::tests
