// Linking and the order of effects of instantiation.
#include "engine/engine.h"
#include "tests/runtime/hand_module.h"

namespace wasmrun::runtime::test {
namespace {

using module::kF64;
using module::kI32;
using module::kI64;

GUEST_CODE(nothing, "push rbp; mov rbp, rsp; pop rbp; ret");
GUEST_CODE(stop, "push rbp; mov rbp, rsp; mov eax, 1; call [r12 + 24]");
// The builtin whose index is r15d, with the words r13 and r14 as its first two; 32 is InstanceHeader::builtins.
GUEST_CODE(builtin_2, "push rbp; mov rbp, rsp; mov rdi, r12; mov rsi, r13; mov rdx, r14; mov rax, r15;"
           "mov r10, [r12 + 32]; call [r10 + rax * 8]; pop rbp; ret");
// The builtin whose index is r8, with four words.
GUEST_CODE(builtin_4, "push rbp; mov rbp, rsp; mov rax, rsi; mov r8, rdi; mov rdi, r12; mov rsi, r13; mov rdx, r14;"
           "mov rcx, r15; mov r10, [r12 + 32]; call [r10 + rax * 8]; pop rbp; ret");

HostOutcome do_nothing(void*, Caller&, const RawValue*, RawValue*) { return HostOutcome::returned(); }

TEST_CASE_METHOD(StoreFixture, "all missing imports are listed with their types", "[runtime]") {
  HandModule module(types);
  module.import_function("env", "present", module.type({}, {}));
  module.import_function("env", "absent", module.type({kI32, kI64}, {kF64}));
  module.import_function("env", "other", module.type({kI32}, {}));
  module.import_memory("env", "mem", HandModule::memory_type(1, 2));
  module.import_table("env", "tab", HandModule::table_type(10, std::nullopt));
  module.import_global("env", "glo", {kI32, true});
  store->define("env", "present", {{{}, {}}, do_nothing, nullptr});
  store->define("env", "other", {{{kF64}, {}}, do_nothing, nullptr});
  const auto loaded = module.load();
  REQUIRE(store->missing_imports(*loaded).size() == 5);
  const auto result = store->instantiate(loaded, "app");
  REQUIRE(!result.ok());
  REQUIRE(result.error().kind == ErrorKind::Unlinkable);
  REQUIRE(result.error().message ==
          "unknown import: 5 imports cannot be given:\n"
          "  \"env\" \"absent\": func [i32 i64] -> [f64]\n"
          "  \"env\" \"other\": func [i32] -> [], but it is defined as func [f64] -> []\n"
          "  \"env\" \"mem\": memory 1 2\n"
          "  \"env\" \"tab\": table 10 funcref\n"
          "  \"env\" \"glo\": global (mut i32)");
}

HostOutcome answer(void* number, Caller&, const RawValue*, RawValue* results) {
  results[0] = i32(*static_cast<const uint32_t*>(number));
  return HostOutcome::returned();
}

// In text, because hand-made code cannot easily call several imports.
TEST_CASE("host functions of one name are told apart by the importer's type", "[runtime]") {
  const auto engine = wasmrun::Engine::create().value();
  const auto store = wasmrun::Store::create(*engine).value();
  uint32_t one = 1, two = 2, three = 3;
  store->define("h", "f", {{{kI32}, {kI32}}, answer, &one});
  store->define_overload("h", "f", {{{kI32, kI32}, {kI32}}, answer, &two});
  store->define_overload("h", "g", {{{}, {kI32}}, answer, &three});
  const auto load = [&](const std::string& text) {
    auto loaded = engine->load({text.begin(), text.end()});
    REQUIRE(loaded.ok());
    return loaded.value();
  };
  const auto loaded = load(R"((module
    (import "h" "f" (func $one (param i32) (result i32)))
    (import "h" "f" (func $two (param i32 i32) (result i32)))
    (import "h" "g" (func $three (result i32)))
    (func (export "sum") (result i32)
      (i32.add (i32.mul (call $one (i32.const 0)) (i32.const 100))
               (i32.add (i32.mul (call $two (i32.const 0) (i32.const 0)) (i32.const 10)) (call $three))))))");
  REQUIRE(store->missing_imports(*loaded).empty());
  const auto instance = store->instantiate(loaded, "app");
  REQUIRE(instance.ok());
  REQUIRE(store->call(*instance.value().instance, "sum", {}).results.at(0).i32 == 123);

