// Tags, throw, try_table, and the legacy instructions.
#include "tests/validate/builder.h"

namespace wasmrun::tests {
namespace {

const std::vector<Bytes> kNone;
const Bytes kOne = code(op::i32_const, 1);

/// Tag 0 carries an i32.
Builder with_tag(const std::vector<Bytes>& results, const Bytes& body) {
  Builder builder = function(kNone, results, body);
  builder.func_type({code(t::i32)}, kNone);
  builder.func_type(kNone, {code(t::i32), code(t::exnref)});
  builder.tag(1);
  return builder;
}

TEST_CASE("throw takes what its tag carries", "[validate][throw]") {
  REQUIRE_VALID(with_tag(kNone, code(kOne, op::throw_, 0u)));
  REQUIRE_VERDICT("invalid: unknown tag 0", function(kNone, kNone, code(op::throw_, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i32] but stack has []", with_tag(kNone, code(op::throw_, 0u)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i32] but stack has [i64]",
                  with_tag(kNone, code(op::i64_const, 5, op::throw_, 0u)));
}

TEST_CASE("throw_ref takes an exception", "[validate][throw_ref]") {
  REQUIRE_VALID(with_tag(kNone, code(op::ref_null, t::exnref, op::throw_ref)));
  REQUIRE_VERDICT("invalid: type mismatch: expected exnref, found i32", with_tag(kNone, code(kOne, op::throw_ref)));
}

TEST_CASE("a catch clause gives what its label takes", "[validate][try_table]") {
  const auto with_clause = [](Byte block_type, const Bytes& clause, const Bytes& rest) {
    return with_tag(kNone, code(op::block, block_type, op::try_table, t::none, 1u, clause, op::end, op::return_, op::end, rest));
  };
  REQUIRE_VALID(with_clause(t::i32, code(Byte{0}, 0u, 0u), code(op::drop)));
  REQUIRE_VALID(with_clause(Byte{2}, code(Byte{1}, 0u, 0u), code(op::drop, op::drop)));
  REQUIRE_VALID(with_clause(t::none, code(Byte{2}, 0u), {}));
  REQUIRE_VALID(with_clause(t::exnref, code(Byte{3}, 0u), code(op::drop)));
  const std::string wrong = "invalid: type mismatch: the label of a catch clause";
  REQUIRE_VERDICT(wrong, with_clause(t::none, code(Byte{0}, 0u, 0u), {}));
  REQUIRE_VERDICT(wrong, with_clause(t::i32, code(Byte{1}, 0u, 0u), code(op::drop)));
  REQUIRE_VERDICT(wrong, with_clause(t::i32, code(Byte{3}, 0u), code(op::drop)));
  REQUIRE_VERDICT("invalid: unknown tag 1", with_clause(t::i32, code(Byte{0}, 1u, 0u), code(op::drop)));
  REQUIRE_VERDICT("invalid: unknown label 2", with_clause(t::none, code(Byte{2}, 2u), {}));
}

TEST_CASE("each part of a legacy try gives its results", "[validate][try][catch][catch_all]") {
  const std::vector<Bytes> result{code(t::i32)};
  REQUIRE_VALID(with_tag(result, code(op::try_, t::i32, kOne, op::catch_, 0u, op::catch_all, kOne, op::end)));
  REQUIRE_VERDICT("invalid: type mismatch: instruction requires [i32] but stack has []", with_tag(result, code(op::try_, t::i32, op::end)));
  REQUIRE_VERDICT("invalid: type mismatch: block requires [] but stack has [i32]",
                  with_tag(kNone, code(op::try_, t::none, op::catch_, 0u, op::end)));
  REQUIRE_VERDICT("invalid: type mismatch: block requires [] but stack has [i32]",
                  with_tag(kNone, code(op::try_, t::none, op::catch_all, kOne, op::end)));
  REQUIRE_VERDICT("invalid: unknown tag 3", with_tag(kNone, code(op::try_, t::none, op::catch_, 3u, op::end)));
}

TEST_CASE("catch, catch_all and delegate belong to a try", "[validate][catch][catch_all][delegate]") {
  REQUIRE_VERDICT("malformed: END opcode expected", with_tag(kNone, code(op::block, t::none, op::catch_all, op::end)));
  REQUIRE_VERDICT("malformed: END opcode expected", with_tag(kNone, code(op::try_, t::none, op::catch_all, op::catch_, 0u, op::end)));
  REQUIRE_VERDICT("malformed: END opcode expected", with_tag(kNone, code(op::try_, t::none, op::catch_all, op::delegate, 0u)));
}

TEST_CASE("delegate counts its label from outside the try", "[validate][delegate]") {
  REQUIRE_VALID(with_tag(kNone, code(op::try_, t::none, op::delegate, 0u)));
  REQUIRE_VERDICT("invalid: unknown label 1", with_tag(kNone, code(op::try_, t::none, op::delegate, 1u)));
}

TEST_CASE("rethrow names a catch", "[validate][rethrow]") {
  REQUIRE_VALID(with_tag(kNone, code(op::try_, t::none, op::catch_all, op::rethrow, 0u, op::end)));
  REQUIRE_VERDICT("invalid: invalid rethrow label", with_tag(kNone, code(op::rethrow, 0u)));
  REQUIRE_VERDICT("invalid: invalid rethrow label", with_tag(kNone, code(op::try_, t::none, op::rethrow, 0u, op::catch_all, op::end)));
}

}  // namespace
}  // namespace wasmrun::tests
