// Functions that are part of others in optimized code are seen in backtraces all the same.
#include <sys/mman.h>
#include <unistd.h>

#include "engine/artifact/artifact.h"
#include "engine/base/owned_fd.h"
#include "tests/llvm/pair.h"

using namespace llvm_test;
using namespace wasmrun;

namespace {

RawValue i32(uint32_t value) {
  RawValue raw = {};
  raw.i32 = value;
  return raw;
}

OwnedFd artifact_of(Engine& engine, const std::string& text) {
  const auto loaded = engine.load({text.begin(), text.end()});
  REQUIRE(loaded.ok());
  OwnedFd file(::memfd_create("artifact", MFD_CLOEXEC));
  REQUIRE(engine.write_artifact(*loaded.value(), file.get()).ok());
  return file;
}

/// What optimized code has of functions in others.
std::vector<abi::InlinedLocation> inlined_in(const std::string& text) {
  auto engine = Engine::create({.compiler = CompilerChoice::Optimizing, .features = module::FeatureSet::all()});
  REQUIRE(engine.ok());
  const auto artifact = artifact::open(artifact_of(*engine.value(), text).get(), 0, nullptr);
  REQUIRE(artifact.ok());
  return artifact.value().code.inlined;
}

std::string shown(const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::Trapped) return with_backtrace(outcome.trap);
  return outcome.results.empty() ? "nothing" : std::to_string(outcome.results[0].i32);
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// Calls `run` under both compilers and returns what both do.
std::string run_both(const std::string& text, std::vector<RawValue> arguments) {
  Pair pair(text, {});
  const std::string baseline = shown(pair.baseline.call("run", arguments)), optimized = shown(pair.optimized.call("run", arguments));
  CHECK(baseline == optimized);
  return optimized;
}

const char kNested[] = R"((module
  (memory 1)
  (func $divide (param i32) (result i32) (i32.div_s (i32.const 60) (local.get 0)))
  (func $load (param i32) (result i32) (i32.load (local.get 0)))
  (func $both (param i32 i32) (result i32) (i32.add (call $divide (local.get 0)) (call $load (local.get 1))))
  (func $outer (param i32 i32) (result i32) (i32.mul (i32.const 3) (call $both (local.get 0) (local.get 1))))
  (func (export "run") (param i32 i32) (result i32) (call $outer (local.get 0) (local.get 1)))))";

}  // namespace

TEST_CASE("a trap three functions deep in another shows them all", "[llvm][inline]") {
  REQUIRE(inlined_in(kNested).size() > 3);
  CHECK(run_both(kNested, {i32(6), i32(0)}) == "30");
  const std::string divided = run_both(kNested, {i32(0), i32(0)});
  CHECK(divided.starts_with("integer divide by zero at 0+"));
  CHECK(count(divided, " at ") == 4);
  const std::string loaded = run_both(kNested, {i32(1), i32(0xffff0000)});
  CHECK(loaded.starts_with("out of bounds memory access"));
  CHECK(count(loaded, " at ") == 4);
}

TEST_CASE("an artifact knows what was inlined", "[llvm][inline]") {
  auto engine = Engine::create({.compiler = CompilerChoice::Optimizing});
  REQUIRE(engine.ok());
  const OwnedFd file = artifact_of(*engine.value(), kNested);
  const auto loaded = engine.value()->load_artifact(file.get(), 0);
  REQUIRE(loaded.ok());
  const auto store = Store::create(*engine.value()).value();
  Instance* const instance = store->instantiate(loaded.value(), "module").value().instance;
  CHECK(shown(store->call(*instance, "run", std::vector{i32(0), i32(0)})) == run_both(kNested, {i32(0), i32(0)}));
}

TEST_CASE("recursion that was unrolled has a frame for each call", "[llvm][inline]") {
  const std::string text = R"((module
    (func $down (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then unreachable))
      (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
    (func (export "run") (param i32) (result i32) (call $down (local.get 0)))))";
  REQUIRE(!inlined_in(text).empty());
  for (const uint32_t depth : {0u, 1u, 5u, 16u, 37u}) CHECK(count(run_both(text, {i32(depth)}), " at ") == depth + 2);
  // Of more frames than are shown the first and the last are.
  Pair pair(text, {});
  const Trap one = pair.baseline.call("run", {i32(1000)}).trap, other = pair.optimized.call("run", {i32(1000)}).trap;
  CHECK(with_backtrace(one) == with_backtrace(other));
  CHECK(one.frames_left_out == 1002 - 40);
  CHECK(other.frames_left_out == one.frames_left_out);
}

