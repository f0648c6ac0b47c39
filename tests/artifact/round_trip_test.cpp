// What is loaded from an artifact does what was compiled.
#include <cstring>

#include "tests/artifact/file.h"

using namespace wasmrun;
using namespace wasmrun::artifact::tests;

namespace {

RawValue i32(uint32_t value) {
  RawValue raw = {};
  raw.i32 = value;
  return raw;
}

/// An instance of a module from its artifact, and one of it as compiled.
class Both {
 public:
  explicit Both(std::string_view text, const EngineOptions& options = {}) : engine_(new_engine(options)) {
    auto compiled = engine_->load({text.begin(), text.end()});
    REQUIRE(compiled.ok());
    OwnedFd file = new_file();
    REQUIRE(engine_->write_artifact(*compiled.value(), file.get()).ok());
    auto mapped = engine_->load_artifact(file.get(), 0);
    if (!mapped.ok()) FAIL(mapped.error().to_string());
    file.reset();  // the mapping needs it no more
    stores_[0] = instantiate(std::move(compiled).value(), instances_[0]);
    stores_[1] = instantiate(std::move(mapped).value(), instances_[1]);
  }

  /// The result of both, which must be one; traps as "MESSAGE at FUNCTION+OFFSET...".
  std::string call(std::string_view name, std::vector<RawValue> arguments = {}) {
    std::string results[2];
    for (int i : {0, 1}) {
      const Outcome outcome = stores_[i]->call(*instances_[i], name, arguments);
      if (outcome.kind == Outcome::Kind::Returned) {
        for (const RawValue& result : outcome.results) results[i] += std::to_string(result.i64) + " ";
      } else {
        results[i] = outcome.trap.message;
        for (const BacktraceFrame& frame : outcome.trap.frames)
          results[i] += " at " + std::to_string(frame.function) + frame.function_name + "+" + std::to_string(frame.module_offset.value_or(0));
      }
    }
    CHECK(results[0] == results[1]);
    return results[1];
  }
  std::span<uint8_t> memory(int which, std::string_view name = "memory") { return *stores_[which]->memory(*instances_[which], name); }
  void check_same_memory(std::string_view name = "memory") {
    const auto a = memory(0, name), b = memory(1, name);
    REQUIRE(a.size() == b.size());
    CHECK(std::memcmp(a.data(), b.data(), a.size()) == 0);
  }

 private:
  std::unique_ptr<Store> instantiate(std::shared_ptr<const LoadedModule> loaded, Instance*& instance) {
    auto store = Store::create(*engine_);
    REQUIRE(store.ok());
    auto result = store.value()->instantiate(std::move(loaded), "test");
    if (!result.ok()) FAIL(result.error().to_string());
    instance = result.value().instance;
    REQUIRE(instance);
    return std::move(store).value();
  }
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Store> stores_[2];
  Instance* instances_[2] = {};
};

std::string repeated(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += "\\" + std::string(1, "0123456789abcdef"[i / 7 % 16]) + std::string(1, "0123456789abcdef"[i % 16]);
  return text;
}

}  // namespace

TEST_CASE("an artifact computes, calls and traps as its module does", "[artifact]") {
  Both both(R"((module
    (type $unary (func (param i32) (result i32)))
    (table funcref (elem $double $fib))
    (global $count (mut i32) (i32.const 7))
    (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func $fib (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "indirect") (param i32 i32) (result i32) (call_indirect (type $unary) (local.get 0) (local.get 1)))
    (func (export "next") (result i32) (global.set $count (i32.add (global.get $count) (i32.const 1))) (global.get $count))
    (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
    (func (export "divide") (param i32) (result i32) (call $divide (local.get 0)))
    (memory (export "memory") 1)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (data (i32.const 16) "hello")))");
  CHECK(both.call("indirect", {i32(20), i32(1)}) == "6765 ");
  CHECK(both.call("indirect", {i32(20), i32(0)}) == "40 ");
  CHECK(both.call("indirect", {i32(20), i32(2)}).starts_with("undefined element"));
  CHECK(both.call("next") == "8 ");
  CHECK(both.call("load", {i32(16)}) == "1819043176 ");
  CHECK(both.call("load", {i32(65533)}).starts_with("out of bounds memory access"));
  // Names and offsets too: two frames.
  CHECK(both.call("divide", {i32(0)}).find("divide by zero at 4divide+") != std::string::npos);
}

