// Test scripts: commands, constants, patterns.
#include "engine/text/script.h"

#include "tests/support/catch.h"

using namespace wasmrun;
using namespace wasmrun::text;

namespace {
Script parse(std::string_view source) {
  auto script = parse_script(source);
  if (!script.ok()) FAIL(script.error().message);
  return std::move(script).value();
}
}  // namespace

TEST_CASE("a script is a list of commands with their lines", "[text][script]") {
  const Script script = parse(
      "(module $m (func (export \"f\")))\n(register \"n\" $m)\n(invoke $m \"f\" (i32.const 1))\n"
      "(assert_return (get \"g\") (f32.const nan:canonical))\n(assert_trap (invoke \"f\") \"unreachable\")\n"
      "(module definition $d)\n(module instance $i $d)\n(assert_trap (module (start 0)) \"x\")\n(assert_exception "
      "(invoke \"e\"))");
  REQUIRE(script.commands.size() == 9);
  using Kind = Command::Kind;
  const Kind kinds[] = {Kind::Module,         Kind::Register,         Kind::Action,
                        Kind::AssertReturn,   Kind::AssertTrap,       Kind::ModuleDefinition,
                        Kind::ModuleInstance, Kind::AssertTrapModule, Kind::AssertException};
  for (size_t i = 0; i < 9; ++i) {
    CHECK(script.commands[i].kind == kinds[i]);
    CHECK(script.commands[i].line == i + 1);
    CHECK(script.commands[i].column == 1);
  }
  CHECK(script.commands[0].module.bytes.ok());
  CHECK(script.commands[1].of == "m");
  CHECK(script.commands[2].action.arguments[0].bits == 1);
  CHECK(script.commands[3].expected[0].alternatives[0].nan[0] == NanPattern::Canonical);
  CHECK(script.commands[6].name == "i");
  CHECK(script.commands[6].of == "d");
}

TEST_CASE("a module that does not assemble is no error of the script", "[text][script]") {
  const Script script = parse(
      "(assert_malformed (module quote \"(func \" \"$a)(func $a)\") \"duplicate func\") (module (func (foo))) (module "
      "binary \"\\00a\" \"sm\")");
  REQUIRE(script.commands.size() == 3);
  REQUIRE_FALSE(script.commands[0].module.bytes.ok());
  CHECK_THAT(script.commands[0].module.bytes.error().message, StartsWith("duplicate func"));
  CHECK_FALSE(script.commands[1].module.bytes.ok());
  CHECK(script.commands[2].module.bytes.value().size() == 4);
}

TEST_CASE("results may have alternatives, vectors lanes", "[text][script]") {
  const Script script = parse(
      "(assert_return (invoke \"f\") (either (i32.const 1) (i32.const 2)) (v128.const f32x4 1 nan:arithmetic -nan 0)"
      " (ref.extern 5) (ref.null) (ref.null func) (ref.func))");
  const auto& expected = script.commands[0].expected;
  REQUIRE(expected.size() == 6);
  CHECK(expected[0].alternatives.size() == 2);
  CHECK(expected[1].alternatives[0].nan[1] == NanPattern::Arithmetic);
  CHECK(expected[1].alternatives[0].vector[3] == 0x3f);
  CHECK(expected[1].alternatives[0].vector[11] == 0xff);
  CHECK(expected[2].alternatives[0].bits == 5);
  CHECK(expected[3].alternatives[0].kind == ConstantKind::RefNull);
}

TEST_CASE("bare fields are one module, and a broken script says where", "[text][script]") {
  CHECK(parse("(func) (memory 0)").commands.size() == 1);
  const auto broken = parse_script("(module)\n(assert_retrun (invoke \"f\"))");
  REQUIRE_FALSE(broken.ok());
  CHECK_THAT(broken.error().message, StartsWith("unknown operator assert_retrun (at 2:2)"));
  CHECK_FALSE(parse_script("(invoke \"f\" (i32.const nan:canonical))").ok());
}