TEST_CASE("endless recursion of small functions is exhaustion", "[llvm][inline]") {
  const std::string text = R"((module
    (func $alone (call $alone))
    (func $one (result i32) (i32.add (call $other) (i32.const 1)))
    (func $other (result i32) (i32.add (call $one) (i32.const 1)))
    (func (export "run") (param i32) (if (local.get 0) (then (call $alone)) (else (drop (call $one)))))))";
  Pair pair(text, {});
  for (const uint32_t which : {0u, 1u}) {
    const Outcome outcome = pair.optimized.call("run", {i32(which)});
    REQUIRE(outcome.kind == Outcome::Kind::Trapped);
    CHECK(outcome.trap.message.starts_with("call stack exhausted"));
  }
}

TEST_CASE("a function that throws is inlined into the block that catches", "[llvm][inline][try_table]") {
  const std::string text = R"((module
    (tag $e (param i32)) (tag $f)
    (func $throws (param i32)
      (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $e (i32.const 42))))
      (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $f)))
      (if (i32.eq (local.get 0) (i32.const 3)) (then unreachable)))
    (func $passes (param i32) (call $throws (local.get 0)))
    (func $catches (param i32) (result i32) (local i32)
      (local.set 1 (i32.const 7))
      (block $caught (result i32)
        (try_table (catch $e $caught) (call $passes (local.get 0)) (local.set 1 (i32.const 8)) (call $passes (i32.add (local.get 0) (i32.const -10))))
        (return (local.get 1)))
      (i32.add (local.get 1)))
    (func (export "run") (param i32) (result i32) (call $catches (local.get 0)))))";
  REQUIRE(!inlined_in(text).empty());
  CHECK(run_both(text, {i32(0)}) == "8");
  CHECK(run_both(text, {i32(1)}) == "49");
  CHECK(run_both(text, {i32(11)}) == "50");
  CHECK(count(run_both(text, {i32(2)}), " at ") == 4);   // not caught
  CHECK(count(run_both(text, {i32(12)}), " at ") == 4);
  CHECK(count(run_both(text, {i32(13)}), " at ") == 4);  // a trap
}

TEST_CASE("functions around a tail call stay apart", "[llvm][inline][return_call]") {
  const std::string text = R"((module
    (func $divide (param i32) (result i32) (i32.div_s (i32.const 60) (local.get 0)))
    (func $leaves (param i32) (result i32) (return_call $divide (local.get 0)))
    (func $again (param i32) (result i32) (if (result i32) (local.get 0) (then (return_call $again (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 5))))
    (func (export "run") (param i32) (result i32) (i32.add (call $leaves (local.get 0)) (call $again (i32.const 1000000))))))";
  CHECK(run_both(text, {i32(6)}) == "15");
  // The frame of the caller is gone.
  CHECK(count(run_both(text, {i32(0)}), " at ") == 2);
}

TEST_CASE("code at the end of two blocks keeps the places of both", "[llvm][inline]") {
  const std::string text = R"((module
    (memory 1)
    (func $load (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "run") (param i32 i32 i32) (result i32) (local i32)
      (if (local.get 0)
        (then (i32.store offset=8 (i32.const 0) (i32.const 77))
          (local.set 3 (i32.add (call $load (local.get 1)) (i32.mul (call $load (i32.add (local.get 2) (i32.const 3))) (i32.const 77)))))
        (else (i32.store offset=4 (i32.const 0) (i32.const 7))
          (local.set 3 (i32.add (call $load (local.get 1)) (i32.mul (call $load (i32.add (local.get 2) (i32.const 3))) (i32.const 77))))))
      (local.get 3))))";
  for (const uint32_t way : {0u, 1u}) {
    CHECK(count(run_both(text, {i32(way), i32(0), i32(0x7fff'ffff)}), " at ") == 2);
    CHECK(count(run_both(text, {i32(way), i32(0x7fff'ffff), i32(0)}), " at ") == 2);
  }
}
