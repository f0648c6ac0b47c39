// What scripts cannot ask about exceptions: host functions between frames, messages and backtraces.
#include "engine/engine.h"
#include "engine/text/text.h"
#include "tests/support/catch.h"

namespace wasmrun {
namespace {

struct ExceptionFixture {
  ExceptionFixture() {
    auto made = Engine::create();
    REQUIRE(made.ok());
    engine = std::move(made).value();
    auto store_made = Store::create(*engine);
    REQUIRE(store_made.ok());
    store = std::move(store_made).value();
    store->define("host", "call_back", {FuncType{}, call_back, this});
  }

  Instance& instantiate(const char* text, std::string name) {
    auto bytes = text::assemble_module(text);
    REQUIRE(bytes.ok());
    auto loaded = engine->load(std::move(bytes).value());
    REQUIRE(loaded.ok());
    auto done = store->instantiate(std::move(loaded).value(), std::move(name));
    REQUIRE(done.ok());
    REQUIRE(done.value().instance);
    return *done.value().instance;
  }

  // Calls the guest again, and gives up or goes on when that traps.
  static HostOutcome call_back(void* user_data, Caller&, const RawValue*, RawValue*) {
    auto& self = *static_cast<ExceptionFixture*>(user_data);
    self.inner = self.store->call(*self.instance, "inner", {});
    return self.goes_on ? HostOutcome::returned() : HostOutcome::trapped(self.inner.trap.message);
  }

  std::unique_ptr<Engine> engine;
  std::unique_ptr<Store> store;
  Instance* instance = nullptr;
  Outcome inner;
  bool goes_on = false;
};

constexpr const char* kThroughHost = R"((module
  (import "host" "call_back" (func $call_back))
  (tag $other) (tag $e (param i32))
  (func $thrower (param i32) (throw $e (local.get 0)))
  (func (export "inner") (call $thrower (i32.const 5)))
  (func (export "outer") (result i32)
    (block $caught (result i32)
      (try_table (catch $e $caught) (call $call_back))
      (i32.const 1)))
  (func (export "caught") (result i32)
    (block $caught (result i32)
      (try_table (catch $e $caught) (call $call_back) (call $thrower (i32.const 9)))
      (i32.const 1)))
))";

}  // namespace

TEST_CASE_METHOD(ExceptionFixture, "an uncaught exception is a trap that shows who threw", "[runtime][throw_]") {
  Instance& guest = instantiate(kThroughHost, "guest");
  const Outcome outcome = store->call(guest, "inner", {});
  REQUIRE(outcome.kind == Outcome::Kind::Trapped);
  CHECK(outcome.trap.message == "uncaught exception: tag 1 of guest");
  REQUIRE(outcome.trap.frames.size() == 2);
  CHECK(outcome.trap.frames[0].function == 1);
  CHECK(outcome.trap.frames[0].module_offset.has_value());
  CHECK(outcome.trap.frames[1].function == 2);
}

TEST_CASE_METHOD(ExceptionFixture, "an exception ends at the host function that called the guest", "[runtime][try_table]") {
  instance = &instantiate(kThroughHost, "guest");
  // The outer frame's clause would match, but a host function is between.
  Outcome outcome = store->call(*instance, "outer", {});
  CHECK(inner.kind == Outcome::Kind::Trapped);
  CHECK(inner.trap.message == "uncaught exception: tag 1 of guest");
  REQUIRE(outcome.kind == Outcome::Kind::Trapped);
  CHECK(outcome.trap.message == "uncaught exception: tag 1 of guest");

  goes_on = true;
  outcome = store->call(*instance, "outer", {});
  REQUIRE(outcome.kind == Outcome::Kind::Returned);
  CHECK(outcome.results[0].i32 == 1);
  // And the outer activation still throws and catches.
  outcome = store->call(*instance, "caught", {});
  REQUIRE(outcome.kind == Outcome::Kind::Returned);
  CHECK(outcome.results[0].i32 == 9);
}

TEST_CASE_METHOD(ExceptionFixture, "a reference to an exception goes out to the host and comes back", "[runtime][throw_ref]") {
  Instance& guest = instantiate(R"((module
    (tag $e (param i64))
    (func (export "make") (result exnref)
      (try_table (catch_all_ref 0) (throw $e (i64.const 77)))
      (unreachable))
    (func (export "value") (param exnref) (result i64)
      (try_table (catch $e 0) (throw_ref (local.get 0)))
      (unreachable))))",
                                "guest");
  const Outcome made = store->call(guest, "make", {});
  REQUIRE(made.kind == Outcome::Kind::Returned);
  const Outcome value = store->call(guest, "value", made.results);
  REQUIRE(value.kind == Outcome::Kind::Returned);
  CHECK(value.results[0].i64 == 77);
  // What a host made up is no exception.
  RawValue invented = {};
  invented.ref = 12345;
  CHECK(store->call(guest, "value", std::span(&invented, 1)).kind == Outcome::Kind::Trapped);
  invented.ref = 0;
  CHECK(store->call(guest, "value", std::span(&invented, 1)).trap.message == "null exception reference");
}

}  // namespace wasmrun