TEST_CASE("exceptions find their handlers in an artifact", "[artifact][try_table]") {
  Both both(R"((module
    (tag $a (param i32)) (tag $b)
    (func $throw (param i32)
      (if (local.get 0) (then (throw $a (local.get 0))))
      (throw $b))
    (func (export "catch") (param i32) (result i32)
      (block $b (block $a (result i32)
        (try_table (catch $a $a) (catch $b $b) (call $throw (local.get 0)))
        (unreachable))
        (return))
      (i32.const -1))
    (func (export "miss") (block $b (try_table (catch $b $b) (call $throw (i32.const 5))))))
  )");
  CHECK(both.call("catch", {i32(42)}) == "42 ");
  CHECK(both.call("catch", {i32(0)}) == "4294967295 ");
  CHECK(both.call("miss").starts_with("uncaught exception"));
}

TEST_CASE("an artifact's code knows the types of collected objects", "[artifact][struct.new]") {
  Both both(R"((module
    (type $list (struct (field i32) (field (ref null $list))))
    (type $other (struct (field i64)))
    (func $make (param i32) (result (ref null $list))
      (if (result (ref null $list)) (local.get 0)
        (then (struct.new $list (local.get 0) (call $make (i32.sub (local.get 0) (i32.const 1)))))
        (else (ref.null $list))))
    (func (export "sum") (param i32) (result i32) (local $l (ref null $list)) (local $s i32)
      (local.set $l (call $make (local.get 0)))
      (loop $next
        (if (ref.is_null (local.get $l)) (then (return (local.get $s))))
        (local.set $s (i32.add (local.get $s) (struct.get $list 0 (local.get $l))))
        (local.set $l (struct.get $list 1 (local.get $l)))
        (br $next))
      (unreachable))
    (func (export "cast") (drop (ref.cast (ref $other) (struct.new $list (i32.const 1) (ref.null $list)))))))");
  CHECK(both.call("sum", {i32(1000)}) == "500500 ");
  CHECK(both.call("cast").starts_with("cast failure"));
}

TEST_CASE("large data is mapped into memories and is the module's", "[artifact][data]") {
  for (const bool explicit_bounds_checks : {false, true}) {
    // Overlapping segments, one that begins within a page, two far apart, and a second memory of 64 bits.
    Both both("(module (memory (export \"memory\") 64) (memory (export \"second\") i64 4)"
              "(data (i32.const 5000) \"" + repeated(100000) + "\")"
              "(data (i32.const 104990) \"abcdefghijklmnop\")"
              "(data (i32.const 3000000) \"" + repeated(60000) + "\")"
              "(data (i32.const 3000010) \"overwritten\")"
              "(data (memory 1) (i64.const 10) \"" + repeated(140000) + "\")"
              "(func (export \"poke\") (i32.store (i32.const 8192) (i32.const 1)))"
              "(func (export \"drop\") (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1))))",
              {.explicit_bounds_checks = explicit_bounds_checks});
    both.check_same_memory();
    both.check_same_memory("second");
    CHECK(std::memcmp(both.memory(1).data() + 3000010, "overwritten", 11) == 0);
    both.call("poke");
    CHECK(both.memory(1)[8192] == 1);
    both.check_same_memory();
    // Active segments are dropped.
    CHECK(both.call("drop").starts_with("out of bounds memory access"));
  }
}

