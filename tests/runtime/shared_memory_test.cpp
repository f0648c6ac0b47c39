// Threads, each with a store of its own, and one shared memory: atomic accesses, waiting, growth. And what else the proposals
// add to memories and integers, against C++.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "engine/engine.h"
#include "engine/text/text.h"
#include "tests/support/catch.h"

namespace wasmrun {
namespace {

using namespace std::chrono_literals;

struct World {
  explicit World(bool explicit_bounds_checks = false) {
    auto made = Engine::create(
        {.explicit_bounds_checks = explicit_bounds_checks, .threads = 1, .features = module::FeatureSet::all()});
    REQUIRE(made.ok());
    engine = std::move(made).value();
  }
  std::shared_ptr<const LoadedModule> load(const std::string& source) {
    auto bytes = text::assemble_module(source);
    if (!bytes.ok()) FAIL(bytes.error().to_string());
    auto loaded = engine->load(std::move(bytes).value());
    if (!loaded.ok()) FAIL(loaded.error().to_string());
    return std::move(loaded).value();
  }
  std::unique_ptr<Engine> engine;
};

/// A store with one instance; its calls are of i64s and i32s that fit.
struct Guest {
  Guest(World& world, std::shared_ptr<const LoadedModule> loaded, std::shared_ptr<SharedMemory> memory = nullptr) {
    auto made = Store::create(*world.engine);
    REQUIRE(made.ok());
    store = std::move(made).value();
    if (memory) store->define_shared_memory("env", "memory", std::move(memory));
    auto result = store->instantiate(std::move(loaded), "guest");
    if (!result.ok()) FAIL(result.error().to_string());
    instance = result.value().instance;
    REQUIRE(instance);
  }
  Outcome call(std::string_view name, const std::vector<uint64_t>& values = {}) {
    std::vector<RawValue> arguments;
    for (const uint64_t value : values) {
      RawValue raw = {};
      raw.i64 = value;
      arguments.push_back(raw);
    }
    return store->call(*instance, name, arguments);
  }
  /// The first result, or a number that no test expects.
  uint64_t number(std::string_view name, const std::vector<uint64_t>& values = {}) {
    const Outcome outcome = call(name, values);
    return outcome.kind == Outcome::Kind::Returned ? outcome.results.at(0).i64 : 0xbad0bad0bad;
  }
  std::string trap(std::string_view name, const std::vector<uint64_t>& values = {}) {
    const Outcome outcome = call(name, values);
    return outcome.kind == Outcome::Kind::Trapped ? outcome.trap.message : "no trap";
  }
  std::unique_ptr<Store> store;
  Instance* instance = nullptr;
};

constexpr const char* kOwner = R"((module (memory (export "memory") 1 4 shared)))";
constexpr const char* kUser = R"((module
  (import "env" "memory" (memory 1 4 shared))
  (func (export "count") (param $times i32)
    (loop $again
      (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
      (drop (i64.atomic.rmw.xor (i32.const 16) (i64.extend_i32_u (local.get $times))))
      (drop (i32.atomic.rmw16.sub_u offset=2 (i32.const 32) (i32.const 1)))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))
  (func (export "load") (param i32) (result i64) (i64.atomic.load (local.get 0)))
  (func (export "store") (param i32 i64) (i64.atomic.store (local.get 0) (local.get 1)))
  (func (export "wait32") (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 offset=4 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "wait64") (param i32 i64 i64) (result i32)
    (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify offset=4 (local.get 0) (local.get 1)))
  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "forever") (loop $again (br $again)))))";

struct Shared : World {
  explicit Shared(bool explicit_bounds_checks = false) : World(explicit_bounds_checks), user(load(kUser)) {
    Guest owner(*this, load(kOwner));
    memory = owner.store->shared_memory(*owner.instance, "memory");
    REQUIRE(memory);
  }
  std::shared_ptr<const LoadedModule> user;
  std::shared_ptr<SharedMemory> memory;  ///< outlives the store that made it
};

