// Identity of types between modules, and matching within one.
#include "engine/module/type_registry.h"

#include <initializer_list>
#include <thread>

#include "engine/module/limits.h"
#include "tests/support/catch.h"

namespace wasmrun::module {
namespace {

SubType func(std::vector<ValueType> params, std::vector<ValueType> results = {}) {
  SubType type;
  type.func = {std::move(params), std::move(results)};
  return type;
}

SubType struct_of(std::vector<FieldType> fields) {
  SubType type;
  type.kind = SubType::Kind::Struct;
  type.fields = std::move(fields);
  return type;
}

SubType array_of(FieldType field) {
  SubType type = struct_of({field});
  type.kind = SubType::Kind::Array;
  return type;
}

SubType open(SubType type, std::optional<uint32_t> supertype = std::nullopt) {
  type.is_final = false;
  if (supertype) type.supertype = TypeIndex(*supertype);
  return type;
}

ValueType ref(uint32_t index, bool nullable = false) {
  return ValueType::ref(TypeIndex(index), nullable);
}

/// A module with these rec groups.
Module module_of(TypeRegistry& registry, std::initializer_list<std::vector<SubType>> groups) {
  Module module;
  for (const auto& group : groups) {
    module.rec_groups.push_back(
        {TypeIndex(static_cast<uint32_t>(module.types.size())), static_cast<uint32_t>(group.size())});
    module.types.insert(module.types.end(), group.begin(), group.end());
    REQUIRE(check_rec_group_indices(module, module.rec_groups.size() - 1).ok());
    registry.canonicalize(module, module.rec_groups.size() - 1);
  }
  return module;
}

}  // namespace

TEST_CASE("equal types of two modules get one identity whatever their index", "[module]") {
  TypeRegistry registry;
  const Module a = module_of(registry, {{func({kI32}, {kI64})}, {func({ref(0)})}});
  const Module b = module_of(registry, {{func({})}, {func({kI32}, {kI64})}, {func({kI32}, {kI64})}, {func({ref(2)})}});
  CHECK(b.canonical_types[1] == a.canonical_types[0]);
  CHECK(b.canonical_types[2] == a.canonical_types[0]);
  CHECK(b.canonical_types[3] == a.canonical_types[1]);
  CHECK(b.canonical_types[0] != a.canonical_types[0]);
}

TEST_CASE("each part of a type counts for its identity", "[module]") {
  TypeRegistry registry;
  const FieldType plain{kI32}, packed{kI32, FieldType::Packing::I8}, wider{kI32, FieldType::Packing::I16};
  const FieldType changing{kI32, FieldType::Packing::None, true};
  const Module module = module_of(registry, {{func({})},
                                             {func({kI32})},
                                             {func({}, {kI32})},
                                             {func({kI32, kI32})},
                                             {func({kI32}, {kI32})},
                                             {open(func({}))},
                                             {struct_of({})},
                                             {struct_of({plain})},
                                             {array_of(plain)},
                                             {struct_of({packed})},
                                             {struct_of({wider})},
                                             {struct_of({changing})},
                                             {struct_of({plain, plain})},
                                             {open(func({}), 5)},
                                             {func({kFuncRef})},
                                             {func({ValueType::ref(AbstractHeapType::Func, false)})},
                                             {func({ref(0)})},
                                             {func({ref(0, true)})},
                                             {func({ref(1)})}});
  for (size_t i = 0; i < module.types.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      CAPTURE(i, j);
      CHECK(module.canonical_types[i] != module.canonical_types[j]);
    }
}

TEST_CASE("rec groups are equal as wholes only", "[module]") {
  TypeRegistry registry;
  // The same function type alone, first of two, and second of two.
  const Module a = module_of(
      registry, {{func({})}, {func({}), struct_of({})}, {struct_of({}), func({})}, {func({}), struct_of({})}});
  const auto id = [&](size_t index) { return a.canonical_types[index].value; };
  CHECK(id(0) != id(1));
  CHECK(id(1) != id(4));
  CHECK(id(5) == id(1));
  CHECK(id(2) == id(1) + 1);
  CHECK(id(6) == id(5) + 1);
}

TEST_CASE("references within a rec group are compared by position", "[module]") {
  TypeRegistry registry;
  // struct (ref null self); the second module has another type before it.
  const Module a = module_of(registry, {{struct_of({{ref(0, true)}})}, {struct_of({{ref(0, true)}})}});
  const Module b = module_of(registry, {{func({})}, {struct_of({{ref(1, true)}})}});
  CHECK(b.canonical_types[1] == a.canonical_types[0]);
  // The first group rolled out once refers outside: another type.
  CHECK(a.canonical_types[1] != a.canonical_types[0]);
  // Forward and backward references within one group.
  const Module c = module_of(
      registry, {{struct_of({{ref(1)}}), struct_of({{ref(0)}})}, {struct_of({{ref(3)}}), struct_of({{ref(2)}})}});
  CHECK(c.canonical_types[2] == c.canonical_types[0]);
  CHECK(c.canonical_types[3] == c.canonical_types[1]);
}

TEST_CASE("the registry's types refer to each other by canonical ids", "[module]") {
  TypeRegistry registry;
  const Module a = module_of(
      registry,
      {{func({kF32})}, {open(struct_of({})), open(struct_of({{ref(2)}}), 1)}, {func({ref(2, true)}, {ref(0)})}});
  const SubType& derived = registry.type(a.canonical_types[2]);
  CHECK(derived.supertype->value == a.canonical_types[1].value);
  CHECK(derived.fields[0].type == canonical(a, ref(2)));
  const SubType& user = registry.type(a.canonical_types[3]);
  CHECK(user.func.params[0] == canonical(a, ref(2, true)));
  CHECK(user.func.results[0] == ref(a.canonical_types[0].value));
  CHECK(registry.intern(registry.type(a.canonical_types[3]).func) == a.canonical_types[3]);
  CHECK(canonical(a, kI64) == kI64);
  CHECK(canonical(a, kFuncRef) == kFuncRef);
}

TEST_CASE("a module's types match along their declared supertypes", "[module]") {
  TypeRegistry registry;
  const Module other = module_of(registry, {{open(struct_of({}))}});
  const Module m = module_of(registry, {{func({})},
                                        {open(struct_of({}))},
                                        {open(struct_of({{kI32}}), 1)},
                                        {open(struct_of({{kI32}}), 2)},
                                        {open(struct_of({}))},
                                        {array_of({kI32})}});
  CHECK(matches(m, ref(3), ref(1)));
  CHECK(matches(m, ref(3), ref(4)));  // an equal type under another index
  CHECK(matches(m, ref(3), ref(2, true)));
  CHECK_FALSE(matches(m, ref(3, true), ref(2)));
  CHECK_FALSE(matches(m, ref(1), ref(3)));
  CHECK_FALSE(matches(m, ref(5), ref(1)));
  CHECK_FALSE(matches(m, ref(0), ref(99)));
  CHECK_FALSE(matches(m, ref(99), ref(0)));
  CHECK_FALSE(matches(m, kI32, kI64));
  CHECK_FALSE(matches(m, kI32, kFuncRef));
  CHECK(matches(m, kBottom, kI64));
  CHECK(matches(m, kBottom, ref(0)));
  CHECK_FALSE(matches(m, kI64, kBottom));
  CHECK(registry.is_subtype(m.canonical_types[3], other.canonical_types[0]));
  CHECK_FALSE(registry.is_subtype(other.canonical_types[0], m.canonical_types[3]));
  CHECK(registry.matches(canonical(m, ref(3)), canonical(other, ref(0, true))));
  CHECK_FALSE(registry.matches(canonical(m, ref(3, true)), canonical(other, ref(0))));
}

TEST_CASE("heap types match as the specification's lattice says, in modules and in the registry", "[module]") {
  TypeRegistry registry;
  const Module m = module_of(registry, {{func({})}, {struct_of({})}, {array_of({kI32})}});
  using enum AbstractHeapType;
  const std::vector<HeapType> all{Func, Extern, Any,      Eq,    I31,          Struct,       Array,       Exn,
                                  None, NoFunc, NoExtern, NoExn, TypeIndex(0), TypeIndex(1), TypeIndex(2)};
  // For each type all that are above it.
  const auto above = [](HeapType type) -> std::vector<HeapType> {
    if (type == HeapType(TypeIndex(0))) return {Func};
    if (type == HeapType(TypeIndex(1))) return {Struct, Eq, Any};
    if (type == HeapType(TypeIndex(2))) return {Array, Eq, Any};
    switch (type.abstract()) {
      case I31:
      case Struct:
      case Array: return {Eq, Any};
      case Eq: return {Any};
      case None: return {I31, Struct, Array, Eq, Any, TypeIndex(1), TypeIndex(2)};
      case NoFunc: return {Func, TypeIndex(0)};
      case NoExtern: return {Extern};
      case NoExn: return {Exn};
      case Func:
      case Extern:
      case Any:
      case Exn: break;
    }
    return {};
  };
  for (const HeapType sub : all)
    for (const HeapType super : all) {
      CAPTURE(to_string(sub), to_string(super));
      const std::vector<HeapType> supers = above(sub);
      const bool expected = sub == super || std::find(supers.begin(), supers.end(), super) != supers.end();
      CHECK(matches(m, sub, super) == expected);
      CHECK(registry.matches(canonical(m, ValueType::ref(sub, true)), canonical(m, ValueType::ref(super, true))) ==
            expected);
    }
}

TEST_CASE("rec groups with indices that are out of order are refused", "[module]") {
  const auto check = [](std::vector<SubType> group) {
    Module module;
    module.rec_groups.push_back({TypeIndex(0), static_cast<uint32_t>(group.size())});
    module.types = std::move(group);
    return check_rec_group_indices(module, 0);
  };
  CHECK(check({struct_of({{ref(1)}}), struct_of({})}).ok());
  for (const auto& group : std::vector<std::vector<SubType>>{{struct_of({{ref(1)}})},
                                                             {func({ref(7)})},
                                                             {func({}, {ref(1)})},
                                                             {open(struct_of({}), 0)},
                                                             {open(struct_of({}), 1), struct_of({})}}) {
    const Result<void> result = check(group);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().kind == ErrorKind::Invalid);
    CHECK_THAT(result.error().message, StartsWith("unknown type"));
  }
}

