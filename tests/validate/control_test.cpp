// Blocks, branches and calls.
#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

const std::vector<Bytes> kNone;
const std::vector<Bytes> kOneI32{code(t::i32)};
const Bytes kOne = code(op::i32_const, 1);

TEST_CASE("a block gives exactly the results of its type", "[validate][block]") {
  REQUIRE_VALID(function(kNone, kOneI32, code(op::block, t::i32, kOne, op::end)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i32] but stack has []",
                  function(kNone, kOneI32, code(op::block, t::i32, op::end)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i32] but stack has [i64]",
                  function(kNone, kOneI32, code(op::block, t::i32, op::i64_const, 1, op::end)));
  REQUIRE_VERDICT("invalid: type mismatch: block requires [] but stack has [i32]",
                  function(kNone, kNone, code(op::block, t::none, kOne, op::end)));
}

TEST_CASE("a block takes parameters from the stack and sees no operand below them", "[validate][block]") {
  Builder builder = function(kNone, kOneI32, code(kOne, kOne, op::block, 1u, op::i32_eqz, op::end, op::drop));
  builder.func_type(kOneI32, kOneI32);
  REQUIRE_VALID(builder);
  Builder deeper = function(kNone, kOneI32, code(kOne, kOne, op::block, 1u, op::i32_add, op::end));
  deeper.func_type(kOneI32, kOneI32);
  REQUIRE_VERDICT("invalid: type mismatch: expected i32, found nothing", deeper);
}

TEST_CASE("a block's type index names a function type of the module", "[validate][block]") {
  REQUIRE_VERDICT("invalid: unknown type 1", function(kNone, kNone, code(op::block, 1u, op::end)));
  Builder builder = function(kNone, kNone, code(op::block, 1u, op::end));
  builder.type(code(Byte{0x5f}, 0u));
  REQUIRE_VERDICT("invalid: type mismatch: type 1 is not a function type", builder);
}

TEST_CASE("a branch to a loop takes its parameters, a branch to a block its results", "[validate][loop][br]") {
  REQUIRE_VALID(function(kNone, kOneI32, code(op::loop, t::i32, op::br, 0u, op::end)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i32] but stack has []",
                  function(kNone, kOneI32, code(op::block, t::i32, op::br, 0u, op::end)));
}

