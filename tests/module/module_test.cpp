#include "engine/module/module.h"

#include "tests/support/catch.h"

namespace wasmrun::module {

TEST_CASE("referenced functions are found by index, and know their slot", "[module]") {
  Module module;
  module.referenced_functions = {FuncIndex(2), FuncIndex(5), FuncIndex(9)};
  CHECK(module.is_referenced(FuncIndex(5)));
  CHECK_FALSE(module.is_referenced(FuncIndex(4)));
  CHECK_FALSE(module.is_referenced(FuncIndex(10)));
  CHECK(module.reference_slot(FuncIndex(2)) == 0);
  CHECK(module.reference_slot(FuncIndex(9)) == 2);
}

TEST_CASE("exports are found by name", "[module]") {
  Module module;
  module.exports = {{"a", ExternKind::Func, 1, 0}, {"b", ExternKind::Memory, 0, 0}};
  REQUIRE(module.find_export("b"));
  CHECK(module.find_export("b")->kind == ExternKind::Memory);
  CHECK(module.find_export("") == nullptr);
}

}  // namespace wasmrun::module