TEST_CASE("two instances of an artifact do not see each other's writes to mapped data", "[artifact][data]") {
  const auto engine = new_engine();
  const OwnedFd file = compile(*engine, "(module (memory (export \"memory\") 3) (data (i32.const 0) \"" + repeated(150000) + "\"))");
  const Bytes before = bytes_of(file);
  auto loaded = engine->load_artifact(file.get(), 0);
  REQUIRE(loaded.ok());
  std::unique_ptr<Store> stores[2];
  std::span<uint8_t> memories[2];
  for (int i : {0, 1}) {
    stores[i] = std::move(Store::create(*engine)).value();
    auto instance = stores[i]->instantiate(loaded.value(), "test");
    REQUIRE(instance.ok());
    memories[i] = *stores[i]->memory(*instance.value().instance, "memory");
  }
  const uint8_t was = memories[1][70000];
  memories[0][70000] = static_cast<uint8_t>(was + 1);
  CHECK(memories[1][70000] == was);
  CHECK(bytes_of(file) == before);
}

TEST_CASE("a segment out of bounds traps in an artifact where it does in the module", "[artifact][data]") {
  const auto engine = new_engine();
  // The large segment comes first and is written; the function in the table of another instance sees it.
  const std::string text = "(module (import \"m\" \"memory\" (memory 4)) (data (i32.const 0) \"" + repeated(150000) +
                           "\") (data (i32.const 262140) \"12345\"))";
  const std::string owner = "(module (memory (export \"memory\") 4))";
  const OwnedFd file = compile(*engine, text);
  auto loaded = engine->load_artifact(file.get(), 0);
  REQUIRE(loaded.ok());
  auto store = std::move(Store::create(*engine)).value();
  auto owned = store->instantiate(std::move(engine->load({owner.begin(), owner.end()})).value(), "owner");
  REQUIRE(owned.ok());
  store->define_instance("m", *owned.value().instance);
  auto result = store->instantiate(loaded.value(), "test");
  REQUIRE(result.ok());
  CHECK(result.value().instance == nullptr);
  CHECK(result.value().outcome.trap.message.starts_with("out of bounds memory access"));
  const auto memory = *store->memory(*owned.value().instance, "memory");
  CHECK(memory[16] == 0x20);
  CHECK(memory[262140] == 0);
}

TEST_CASE("a module without functions, and one without anything, are artifacts too", "[artifact]") {
  const auto engine = new_engine();
  for (const char* text : {"(module)", "(module (memory 1) (data (i32.const 0) \"x\"))", "(module (func))"}) {
    const OwnedFd file = compile(*engine, text);
    const auto loaded = engine->load_artifact(file.get(), 0);
    INFO(text << "\n" << error_of(loaded));
    REQUIRE(loaded.ok());
    auto store = std::move(Store::create(*engine)).value();
    CHECK(store->instantiate(loaded.value(), "test").ok());
  }
}

TEST_CASE("an artifact is read from the middle of a file, and its module taken out", "[artifact]") {
  const auto engine = new_engine();
  const std::string text = "(module (func (export \"answer\") (result i32) (i32.const 42)))";
  auto compiled = engine->load({text.begin(), text.end()});
  REQUIRE(compiled.ok());
  OwnedFd file = file_of(Bytes(8192, 0xee));
  REQUIRE(engine->write_artifact(*compiled.value(), file.get()).ok());
  REQUIRE(::write(file.get(), "trailer", 7) == 7);
  auto loaded = engine->load_artifact(file.get(), 8192);
  REQUIRE(loaded.ok());
  auto store = std::move(Store::create(*engine)).value();
  auto instance = store->instantiate(loaded.value(), "test");
  REQUIRE(instance.ok());
  CHECK(store->call(*instance.value().instance, "answer", {}).results.at(0).i32 == 42);
  const auto module = engine->module_of_artifact(file.get(), 8192);
  REQUIRE(module.ok());
  CHECK(engine->load(module.value()).ok());
  CHECK(error_of(engine->load_artifact(file.get(), 4096)).starts_with("malformed: the artifact is damaged"));
}
