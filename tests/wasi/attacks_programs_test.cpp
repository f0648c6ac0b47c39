// Attacks 38, 42 and 43 by programs in the engine: memories that grow, are missing or imported; ends from everywhere; very long arguments.
#include "tests/wasi/guest.h"

namespace wasmrun::wasi {

namespace {

/// A module in text form, linked with the functions and run.
class Program {
 public:
  explicit Program(const std::string& text, WasiOptions options = {}) {
    auto engine = Engine::create();
    REQUIRE(engine.ok());
    engine_ = std::move(engine).value();
    auto wasi = Wasi::create(std::move(options));
    REQUIRE(wasi.ok());
    wasi_ = std::move(wasi).value();
    auto store = Store::create(*engine_);
    REQUIRE(store.ok());
    store_ = std::move(store).value();
    auto made = instantiate(text, "program");
    start_ = made.outcome;
    instance_ = made.instance;
  }
  Instantiation instantiate(const std::string& text, const std::string& name) {
    auto loaded = engine_->load({text.begin(), text.end()});
    INFO((loaded.ok() ? "" : loaded.error().message));
    REQUIRE(loaded.ok());
    wasi_->define_in(*store_, *loaded.value());
    auto made = store_->instantiate(std::move(loaded).value(), name);
    INFO((made.ok() ? "" : made.error().message));
    REQUIRE(made.ok());
    return std::move(made).value();
  }
  Outcome call(const char* name) { return store_->call(*instance_, name, {}); }
  int32_t result(const char* name) {
    const Outcome outcome = call(name);
    INFO(outcome.trap.message);
    REQUIRE(outcome.kind == Outcome::Kind::Returned);
    return static_cast<int32_t>(outcome.results.at(0).i32);
  }
  Store& store() { return *store_; }
  Instance* instance() { return instance_; }
  const Outcome& start() { return start_; }

 private:
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Wasi> wasi_;
  std::unique_ptr<Store> store_;
  Instance* instance_ = nullptr;
  Outcome start_;
};

constexpr const char* kClock = R"((import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32))))";

bool is_out_of_bounds(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::Trapped && outcome.trap.message.starts_with("out of bounds memory access: ");
}

}  // namespace

TEST_CASE("a memory that has grown is written where it has grown, and not before", "[wasi][sandbox][pointers][attack][attack38]") {
  Program program(std::string("(module ") + kClock + R"(
    (memory (export "memory") 1 10)
    (func (export "write") (result i32) (call $clock (i32.const 1) (i64.const 0) (i32.const 0x1fff8)))
    (func (export "past") (result i32) (call $clock (i32.const 1) (i64.const 0) (i32.const 0x1fff9)))
    (func (export "read") (result i32) (i64.ne (i64.load (i32.const 0x1fff8)) (i64.const 0)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "grow_and_write") (result i32)
      (drop (memory.grow (i32.const 8)))
      (call $clock (i32.const 1) (i64.const 0) (i32.const 0x9fff8)))))");
  CHECK(is_out_of_bounds(program.call("write")));
  CHECK(program.result("grow") == 1);
  CHECK(program.result("write") == 0);
  CHECK(program.result("read") == 1);
  CHECK(is_out_of_bounds(program.call("past")));
  CHECK(program.result("grow_and_write") == 0);
}

TEST_CASE("a program without a memory traps where it passes a pointer, and runs", "[wasi][sandbox][pointers][attack][attack38]") {
  for (const char* memory : {"", "(memory (export \"memory\") 0)", "(memory 0)"}) {
    INFO(memory);
    Program program(std::string("(module ") + kClock + R"(
      (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32))))" + memory + R"(
      (func (export "clock") (result i32) (call $clock (i32.const 1) (i64.const 0) (i32.const 0)))
      (func (export "nothing") (result i32) (call $random (i32.const 0) (i32.const 0)))
      (func (export "yield") (result i32) (call $yield))))");
    CHECK(is_out_of_bounds(program.call("clock")));
    CHECK(program.result("nothing") == 0);
    CHECK(program.result("yield") == 0);
  }
}