TEST_CASE("atomic changes of several threads are all made", "[runtime][threads]") {
  constexpr uint32_t kTimes = 20'000, kThreads = 3;
  for (const bool checked : {false, true}) {
    Shared world(checked);
    std::vector<std::thread> threads;
    std::atomic<uint32_t> returned{0};
    std::vector<std::unique_ptr<Guest>> guests;
    for (uint32_t i = 0; i < kThreads; ++i) guests.push_back(std::make_unique<Guest>(world, world.user, world.memory));
    for (auto& guest : guests) {
      threads.emplace_back([&guest, &returned] {
        returned += guest->call("count", {kTimes}).kind == Outcome::Kind::Returned;
      });
    }
    for (std::thread& thread : threads) thread.join();
    REQUIRE(returned == kThreads);
    Guest& reader = *guests[0];
    REQUIRE(reader.number("load", {8}) == kTimes * kThreads);
    uint64_t all = 0;
    for (uint32_t i = 1; i <= kTimes; ++i) all ^= i;  // an odd number of threads leaves it once
    REQUIRE(reader.number("load", {16}) == all);
    REQUIRE(reader.number("load", {32}) == uint64_t{static_cast<uint16_t>(-(kTimes * kThreads))} << 16);
  }
}

TEST_CASE("a waiting thread is woken, times out, or does not begin to wait", "[runtime][threads]") {
  Shared world;
  Guest waiter(world, world.user, world.memory);
  Guest notifier(world, world.user, world.memory);
  REQUIRE(waiter.number("wait32", {60, 1, ~uint64_t{0}}) == 1);
  REQUIRE(waiter.number("wait64", {64, 1, 0}) == 1);
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(waiter.number("wait64", {64, 0, 20'000'000}) == 2);
  REQUIRE(std::chrono::steady_clock::now() - begin >= 20ms);
  REQUIRE(notifier.number("notify", {60, 1}) == 0);

  std::atomic<uint64_t> result{99};
  std::thread thread([&] { result = waiter.number("wait32", {60, 0, ~uint64_t{0}}); });
  uint64_t woken = 0;
  for (int i = 0; i < 10'000 && woken == 0; ++i) {
    REQUIRE(notifier.number("notify", {64, 1}) == 0);  // offset 4 past it: another address
    woken = notifier.number("notify", {60, 5});
    if (woken == 0) std::this_thread::sleep_for(1ms);
  }
  thread.join();
  REQUIRE(woken == 1);
  REQUIRE(result == 0);
}