  const auto wrong = load(R"((module (import "h" "f" (func (param f32)))))");
  REQUIRE(store->missing_imports(*wrong).at(0).found == "func [i32] -> [i32] or func [i32 i32] -> [i32]");
  // define replaces them all.
  store->define("h", "f", {{{}, {}}, do_nothing, nullptr});
  REQUIRE(store->missing_imports(*loaded).size() == 2);
}

TEST_CASE_METHOD(StoreFixture, "limits of imports are compared with present sizes", "[runtime]") {
  HandModule exporter(types);
  exporter.memory(2, 4);
  exporter.table(5, std::nullopt);
  Instance& instance = instantiate(exporter);
  store->define_instance("m", instance);
  const auto memory_fits = [&](uint64_t min, std::optional<uint64_t> max) {
    HandModule importer(types);
    importer.import_memory("m", "memory", HandModule::memory_type(min, max));
    return store->missing_imports(*importer.load()).empty();
  };
  REQUIRE(memory_fits(2, 4));
  REQUIRE(memory_fits(0, std::nullopt));
  REQUIRE(memory_fits(1, 5));
  REQUIRE(!memory_fits(3, 4));
  REQUIRE(!memory_fits(2, 3));
  REQUIRE(instance.memory(0).grow(1));
  REQUIRE(memory_fits(3, 4));
  HandModule importer(types);
  importer.import_table("m", "table", HandModule::table_type(5, 10));
  REQUIRE(store->missing_imports(*importer.load()).front().found == "table 5 funcref");
}

TEST_CASE_METHOD(StoreFixture, "globals match by mutability and type", "[runtime]") {
  store->define_global("h", "const", {kI32, false}, i32(666));
  store->define_global("h", "mut", {kI32, true}, i32(1));
  const auto fits = [&](std::string name, module::GlobalType type) {
    HandModule importer(types);
    importer.import_global("h", std::move(name), type);
    return store->missing_imports(*importer.load()).empty();
  };
  REQUIRE(fits("const", {kI32, false}));
  REQUIRE(fits("mut", {kI32, true}));
  REQUIRE(!fits("const", {kI32, true}));
  REQUIRE(!fits("mut", {kI32, false}));
  REQUIRE(!fits("const", {kI64, false}));
}

TEST_CASE_METHOD(StoreFixture, "constant expressions compute and read imported globals", "[runtime]") {
  store->define_global("h", "g", {kI32, false}, i32(40));
  HandModule module(types);
  module.import_global("h", "g", {kI32, false});
  module.global("sum", {kI32, false}, {0x23, 0, 0x41, 2, 0x6a, 0x0b});               // global.get 0, i32.const 2, i32.add
  module.global("product", {kI64, true}, {0x42, 3, 0x42, 0x7f, 0x7e, 0x0b});         // i64.const 3, i64.const -1, i64.mul
  module.global("difference", {kI32, false}, {0x41, 0, 0x23, 1, 0x6b, 0x0b});        // i32.const 0, global.get 1, i32.sub
  Instance& instance = instantiate(module);
  REQUIRE(instance.global(1).cell->low == 42);
  REQUIRE(instance.global(2).cell->low == static_cast<uint64_t>(-3));
  REQUIRE(instance.global(3).cell->low == 0xffffffd6);
}

TEST_CASE_METHOD(StoreFixture, "effects of segments before a trap stay", "[runtime][data][elem]") {
  HandModule exporter(types);
  exporter.memory(1, 1);
  exporter.table(4, 4);
  Instance& owner = instantiate(exporter);
  store->define_instance("m", owner);

  HandModule importer(types);
  importer.import_memory("m", "memory", HandModule::memory_type(1, 1));
  importer.import_table("m", "table", HandModule::table_type(4, 4));
  const FuncIndex function = importer.function("f", importer.type({}, {}), GUEST_SPAN(nothing));
  importer.elem(HandModule::i32_const(1), {function, function});
  importer.elem(HandModule::i32_const(3), {function, function});
  importer.data(HandModule::i32_const(0), "never");
  auto result = store->instantiate(importer.load(), "importer");
  REQUIRE(result.ok());
  REQUIRE(!result.value().instance);
  REQUIRE(result.value().outcome.trap.message == "out of bounds table access");
  REQUIRE(owner.table(0).elements()[0] == 0);
  REQUIRE(owner.table(0).elements()[2] != 0);
  REQUIRE(owner.table(0).elements()[3] == 0);
  REQUIRE(owner.memory(0).bytes()[0] == 0);
  // The function is alive although its instance is not.
  const auto& object = *reinterpret_cast<const abi::FuncObject*>(owner.table(0).elements()[2]);
  const Outcome outcome = store->invoke({{object.code, object.instance}, CanonicalTypeId((object.type_tag & abi::kTagIndexMask) - 1)}, {});
  REQUIRE(outcome.kind == Outcome::Kind::Returned);

  HandModule second(types);
  second.import_memory("m", "memory", HandModule::memory_type(1, 1));
  second.data(HandModule::i32_const(0), "first");
  second.data({0x41, 0xff, 0xff, 3, 0x0b}, "xy");  // 65535: the second byte is outside
  result = store->instantiate(second.load(), "second");
  REQUIRE(result.ok());
  REQUIRE(result.value().outcome.trap.message == "out of bounds memory access");
  REQUIRE(owner.memory(0).bytes()[4] == 't');
  REQUIRE(owner.memory(0).bytes()[65535] == 0);
}

TEST_CASE_METHOD(StoreFixture, "the start function runs last and its trap is the outcome", "[runtime][start]") {
  HandModule module(types);
  module.memory(1, 1);
  module.start(module.function("stop", module.type({}, {}), GUEST_SPAN(stop)));
  auto result = store->instantiate(module.load(), "app");
  REQUIRE(result.ok());
  REQUIRE(!result.value().instance);
  REQUIRE(result.value().outcome.trap.message == "unreachable");
  REQUIRE(result.value().outcome.trap.frames.size() == 1);
}

TEST_CASE_METHOD(StoreFixture, "instances share an imported memory and see its growth", "[runtime][memory_grow]") {
  for (const bool guard_pages : {true, false}) {
    store = make({}, guard_pages);
    HandModule exporter(types);
    exporter.memory(1, std::nullopt);
    exporter.function("builtin", exporter.type({kI64, kI64, kI64}, {kI64}), GUEST_SPAN(builtin_2));
    Instance& owner = instantiate(exporter);
    store->define_instance("m", owner);
    HandModule importer(types);
    importer.import_memory("m", "memory", HandModule::memory_type(1, std::nullopt));
    Instance& user = instantiate(importer);
    const RawValue arguments[] = {i64(0), i64(100), i64(static_cast<uint64_t>(abi::Builtin::memory_grow))};
    REQUIRE(store->call(owner, "builtin", arguments).results[0].i64 == 1);
    REQUIRE(user.header()->memory0_size_bytes == 101 * 65536);
    REQUIRE(user.header()->memory0_base == owner.header()->memory0_base);
    const RawValue too_many[] = {i64(0), i64(65536), i64(static_cast<uint64_t>(abi::Builtin::memory_grow))};
    REQUIRE(store->call(owner, "builtin", too_many).results[0].i64 == 0xffffffff);
  }
}

TEST_CASE_METHOD(StoreFixture, "a store's memory limit holds for growth and for minimums", "[runtime][memory_grow]") {
  store = make({.max_memory_bytes = 2 * 65536}, true);
  HandModule large(types);
  large.memory(3, std::nullopt);
  const auto result = store->instantiate(large.load(), "large");
  REQUIRE(!result.ok());
  HandModule module(types);
  module.memory(1, std::nullopt);
  Instance& instance = instantiate(module);
  REQUIRE(instance.memory(0).grow(1));
  REQUIRE(!instance.memory(0).grow(1));
}

struct BuiltinFixture : StoreFixture {
  BuiltinFixture() {
    HandModule module(types);
    module.memory(1, 1);
    module.table(8, 8);
    const FuncIndex four = module.function(
        "four", module.type({kI64, kI64, kI64, kI64, kI64}, {kI64}), GUEST_SPAN(builtin_4));
    module.data({}, "passive");
    module.elem({}, {four, four});
    instance = &instantiate(module);
  }
  Outcome run(abi::Builtin builtin, uint64_t a, uint64_t b = 0, uint64_t c = 0, uint64_t d = 0) {
    const RawValue arguments[] = {i64(a), i64(b), i64(c), i64(d), i64(static_cast<uint64_t>(builtin))};
    return store->call(*instance, "four", arguments);
  }
  bool traps(abi::Builtin builtin, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    return run(builtin, a, b, c, d).kind == Outcome::Kind::Trapped;
  }
  Instance* instance;
};

TEST_CASE_METHOD(BuiltinFixture, "memory.fill checks bounds before it writes", "[runtime][memory_fill]") {
  const auto bytes = instance->memory(0).bytes();
  REQUIRE(run(abi::Builtin::memory_fill, 0, 65530, 0x1ab, 6).kind == Outcome::Kind::Returned);
  REQUIRE(bytes[65529] == 0);
  REQUIRE(bytes[65535] == 0xab);
  const Outcome outcome = run(abi::Builtin::memory_fill, 0, 0, 1, 65537);
  REQUIRE(outcome.trap.message == "out of bounds memory access");
  REQUIRE(outcome.trap.frames.size() == 1);
  REQUIRE(bytes[0] == 0);
  REQUIRE(!traps(abi::Builtin::memory_fill, 0, 65536, 1, 0));
  REQUIRE(traps(abi::Builtin::memory_fill, 0, 65537, 1, 0));
  REQUIRE(traps(abi::Builtin::memory_fill, 0, 1, 1, UINT64_MAX));
}

TEST_CASE_METHOD(BuiltinFixture, "memory.copy moves overlapping bytes", "[runtime][memory_copy]") {
  const auto bytes = instance->memory(0).bytes();
  for (uint8_t i = 0; i < 10; ++i) bytes[i] = i;
  REQUIRE(!traps(abi::Builtin::memory_copy, 0, 2, 0, 8));
  REQUIRE(bytes[9] == 7);
  REQUIRE(!traps(abi::Builtin::memory_copy, 0, 0, 2, 8));
  REQUIRE(bytes[0] == 0);
  REQUIRE(bytes[7] == 7);
  REQUIRE(traps(abi::Builtin::memory_copy, 0, 0, 65530, 7));
  REQUIRE(traps(abi::Builtin::memory_copy, 0, 65530, 0, 7));
}

TEST_CASE_METHOD(BuiltinFixture, "a dropped data segment is empty", "[runtime][memory_init][data_drop]") {
  const auto bytes = instance->memory(0).bytes();
  REQUIRE(!traps(abi::Builtin::memory_init, 0, 10, 1, 6));
  REQUIRE(bytes[10] == 'a');
  REQUIRE(bytes[15] == 'e');
  REQUIRE(traps(abi::Builtin::memory_init, 0, 10, 1, 7));
  REQUIRE(run(abi::Builtin::data_drop, 0).kind == Outcome::Kind::Returned);
  REQUIRE(!traps(abi::Builtin::memory_init, 0, 10, 0, 0));
  REQUIRE(traps(abi::Builtin::memory_init, 0, 10, 1, 0));
  REQUIRE(traps(abi::Builtin::memory_init, 0, 10, 0, 1));
}

TEST_CASE_METHOD(BuiltinFixture, "table builtins check bounds before they write", "[runtime][table_init][table_copy]") {
  const auto elements = instance->table(0).elements();
  REQUIRE(!traps(abi::Builtin::table_init, 0, 1, 0, 2));
  REQUIRE(elements[0] == 0);
  REQUIRE(elements[1] == elements[2]);
  REQUIRE(elements[1] != 0);
  REQUIRE(run(abi::Builtin::table_init, 0, 0, 0, 3).trap.message == "out of bounds table access");
  REQUIRE(elements[0] == 0);
  REQUIRE(!traps(abi::Builtin::table_copy, 0, 2, 0, 6));
  REQUIRE(elements[3] != 0);
  REQUIRE(elements[2] == 0);
  REQUIRE(traps(abi::Builtin::table_copy, 0, 2, 0, 7));
  REQUIRE(!traps(abi::Builtin::table_fill, 0, 6, 0x77, 2));
  REQUIRE(elements[7] == 0x77);
  REQUIRE(traps(abi::Builtin::table_fill, 0, 7, 0, 2));
  REQUIRE(elements[7] == 0x77);
  REQUIRE(run(abi::Builtin::table_grow, 0, 0, 1).results[0].i64 == 0xffffffff);
  REQUIRE(run(abi::Builtin::elem_drop, 0).kind == Outcome::Kind::Returned);
  REQUIRE(traps(abi::Builtin::table_init, 0, 0, 0, 1));
  REQUIRE(!traps(abi::Builtin::table_init, 0, 0, 0, 0));
}

}  // namespace
}  // namespace wasmrun::runtime::test