TEST_CASE("a chain of supertypes has its limit", "[module]") {
  Module module;
  for (uint32_t i = 0; i <= limits::kSubtypingDepth + 1; ++i) {
    module.types.push_back(i == 0 ? open(struct_of({})) : open(struct_of({}), i - 1));
    module.rec_groups.push_back({TypeIndex(i), 1});
    CAPTURE(i);
    CHECK(check_rec_group_indices(module, i).ok() == (i <= limits::kSubtypingDepth));
  }
}

TEST_CASE("threads that intern the same types agree on their ids", "[module]") {
  TypeRegistry registry;
  constexpr uint32_t kTypes = 200, kThreads = 4;
  std::vector<std::vector<CanonicalTypeId>> ids(kThreads);
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&registry, &mine = ids[t], t] {
      mine.resize(kTypes);
      for (uint32_t i = 0; i < kTypes; ++i) {
        const uint32_t which = t % 2 ? i : kTypes - 1 - i;
        mine[which] = registry.intern(FuncType{std::vector<ValueType>(which, kI32), {}});
        if (registry.type(mine[which]).func.params.size() != which) mine[which] = CanonicalTypeId(~0u);
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (uint32_t t = 1; t < kThreads; ++t) CHECK(ids[t] == ids[0]);
}

}  // namespace wasmrun::module
