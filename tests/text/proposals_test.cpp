// Proposals from text through the decoder to validation: what each adds, and what refuses it where it is off.
#include "engine/binary/read_module.h"
#include "engine/text/text.h"
#include "engine/validate/validate.h"
#include "tests/support/catch.h"

namespace wasmrun::text {
namespace {

using module::Feature;
using module::FeatureSet;

/// "valid", or the kind of the error and its message.
std::string verdict(const char* source, FeatureSet features) {
  static constexpr const char* kKinds[] = {"malformed: ", "invalid: ", "unlinkable: ", "unsupported: ", "io: "};
  const auto failed = [](const Error& error) { return kKinds[static_cast<int>(error.kind)] + error.message; };
  auto bytes = assemble_module(source, features);
  if (!bytes.ok()) return failed(bytes.error());
  static module::TypeRegistry types;
  auto read = binary::read_module(std::make_shared<const std::vector<uint8_t>>(std::move(bytes).value()), types, features);
  if (!read.ok()) return failed(read.error());
  const module::Module& module = read.value();
  if (auto checked = validate::check_module(module); !checked.ok()) return failed(checked.error());
  validate::FunctionValidator validator(module);
  module::FunctionSummary summary;
  for (uint32_t i = module.imported_functions; i < module.functions.size(); ++i) {
    if (auto checked = validator.check(FuncIndex(i), summary); !checked.ok()) return failed(checked.error());
  }
  return "valid";
}

std::string verdict(const char* source, Feature feature) { return verdict(source, FeatureSet::defaults().with(feature)); }
std::string verdict_without(const char* source, Feature feature) {
  return verdict(source, FeatureSet::defaults().without(feature));
}

TEST_CASE("features have a default and an option", "[module][features]") {
  CHECK(FeatureSet::defaults().has(Feature::gc));
  CHECK(FeatureSet::defaults().has(Feature::threads));
  CHECK_FALSE(FeatureSet::defaults().has(Feature::wide_arithmetic));
  CHECK(FeatureSet::all().has(Feature::custom_descriptors));
  CHECK(FeatureSet::all().without(Feature::simd).with(Feature::simd) == FeatureSet::all());
  CHECK(module::find_feature("custom-page-sizes") == Feature::custom_page_sizes);
  CHECK_FALSE(module::find_feature("custom_page_sizes").has_value());
}

TEST_CASE("wide arithmetic gives two results", "[validate][wide-arithmetic]") {
  const char* source =
      "(func (param i64 i64) (result i64 i64) local.get 0 local.get 1 i64.mul_wide_s local.get 0 local.get 1 i64.add128)";
  CHECK(verdict(source, Feature::wide_arithmetic) == "valid");
  CHECK(verdict_without(source, Feature::wide_arithmetic) ==
        "malformed: illegal opcode fc 15: i64.mul_wide_s needs --enable wide-arithmetic");
  CHECK_THAT(verdict("(func (result i64) i64.const 0 i64.const 0 i64.mul_wide_u)", Feature::wide_arithmetic),
             StartsWith("invalid: type mismatch"));
}

TEST_CASE("pages have one byte or 65536", "[validate][memories]") {
  CHECK(verdict("(memory 3 (pagesize 1))", Feature::custom_page_sizes) == "valid");
  CHECK(verdict("(memory (pagesize 1) (data \"xyz\"))", Feature::custom_page_sizes) == "valid");
  CHECK_THAT(verdict("(memory 3 (pagesize 2))", Feature::custom_page_sizes), StartsWith("invalid: invalid custom page size"));
  CHECK_THAT(verdict_without("(memory 3 (pagesize 1))", Feature::custom_page_sizes),
             StartsWith("malformed: malformed limits flags: custom page sizes need --enable custom-page-sizes"));
}

TEST_CASE("atomic accesses are naturally aligned", "[validate][threads]") {
  CHECK(verdict("(memory 1 1 shared) (func (drop (i64.atomic.load32_u offset=4 (i32.const 0))) atomic.fence)",
                Feature::threads) == "valid");
  CHECK(verdict("(memory 1) (func (drop (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 0))))",
                Feature::threads) == "valid");
  CHECK_THAT(verdict("(memory 1) (func (drop (i32.atomic.load align=2 (i32.const 0))))", Feature::threads),
             StartsWith("invalid: atomic alignment must be natural"));
  CHECK_THAT(verdict("(memory 1 shared)", Feature::threads), StartsWith("invalid: shared memory must have maximum"));
  CHECK_THAT(verdict_without("(memory 1 1 shared)", Feature::threads), StartsWith("malformed: malformed limits flags"));
  CHECK_THAT(verdict_without("(func atomic.fence)", Feature::threads), StartsWith("malformed: illegal opcode fe 03"));
}

TEST_CASE("features of 3.0 can be taken away", "[validate][features]") {
  CHECK_THAT(verdict_without("(memory 0) (memory 0)", Feature::multi_memory), StartsWith("invalid: multiple memories"));
  CHECK_THAT(verdict_without("(table 0 funcref) (table 0 funcref)", Feature::multi_table),
             StartsWith("invalid: multiple tables"));
  CHECK_THAT(verdict_without("(memory 0x1_0000_0000)", Feature::memory64),
             StartsWith("malformed: i32 constant out of range"));
}

TEST_CASE("an exact type is below its own type only", "[validate][custom-descriptors]") {
  const char* up = "(type $a (sub (struct))) (func (param (ref (exact $a))) (result (ref $a)) local.get 0)";
  const char* down = "(type $a (sub (struct))) (func (param (ref $a)) (result (ref (exact $a))) local.get 0)";
  const char* sub =
      "(type $a (sub (struct))) (type $b (sub $a (struct)))"
      "(func (param (ref (exact $b))) (result (ref (exact $a))) local.get 0)";
  const char* none = "(type $a (sub (struct))) (func (result (ref null (exact $a))) ref.null none)";
  const char* made = "(type $a (sub (struct))) (func (result (ref (exact $a))) struct.new $a)";
  CHECK(verdict(up, Feature::custom_descriptors) == "valid");
  CHECK_THAT(verdict(down, Feature::custom_descriptors), StartsWith("invalid: type mismatch"));
  CHECK_THAT(verdict(sub, Feature::custom_descriptors), StartsWith("invalid: type mismatch"));
  CHECK(verdict(none, Feature::custom_descriptors) == "valid");
  CHECK(verdict(made, Feature::custom_descriptors) == "valid");
  CHECK_THAT(verdict(made, FeatureSet::defaults()), Catch::Matchers::EndsWith("exact types need --enable custom-descriptors"));
}

TEST_CASE("a descriptor and its type name each other", "[validate][custom-descriptors]") {
  const char* pair =
      "(rec (type $a (descriptor $d) (struct)) (type $d (describes $a) (struct)))"
      "(func (param (ref (exact $d))) (result (ref (exact $d)))"
      "  (ref.get_desc $a (struct.new_desc $a (local.get 0))))";
  const char* alone = "(rec (type $a (descriptor $d) (struct)) (type $d (struct)))";
  const char* outside = "(type $a (descriptor 1) (struct)) (type $d (describes 0) (struct))";
  CHECK(verdict(pair, Feature::custom_descriptors) == "valid");
  CHECK_THAT(verdict(pair, FeatureSet::defaults()), StartsWith("malformed: malformed definition type: custom descriptors need"));
  CHECK_THAT(verdict(alone, Feature::custom_descriptors), StartsWith("invalid: type is not described by its descriptor"));
  CHECK_THAT(verdict(outside, Feature::custom_descriptors), StartsWith("invalid: descriptor type is outside rec group"));
}

}  // namespace
}  // namespace wasmrun::text
