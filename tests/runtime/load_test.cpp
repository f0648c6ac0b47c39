// Loading through engine.h: what each kind of bytes becomes, and whole modules from bytes to results.
#include "engine/engine.h"
#include "tests/support/catch.h"
#include "tests/support/module_builder.h"

namespace wasmrun {
namespace {

using module::kI32;
using testing::bytes;
using testing::Bytes;
using testing::leb_s;
using testing::leb_u;
using testing::ModuleBuilder;
using testing::sized;

struct EngineFixture {
  std::unique_ptr<Engine> engine = make({});
  std::unique_ptr<Store> store;
  Instance* instance = nullptr;

  static std::unique_ptr<Engine> make(const EngineOptions& options) {
    auto made = Engine::create(options);
    REQUIRE(made.ok());
    return std::move(made).value();
  }
  std::shared_ptr<const LoadedModule> load(const Bytes& module) {
    auto loaded = engine->load(module);
    if (!loaded.ok()) FAIL(loaded.error().to_string());
    return std::move(loaded).value();
  }
  void instantiate(const ModuleBuilder& builder, const StoreOptions& options = {}) {
    auto made = Store::create(*engine, options);
    REQUIRE(made.ok());
    store = std::move(made).value();
    auto result = store->instantiate(load(*builder.build()), "app");
    if (!result.ok()) FAIL(result.error().to_string());
    instance = result.value().instance;
    REQUIRE(instance);
  }
  Outcome call(std::string_view name, std::initializer_list<uint32_t> values = {}) {
    std::vector<RawValue> arguments;
    for (const uint32_t value : values) {
      RawValue raw = {};
      raw.i32 = value;
      arguments.push_back(raw);
    }
    return store->call(*instance, name, arguments);
  }
  Error error_of(const Bytes& module) {
    const auto loaded = engine->load(module);
    REQUIRE(!loaded.ok());
    const auto validated = engine->validate(module);
    // Validation says the same, except where only running is refused.
    if (loaded.error().kind != ErrorKind::Unsupported) {
      REQUIRE(!validated.ok());
      REQUIRE(validated.error().to_string() == loaded.error().to_string());
    }
    return loaded.error();
  }
};

Bytes text(std::string_view characters) { return Bytes(characters.begin(), characters.end()); }

TEST_CASE_METHOD(EngineFixture, "bytes that are no core module say what they are", "[runtime]") {
  Error error = error_of(Bytes{0, 'a', 's', 'm', 0x0d, 0, 1, 0});
  REQUIRE(error.kind == ErrorKind::Unsupported);
  REQUIRE_THAT(error.message, Catch::Matchers::StartsWith("wasm component: this is a WASI preview2 component"));
  REQUIRE(error_of({}).kind == ErrorKind::Malformed);
  REQUIRE(error_of(text("#!/usr/bin/env wasmrun")).kind == ErrorKind::Malformed);
}

TEST_CASE_METHOD(EngineFixture, "a first line that begins with #! is skipped", "[runtime]") {
  ModuleBuilder builder;
  const Bytes module = bytes(text("#!/usr/bin/env -S wasmrun exec\n"), *builder.build());
  REQUIRE(engine->validate(module).ok());
  REQUIRE(engine->load(module).ok());
}

TEST_CASE_METHOD(EngineFixture, "of several invalid functions the first is reported, with any number of threads", "[runtime]") {
  ModuleBuilder builder;
  const TypeIndex type = builder.func_type({}, {kI32});
  // 2000 functions of about 100 bytes, which is enough for threads.
  Bytes body;
  for (int i = 0; i < 30; ++i) body = bytes(body, Bytes{0x41, 1, 0x1a});
  const Bytes good = bytes(body, Bytes{0x41, 1});
  const Bytes bad = bytes(body, Bytes{0x42, 1});
  for (int i = 0; i < 2000; ++i) builder.func(type, i == 700 || i == 1100 || i == 1999 ? bad : good);
  std::string first;
  for (const unsigned threads : {1u, 2u, 5u}) {
    engine = make({.threads = threads});
    const Error error = error_of(*builder.build());
    REQUIRE(error.kind == ErrorKind::Invalid);
    REQUIRE(error.offset);
    if (first.empty()) first = error.to_string();
    REQUIRE(error.to_string() == first);
  }
}

TEST_CASE_METHOD(EngineFixture, "constant expressions make objects", "[runtime][ref_i31]") {
  ModuleBuilder builder;
  builder.global(module::ValueType::ref(module::AbstractHeapType::I31, true), false, Bytes{0x41, 1, 0xfb, 0x1c});
  builder.export_as("g", ExternKind::Global, 0);
  auto loaded = engine->load(*builder.build());
  REQUIRE(loaded.ok());
  const auto store = Store::create(*engine).value();
  const auto instance = store->instantiate(loaded.value(), "app");
  REQUIRE(instance.ok());
  const auto value = store->global(*instance.value().instance, "g");
  REQUIRE(value);
  REQUIRE(store->reference_kind(value->second) == ReferenceKind::I31);
}

ModuleBuilder memory_module() {
  ModuleBuilder builder;
  builder.memory(1, 3);
  builder.data(8, "hello");
  const TypeIndex unary = builder.func_type({kI32}, {kI32});
  const auto get = Bytes{0x20, 0};
  const FuncIndex load = builder.func(unary, bytes(get, Bytes{0x28, 2, 0}));
  const FuncIndex grow = builder.func(unary, bytes(get, Bytes{0x40, 0}));
  const FuncIndex caller = builder.func(unary, bytes(get, Bytes{0x10}, leb_u(load.value), Bytes{0x41, 1, 0x6a}));
  const FuncIndex size = builder.func(builder.func_type({}, {kI32}), Bytes{0x3f, 0});
  const FuncIndex deep = builder.func(unary, bytes(get, Bytes{0x10, 4, 0x41, 1, 0x6a}));
  REQUIRE(deep.value == 4);
  builder.export_as("load", ExternKind::Func, load.value);
  builder.export_as("grow", ExternKind::Func, grow.value);
  builder.export_as("caller", ExternKind::Func, caller.value);
  builder.export_as("size", ExternKind::Func, size.value);
  builder.export_as("deep", ExternKind::Func, deep.value);
  builder.export_as("memory", ExternKind::Memory, 0);
  // Subsection 1: names of functions 0 and 2.
  builder.custom("name", bytes(Bytes{1}, sized(bytes(Bytes{2, 0}, sized("read_word"), Bytes{2}, sized("_ZN1a1bEv")))));
  return builder;
}

TEST_CASE_METHOD(EngineFixture, "memory traps and grows alike with guards and with checks", "[runtime][memory_grow][i32_load]") {
  for (const bool explicit_checks : {false, true}) {
    engine = make({.explicit_bounds_checks = explicit_checks});
    instantiate(memory_module());
    REQUIRE(call("load", {8}).results[0].i32 == 0x6c6c6568);
    REQUIRE(call("load", {65532}).kind == Outcome::Kind::Returned);
    for (const uint32_t address : {65533u, 65536u, 0xfffffffcu, 0xffffffffu}) {
      const Outcome outcome = call("load", {address});
      REQUIRE(outcome.kind == Outcome::Kind::Trapped);
      REQUIRE_THAT(outcome.trap.message, Catch::Matchers::StartsWith("out of bounds memory access"));
    }
    REQUIRE(call("grow", {1}).results[0].i32 == 1);
    REQUIRE(call("load", {65536}).results[0].i32 == 0);
    REQUIRE(call("grow", {2}).results[0].i32 == 0xffffffff);
    REQUIRE(call("size").results[0].i32 == 2);
    REQUIRE(store->memory(*instance, "memory")->size() == 2 * 65536);
  }
}

TEST_CASE_METHOD(EngineFixture, "a backtrace has names and module offsets", "[runtime]") {
  for (const bool explicit_checks : {false, true}) {
    engine = make({.explicit_bounds_checks = explicit_checks});
    instantiate(memory_module());
    const Outcome outcome = call("caller", {70000});
    REQUIRE(outcome.trap.frames.size() == 2);
    const BacktraceFrame& inner = outcome.trap.frames[0];
    const BacktraceFrame& outer = outcome.trap.frames[1];
    REQUIRE(inner.module == "app");
    REQUIRE(inner.function == 0);
    REQUIRE(inner.function_name == "read_word");
    REQUIRE(outer.function == 2);
    REQUIRE(outer.function_name == "a::b()");
    REQUIRE(inner.module_offset);
    REQUIRE(outer.module_offset);
    const auto binary = memory_module().build();
    REQUIRE((*binary)[*inner.module_offset] == 0x28);
    REQUIRE((*binary)[*outer.module_offset] == 0x10);
  }
}

TEST_CASE_METHOD(EngineFixture, "a function without a name is shown by its export", "[runtime]") {
  instantiate(memory_module());
  const Outcome outcome = call("deep", {0});
  REQUIRE(outcome.trap.message == "call stack exhausted");
  REQUIRE(outcome.trap.frames.size() == 40);
  REQUIRE(outcome.trap.frames[39].function_name == "deep");
  REQUIRE(call("load", {8}).kind == Outcome::Kind::Returned);
}

TEST_CASE_METHOD(EngineFixture, "a smaller stack holds fewer calls", "[runtime]") {
  uint64_t depth[2];
  for (const int large : {0, 1}) {
    StoreOptions options;
    options.stack_size_bytes = uint64_t{large ? 1024u : 256u} << 10;
    instantiate(memory_module(), options);
    depth[large] = call("deep", {0}).trap.frames_left_out;
  }
  REQUIRE(depth[0] > 1000);
  REQUIRE(depth[1] > 3 * depth[0]);
}

TEST_CASE_METHOD(EngineFixture, "imports and exports are listed with types", "[runtime]") {
  ModuleBuilder builder;
  const TypeIndex type = builder.func_type({kI32}, {kI32});
  builder.import_func("env", "f", type);
  builder.memory(1, 2);
  builder.export_as("m", ExternKind::Memory, 0);
  builder.export_as("g", ExternKind::Func, 0);
  const auto loaded = load(*builder.build());
  const auto imports = imports_of(*loaded);
  REQUIRE(imports.size() == 1);
  REQUIRE(imports[0].type == "func [i32] -> [i32]");
  const auto exports = exports_of(*loaded);
  REQUIRE(exports.size() == 2);
  REQUIRE(exports[0].type == "memory 1 2");
}

}  // namespace
}  // namespace wasmrun
