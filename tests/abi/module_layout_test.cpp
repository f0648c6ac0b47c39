#include "engine/abi/instance_layout.h"

#include "tests/support/catch.h"

namespace wasmrun::abi {
namespace {

TEST_CASE("the arrays of an instance are aligned and do not overlap", "[abi]") {
  module::Module module;
  module.memories.resize(1);
  module.tables.resize(2);
  module.functions.resize(5);
  module.imported_functions = 3;
  module.globals.resize(4);
  module.imported_globals = 1;
  module.referenced_functions = {FuncIndex(0), FuncIndex(4), FuncIndex(2)};
  module.types.resize(7);
  const ModuleLayout layout(module);
  REQUIRE(layout.memory_descriptor(0) == sizeof(InstanceHeader));
  REQUIRE(layout.table_descriptor(0) >= layout.memory_descriptor(1));
  REQUIRE(layout.imported_function(0) >= layout.table_descriptor(2));
  REQUIRE(layout.imported_global(0) >= layout.imported_function(3));
  REQUIRE(layout.defined_global(0) >= layout.imported_global(1));
  REQUIRE(layout.defined_global(0) % 16 == 0);
  REQUIRE(layout.func_object(0) >= layout.defined_global(3));
  REQUIRE(layout.func_object(0) % 8 == 0);
  REQUIRE(layout.type_id(0) >= layout.func_object(3));
  REQUIRE(layout.size_bytes >= layout.type_id(7));
}

TEST_CASE("an empty module's instance is a header", "[abi]") {
  REQUIRE(ModuleLayout(module::Module{}).size_bytes == (sizeof(InstanceHeader) + 15) / 16 * 16);
}

}  // namespace
}  // namespace wasmrun::abi
