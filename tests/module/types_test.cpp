#include "engine/module/types.h"

#include "engine/module/features.h"
#include "tests/support/catch.h"

namespace wasmrun::module {

TEST_CASE("types print as the text format writes them", "[module]") {
  CHECK(to_string(kI32) == "i32");
  CHECK(to_string(kV128) == "v128");
  CHECK(to_string(kBottom) == "bot");
  CHECK(to_string(kFuncRef) == "funcref");
  CHECK(to_string(ValueType::ref(AbstractHeapType::None, true)) == "nullref");
  CHECK(to_string(ValueType::ref(AbstractHeapType::NoExtern, true)) == "nullexternref");
  CHECK(to_string(ValueType::ref(AbstractHeapType::I31, false)) == "(ref i31)");
  CHECK(to_string(ValueType::ref(TypeIndex(3), true)) == "(ref null 3)");
  CHECK(to_string(ValueType::ref(TypeIndex(999'999), false)) == "(ref 999999)");
  CHECK(to_string(FuncType{{kI32, kI64}, {kF32}}) == "[i32 i64] -> [f32]");
  CHECK(to_string(FuncType{}) == "[] -> []");
  CHECK(to_string(ExternKind::Memory) == std::string("memory"));
  CHECK(to_string(Feature::multi_memory) == std::string("multi-memory"));
}

TEST_CASE("a reference type keeps its heap type and nullability apart", "[module]") {
  for (const bool nullable : {false, true}) {
    for (int i = 0; i <= static_cast<int>(AbstractHeapType::NoExn); ++i) {
      const auto heap_type = static_cast<AbstractHeapType>(i);
      const ValueType type = ValueType::ref(heap_type, nullable);
      CHECK(type.is_ref());
      CHECK(type.nullable() == nullable);
      CHECK(type.defaultable() == nullable);
      CHECK_FALSE(type.heap_type().is_index());
      CHECK(type.heap_type().abstract() == heap_type);
      CHECK(type.as_non_null() == ValueType::ref(heap_type, false));
    }
    const ValueType type = ValueType::ref(TypeIndex((1u << 22) - 1), nullable);
    CHECK(type.heap_type().is_index());
    CHECK(type.heap_type().index().value == (1u << 22) - 1);
    CHECK(type.nullable() == nullable);
  }
}

}  // namespace wasmrun::module