TEST_CASE("notify wakes no more threads than asked", "[runtime][threads]") {
  Shared world;
  Guest notifier(world, world.user, world.memory);
  std::vector<std::unique_ptr<Guest>> guests;
  for (int i = 0; i < 3; ++i) guests.push_back(std::make_unique<Guest>(world, world.user, world.memory));
  std::vector<std::thread> threads;
  std::atomic<int> woken_threads{0};
  for (auto& guest : guests)
    threads.emplace_back([&] { woken_threads += guest->number("wait32", {0, 0, ~uint64_t{0}}) == 0; });
  uint64_t woken = 0;
  for (int i = 0; i < 20'000 && woken < 3; ++i) {
    const uint64_t now = notifier.number("notify", {0, 1});
    REQUIRE(now <= 1);
    woken += now;
    if (now == 0) std::this_thread::sleep_for(1ms);
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE(woken == 3);
  REQUIRE(woken_threads == 3);
}

TEST_CASE("interrupt ends a wait", "[runtime][threads]") {
  Shared world;
  Guest guest(world, world.user, world.memory);
  std::atomic<bool> done{false};
  std::atomic<bool> interrupted{false};
  std::thread thread([&] {
    interrupted = guest.call("wait64", {0, 0, ~uint64_t{0}}).interrupted;
    done = true;
  });
  std::this_thread::sleep_for(20ms);
  guest.store->interrupt();
  for (int i = 0; i < 5'000 && !done; ++i) std::this_thread::sleep_for(1ms);
  REQUIRE(done);
  thread.join();
  REQUIRE(interrupted);
  REQUIRE(guest.number("wait64", {0, 1, 0}) == 1);  // and the store goes on
}

TEST_CASE("a shared memory grows for all and never moves", "[runtime][threads]") {
  for (const bool checked : {false, true}) {
    Shared world(checked);
    Guest a(world, world.user, world.memory);
    Guest b(world, world.user, world.memory);
    REQUIRE_THAT(a.trap("load", {65536}), StartsWith("out of bounds memory access"));
    REQUIRE(b.number("grow", {2}) == 1);
    REQUIRE(a.number("size") == 3);
    REQUIRE(a.call("store", {3 * 65536 - 8, 7}).kind == Outcome::Kind::Returned);
    REQUIRE(b.number("load", {3 * 65536 - 8}) == 7);
    REQUIRE(a.number("grow", {2}) == 0xffffffff);
    REQUIRE_THAT(b.trap("load", {3 * 65536}), StartsWith("out of bounds memory access"));
  }
}

TEST_CASE("misaligned accesses, and waiting where nobody can notify, trap", "[runtime][threads]") {
  Shared world;
  Guest guest(world, world.user, world.memory);
  REQUIRE_THAT(guest.trap("wait32", {1, 0, 0}), StartsWith("unaligned atomic"));
  REQUIRE_THAT(guest.trap("wait64", {4, 0, 0}), StartsWith("unaligned atomic"));
  REQUIRE_THAT(guest.trap("notify", {2, 0}), StartsWith("unaligned atomic"));
  REQUIRE_THAT(guest.trap("notify", {65532, 0}), StartsWith("out of bounds memory access"));
  REQUIRE_THAT(guest.trap("load", {0xfffffff8}), StartsWith("out of bounds memory access"));
  World alone;
  Guest unshared(alone, alone.load(R"((module (memory 1)
    (func (export "wait") (param i32 i32 i64) (result i32)
      (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "notify") (param i32) (result i32) (memory.atomic.notify (local.get 0) (i32.const 1)))))"));
  REQUIRE_THAT(unshared.trap("wait", {0, 0, 0}), StartsWith("expected shared memory"));
  REQUIRE(unshared.number("notify", {0}) == 0);
  REQUIRE_THAT(unshared.trap("notify", {65536}), StartsWith("out of bounds memory access"));
}

// ---- Read-modify-write in the midst of other operands.

struct Modify {
  const char* name;
  uint64_t (*apply)(uint64_t old, uint64_t value);
};
constexpr Modify kModify[] = {
    {"add", [](uint64_t old, uint64_t value) { return old + value; }},
    {"sub", [](uint64_t old, uint64_t value) { return old - value; }},
    {"and", [](uint64_t old, uint64_t value) { return old & value; }},
    {"or", [](uint64_t old, uint64_t value) { return old | value; }},
    {"xor", [](uint64_t old, uint64_t value) { return old ^ value; }},
    {"xchg", [](uint64_t, uint64_t value) { return value; }},
};

struct Shape {
  const char* type;
  const char* width;
  unsigned bits;
};
constexpr Shape kShapes[] = {{"i32", "", 32},  {"i64", "", 64},   {"i32", "8", 8},   {"i32", "16", 16},
                             {"i64", "8", 8}, {"i64", "16", 16}, {"i64", "32", 32}};

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

TEST_CASE("read-modify-write instructions keep other operands and give the old value", "[runtime][baseline][threads]") {
  World world;
  std::mt19937_64 random(1);
  for (const Shape& shape : kShapes) {
    for (size_t op = 0; op <= std::size(kModify); ++op) {
      const bool compares = op == std::size(kModify);
      const std::string name = std::string(shape.type) + ".atomic.rmw" + shape.width + "." +
                               (compares ? "cmpxchg" : kModify[op].name) + (*shape.width ? "_u" : "");
      CAPTURE(name);
      // Operands below, an address and values that are computed, parameters that stay in registers.
      std::string source = R"((module (memory 1)
        (func (export "f") (param $a i32) (param $b T) (param $c T) (param $d T) (result T) (local $e T)
          (local.set $e (T.mul (local.get $c) (local.get $d)))
          (T.add (T.add (local.get $b) (local.get $c))
            (T.sub (T.xor (local.get $d) (local.get $e))
              (T.add (T.mul (local.get $b) (T.const 3))
                (OP offset=8 (i32.add (local.get $a) (i32.const 8)) EXPECTED (T.add (local.get $b) (local.get $e)))))))
        (func (export "g") (param $a i32) (param $b T) (param $c T) (param $d T) (result T)
          (OP (i32.const 24) EXPECTED (local.get $b)))
        (func (export "set") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
        (func (export "get") (param i32) (result i64) (i64.load (local.get 0)))))";
      source = replace_all(source, "EXPECTED", compares ? "(local.get $c)" : "");
      source = replace_all(replace_all(source, "OP", name), "T", shape.type);
      Guest guest(world, world.load(source));
      const uint64_t full = shape.type[1] == '6' ? ~uint64_t{0} : 0xffffffff;
      const uint64_t mask = ~uint64_t{0} >> (64 - shape.bits);
      for (int round = 0; round < 20; ++round) {
        const uint64_t old = random(), b = random() & full, c = round % 2 ? random() & full : old & full, d = random() & full;
        for (const bool in_expression : {true, false}) {
          REQUIRE(guest.call("set", {24, old}).kind == Outcome::Kind::Returned);
          const uint64_t e = c * d;
          const uint64_t operand = in_expression ? (b + e) & full : b;
          uint64_t written = compares ? ((old & mask) == (c & mask) ? operand : old) : kModify[op].apply(old, operand);
          written = (old & ~mask) | (written & mask);
          const uint64_t seen = old & mask;
          const uint64_t wanted = in_expression ? (b + c + ((d ^ e) - (b * 3 + seen))) & full : seen;
          CHECK((guest.number(in_expression ? "f" : "g", {8, b, c, d}) & full) == wanted);
          CHECK(guest.number("get", {24}) == written);
        }
      }
    }
  }
}

// ---- Wide arithmetic, small pages.

TEST_CASE("wide arithmetic is that of 128-bit integers", "[runtime][baseline][wide-arithmetic]") {
  World world;
  Guest guest(world, world.load(R"((module
    (func (export "add") (param i64 i64 i64 i64) (result i64 i64) (local i64 i64)
      (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)) local.set 4 local.set 5
      local.get 5 local.get 4)
    (func (export "sub") (param i64 i64 i64 i64) (result i64 i64)
      (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (func (export "twice") (param i64 i64 i64 i64) (result i64 i64)
      (i64.add128 (i64.add128 (local.get 0) (local.get 1) (local.get 0) (local.get 1)) (i64.const -1) (i64.const -1)))
    (func (export "mul_s") (param i64 i64 i64 i64) (result i64 i64)
      (i64.mul_wide_s (local.get 0) (local.get 2)))
    (func (export "mul_u") (param i64 i64 i64 i64) (result i64 i64) (local i64)
      (local.set 4 (i64.sub (local.get 1) (local.get 1)))
      (i64.add128 (i64.mul_wide_u (local.get 0) (local.get 2)) (local.get 4) (local.get 1)))))"));
  std::mt19937_64 random(2);
  using Wide = unsigned __int128;
  const auto wide = [](uint64_t low, uint64_t high) { return Wide{high} << 64 | low; };
  const uint64_t special[] = {0, 1, ~uint64_t{0}, uint64_t{1} << 63, 0x7fffffffffffffff};
  const auto pick = [&] { return random() % 2 ? random() : special[random() % std::size(special)]; };
  for (int round = 0; round < 500; ++round) {
    const uint64_t a = pick(), b = pick(), c = pick(), d = pick();
    const auto check = [&](const char* name, Wide wanted) {
      CAPTURE(name, a, b, c, d);
      const Outcome outcome = guest.call(name, {a, b, c, d});
      REQUIRE(outcome.results.size() == 2);
      CHECK(outcome.results[0].i64 == static_cast<uint64_t>(wanted));
      CHECK(outcome.results[1].i64 == static_cast<uint64_t>(wanted >> 64));
    };
    check("add", wide(a, b) + wide(c, d));
    check("sub", wide(a, b) - wide(c, d));
    check("twice", wide(a, b) + wide(a, b) - 1);
    check("mul_s", static_cast<Wide>(__int128{static_cast<int64_t>(a)} * static_cast<int64_t>(c)));
    check("mul_u", Wide{a} * c + wide(0, b));
  }
}

TEST_CASE("a memory of one-byte pages ends at any byte", "[runtime][memories]") {
  for (const bool checked : {false, true}) {
    World world(checked);
    Guest guest(world, world.load(R"((module (memory 5 70000 (pagesize 1)) (data (i32.const 4) "z")
      (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "load32") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 1) (local.get 1)))
      (func (export "size") (result i32) memory.size)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))"));
    REQUIRE(guest.number("load", {4}) == 'z');
    REQUIRE_THAT(guest.trap("load", {5}), StartsWith("out of bounds memory access"));
    REQUIRE_THAT(guest.trap("load32", {2}), StartsWith("out of bounds memory access"));
    REQUIRE_THAT(guest.trap("fill", {3, 3}), StartsWith("out of bounds memory access"));
    REQUIRE(guest.number("grow", {1}) == 5);
    REQUIRE(guest.number("size") == 6);
    REQUIRE(guest.number("load", {5}) == 0);
    REQUIRE(guest.number("grow", {69994}) == 6);
    REQUIRE(guest.number("load", {69999}) == 0);
    REQUIRE(guest.number("grow", {1}) == 0xffffffff);
  }
}

}  // namespace
}  // namespace wasmrun