TEST_CASE("a memory that is imported is the one that calls use", "[wasi][sandbox][pointers][attack][attack38]") {
  Program program(R"((module (memory (export "memory") 1 2)
    (func (export "read") (result i32) (i64.ne (i64.load (i32.const 16)) (i64.const 0)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))))");
  program.store().define_instance("lib", *program.instance());
  for (const char* exported : {"", "(export \"memory\" (memory 0))"}) {
    const auto user = program.instantiate(std::string("(module ") + kClock + "(import \"lib\" \"memory\" (memory 1))" + exported + R"(
      (func (export "near") (result i32) (call $clock (i32.const 1) (i64.const 0) (i32.const 16)))
      (func (export "far") (result i32) (call $clock (i32.const 1) (i64.const 0) (i32.const 0x10000)))))", "user");
    CHECK(program.store().call(*user.instance, "near", {}).results.at(0).i32 == 0);
    CHECK(program.result("read") == 1);
    if (*exported == '\0') {
      CHECK(is_out_of_bounds(program.store().call(*user.instance, "far", {})));
      CHECK(program.result("grow") == 1);
    }
    CHECK(program.store().call(*user.instance, "far", {}).results.at(0).i32 == 0);
  }
}

TEST_CASE("a program ends where it says so: in its start function, deep in calls, in a callback of a table", "[wasi][sandbox][proc_exit][attack][attack42]") {
  const std::string exit = R"((import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))))";
  for (const auto& [code, status] : {std::pair<const char*, uint32_t>{"0", 0}, {"125", 125}, {"126", 126}, {"255", 255}, {"256", 1}, {"-1", 255}}) {
    INFO(code);
    const std::string call = std::string("(call $exit (i32.const ") + code + "))";
    Program starting("(module " + exit + "(memory (export \"memory\") 1) (func $s " + call + " (unreachable)) (start $s))");
    CHECK(starting.instance() == nullptr);
    CHECK(starting.start().kind == Outcome::Kind::Exited);
    CHECK(starting.start().exit_code == status);

    Program nested("(module " + exit + R"((memory (export "memory") 1) (table funcref (elem $deep))
      (func $deep (param $n i32)
        (if (local.get $n) (then (call_indirect (param i32) (i32.sub (local.get $n) (i32.const 1)) (i32.const 0))) (else )" + call + R"())
        (i32.store (i32.const 0) (i32.const 1)))
      (func (export "run") (call $deep (i32.const 1000)))
      (func (export "was_resumed") (result i32) (i32.load (i32.const 0)))))");
    const Outcome outcome = nested.call("run");
    CHECK(outcome.kind == Outcome::Kind::Exited);
    CHECK(outcome.exit_code == status);
    CHECK(nested.result("was_resumed") == 0);
  }
}

TEST_CASE("arguments and variables of a million bytes arrive, or trap where there is no room", "[wasi][sandbox][args_get][environ_get][attack][attack43]") {
  WasiOptions options;
  options.args = {"program", std::string(1'000'000, 'a'), ""};
  for (int i = 0; i < 10'000; ++i) options.env.emplace_back("NAME" + std::to_string(i), std::string(100, 'v'));
  Guest guest(std::move(options));
  // The test guest's memory is smaller.
  CHECK_FALSE(guest.call("args_get", 0, 0x1000).trap.empty());
  CHECK_FALSE(guest.call("environ_get", 0, 0x10000).trap.empty());
  CHECK(guest.get<uint32_t>(0) == 0);
  std::vector<uint8_t> large(4 << 20);
  guest.use_memory(large);
  REQUIRE(guest.call("args_sizes_get", kResult, kResult2) == Errno::Success);
  CHECK(guest.get<uint32_t>(kResult) == 3);
  const auto size = guest.get<uint32_t>(kResult2);
  CHECK(size == 1'000'000 + 1 + 8 + 1);
  REQUIRE(guest.call("args_get", 0, static_cast<uint32_t>(large.size()) - size) == Errno::Success);
  CHECK(guest.text(guest.get<uint32_t>(4), 1'000'001) == std::string(1'000'000, 'a') + '\0');
  CHECK_FALSE(guest.call("args_get", 0, static_cast<uint32_t>(large.size()) - size + 1).trap.empty());
  CHECK_FALSE(guest.call("args_get", static_cast<uint32_t>(large.size()) - 11, 0).trap.empty());
  REQUIRE(guest.call("environ_get", 0, 0x10000) == Errno::Success);
  CHECK(guest.text(guest.get<uint32_t>(4 * 9999), 9) == "NAME9999=");
}

}  // namespace wasmrun::wasi