TEST_CASE("an if without else gives back its parameters", "[validate][if]") {
  REQUIRE_VALID(function(kNone, kNone, code(kOne, op::if_, t::none, op::end)));
  REQUIRE_VALID(function(kNone, kOneI32, code(kOne, op::if_, t::i32, kOne, op::else_, kOne, op::end)));
  REQUIRE_VERDICT("invalid: type mismatch: if without else",
                  function(kNone, kOneI32, code(kOne, op::if_, t::i32, kOne, op::end)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i32, found f32",
                  function(kNone, kNone, code(op::f32_const, Bytes(4), op::if_, t::none, op::end)));
}

TEST_CASE("else belongs to an if and both parts give the results", "[validate][else]") {
  REQUIRE_VERDICT("malformed: END opcode expected", function(kNone, kNone, code(op::block, t::none, op::else_, op::end)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i32]",
                  function(kNone, kOneI32, code(kOne, op::if_, t::i32, op::else_, kOne, op::end)));
}

TEST_CASE("a label counts the blocks around the branch", "[validate][br][br_if][br_table]") {
  REQUIRE_VALID(function(kNone, kNone, code(op::block, t::none, op::br, 1u, op::end)));
  REQUIRE_VERDICT("invalid: unknown label 2", function(kNone, kNone, code(op::block, t::none, op::br, 2u, op::end)));
  REQUIRE_VERDICT("invalid: unknown label 1", function(kNone, kNone, code(kOne, op::br_if, 1u)));
  REQUIRE_VERDICT("invalid: unknown label 3", function(kNone, kNone, code(kOne, op::br_table, 1u, 0u, 3u)));
}

TEST_CASE("br_if leaves its label's types on the stack", "[validate][br_if]") {
  REQUIRE_VALID(function(kNone, kOneI32, code(kOne, kOne, op::br_if, 0u)));
  // The operand was (ref func), the label's type is funcref: what stays is funcref.
  Builder builder = function({code(t::ref, t::funcref)}, {code(t::ref, t::funcref)},
                             code(op::block, t::funcref, op::local_get, 0u, kOne, op::br_if, 0u, op::end, op::ref_as_non_null));
  REQUIRE_VALID(builder);
  Builder kept = function({code(t::ref, t::funcref)}, {code(t::ref, t::funcref)},
                          code(op::block, t::funcref, op::local_get, 0u, kOne, op::br_if, 0u, op::return_, op::end, op::unreachable));
  REQUIRE_VERDICT("invalid: type mismatch", kept);
}

TEST_CASE("the labels of br_table take equally many operands that all match", "[validate][br_table]") {
  REQUIRE_VALID(function(kNone, kOneI32, code(op::block, t::i32, kOne, kOne, op::br_table, 1u, 0u, 1u, op::end)));
  REQUIRE_VERDICT("invalid: type mismatch: labels of br_table",
                  function(kNone, kOneI32, code(op::block, t::none, kOne, kOne, op::br_table, 1u, 0u, 1u, op::end, kOne)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i64] but stack has [i32]",
                  function(kNone, kOneI32,
                           code(op::block, t::i64, kOne, kOne, op::br_table, 1u, 0u, 1u, op::end, op::drop, kOne)));
}

TEST_CASE("code after a branch may take operands of any type, and must still fit together", "[validate][unreachable]") {
  REQUIRE_VALID(function(kNone, kOneI32, code(op::unreachable, op::i32_add)));
  REQUIRE_VALID(function(kNone, kOneI32, code(op::unreachable, op::select)));
  REQUIRE_VALID(function(kNone, kOneI32, code(op::unreachable, kOne, op::br_if, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i32, found i64",
                  function(kNone, kOneI32, code(op::unreachable, op::i64_const, 1, op::i32_add)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i32, found a reference",
                  function(kNone, kOneI32, code(op::unreachable, op::ref_as_non_null, op::i32_eqz)));
  REQUIRE_VERDICT("invalid: type mismatch: block requires [] but stack has [i32]",
                  function(kNone, kNone, code(op::unreachable, kOne)));
}

TEST_CASE("return takes the function's results", "[validate][return]") {
  REQUIRE_VALID(function(kNone, kOneI32, code(op::block, t::none, kOne, op::return_, op::end, kOne)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i32] but stack has [f64]",
                  function(kNone, kOneI32, code(op::f64_const, Bytes(8), op::return_)));
}

TEST_CASE("a call takes its parameters and gives its results", "[validate][call]") {
  REQUIRE_VALID(function(kOneI32, kOneI32, code(kOne, op::call, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i32] but stack has []",
                  function(kOneI32, kOneI32, code(op::call, 0u)));
  REQUIRE_VERDICT("invalid: unknown function 1", function(kNone, kNone, code(op::call, 1u)));
}

TEST_CASE("call_indirect needs a table of functions and an index of its address type", "[validate][call_indirect]") {
  Builder builder = function(kNone, kNone, code(kOne, op::call_indirect, 0u, 0u));
  REQUIRE_VERDICT("invalid: unknown table 0", builder);
  builder.table(code(t::funcref, 0u, 1u));
  REQUIRE_VALID(builder);
  Builder wide = function(kNone, kNone, code(kOne, op::call_indirect, 0u, 0u));
  wide.table(code(t::funcref, 4u, 1u));
  REQUIRE_VERDICT("invalid: type mismatch: expected i64, found i32", wide);
  Builder other = function(kNone, kNone, code(kOne, op::call_indirect, 0u, 0u));
  other.table(code(t::externref, 0u, 1u));
  REQUIRE_VERDICT("invalid: type mismatch: expected funcref, found externref", other);
  Builder unknown = function(kNone, kNone, code(kOne, op::call_indirect, 7u, 0u));
  unknown.table(code(t::funcref, 0u, 1u));
  REQUIRE_VERDICT("invalid: unknown type 7", unknown);
}

TEST_CASE("call_ref takes a reference to its function type", "[validate][call_ref]") {
  REQUIRE_VALID(function({ref_null(0)}, kNone, code(op::local_get, 0u, op::local_get, 0u, op::call_ref, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch: expected (ref null 0), found funcref",
                  function({code(t::funcref)}, kNone, code(op::local_get, 0u, op::local_get, 0u, op::call_ref, 0u)));
}

TEST_CASE("a tail call's callee gives what the caller gives", "[validate][return_call][return_call_indirect][return_call_ref]") {
  REQUIRE_VALID(function(kNone, kOneI32, code(op::return_call, 0u)));
  Builder builder = function(kNone, kOneI32, code(op::return_call, 1u));
  builder.func_type(kNone, kNone);
  builder.func(1, {});
  REQUIRE_VERDICT("invalid: type mismatch: the callee's results", builder);
  Builder indirect = function(kNone, kOneI32, code(kOne, op::return_call_indirect, 0u, 0u));
  indirect.table(code(t::funcref, 0u, 1u));
  REQUIRE_VALID(indirect);
  REQUIRE_VALID(function({ref_null(0)}, kNone, code(op::local_get, 0u, op::local_get, 0u, op::return_call_ref, 0u)));
}

TEST_CASE("br_on_null keeps a reference that is not null", "[validate][br_on_null][br_on_non_null]") {
  REQUIRE_VALID(function({code(t::funcref)}, {code(t::ref, t::funcref)},
                         code(op::block, t::none, op::local_get, 0u, op::br_on_null, 0u, op::return_, op::end, op::unreachable)));
  REQUIRE_VALID(function({code(t::funcref)}, {code(t::ref, t::funcref)},
                         code(op::local_get, 0u, op::br_on_non_null, 0u, op::unreachable)));
  REQUIRE_VERDICT("invalid: type mismatch: expected a reference, found i32",
                  function(kNone, kNone, code(kOne, op::br_on_null, 0u, op::drop)));
  REQUIRE_VERDICT("invalid: type mismatch: the label must take a reference",
                  function({code(t::funcref)}, kNone, code(op::local_get, 0u, op::br_on_non_null, 0u)));
}

TEST_CASE("br_on_cast branches with the narrower type and goes on with the rest", "[validate][br_on_cast][br_on_cast_fail]") {
  // flags 3: both nullable. What does not branch cannot be null.
  REQUIRE_VALID(function({code(t::anyref)}, {code(t::i31ref)},
                         code(op::local_get, 0u, op::br_on_cast, Byte{3}, 0u, t::anyref, t::i31ref, op::drop, op::unreachable)));
  REQUIRE_VALID(function({code(t::anyref)}, {code(t::ref, t::anyref)},
                         code(op::local_get, 0u, op::br_on_cast_fail, Byte{3}, 0u, t::anyref, t::i31ref, op::drop, op::unreachable)));
  REQUIRE_VERDICT("invalid: type mismatch: anyref does not match i31ref",
                  function({code(t::i31ref)}, {code(t::anyref)},
                           code(op::local_get, 0u, op::br_on_cast, Byte{3}, 0u, t::i31ref, t::anyref)));
  REQUIRE_VERDICT("invalid: type mismatch: expected i31ref, found anyref",
                  function({code(t::anyref)}, {code(t::i31ref)},
                           code(op::local_get, 0u, op::br_on_cast_fail, Byte{1}, 0u, t::anyref, t::i31ref, op::unreachable)));
}

}  // namespace
}  // namespace wasmrun::tests
