// Giant functions under the optimizing compiler: time grows with size, and what would explode is left to the baseline.
#include <time.h>

#include <string>

#include "engine/engine.h"
#include "tests/support/catch.h"

using namespace wasmrun;

namespace {

double processor_seconds() {
  timespec now;
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Compiled {
  double seconds = 0;
  std::string left_out;  ///< why the baseline compiled it
  uint32_t result = 0;   ///< of "run"(1000)
};

Compiled compile(CompilerChoice compiler, const std::string& body) {
  const std::string text = "(module (memory 1) (tag $e) (func $same (param i32) (result i32) (local.get 0))\n(func (export \"run\") (param $x i32) (result i32) " + body + "))";
  EngineOptions options{.compiler = compiler};
  options.threads = 1;
  options.features = module::FeatureSet::all();
  auto engine = std::move(Engine::create(options).value());
  Compiled compiled;
  const double begin = processor_seconds();
  const auto loaded = engine->load({text.begin(), text.end()});
  compiled.seconds = processor_seconds() - begin;
  INFO((loaded.ok() ? "" : loaded.error().to_string()));
  REQUIRE(loaded.ok());
  compiled.left_out = not_optimized_because(*loaded.value());
  auto store = std::move(Store::create(*engine).value());
  Instance* const instance = store->instantiate(loaded.value(), "module").value().instance;
  RawValue argument{};
  argument.v128[0] = 0xe8;
  argument.v128[1] = 0x03;
  const Outcome outcome = store->call(*instance, "run", std::vector<RawValue>{argument});
  REQUIRE(outcome.kind == Outcome::Kind::Returned);
  for (unsigned i = 4; i-- > 0;) compiled.result = compiled.result << 8 | outcome.results[0].v128[i];
  return compiled;
}

/// One block of arithmetic.
std::string straight_line(int instructions) {
  std::string body = "(local.get $x)";
  for (int i = 0; i < instructions; ++i) body += i % 2 ? "(i32.add (i32.const " + std::to_string(i * 7919 % 65521) + "))" : "(i32.xor (local.get $x))(i32.mul (i32.const 5))";
  return body;
}

std::string locals(int count) {
  std::string text = "(local";
  for (int i = 0; i < count; ++i) text += " i32";
  return text + ")";
}

std::string local(int index) { return std::to_string(index + 1); }

/// Calls in one try block, each of which changes a local: as many values meet in the handler as both multiplied.
std::string calls_in_try(int calls, int local_count) {
  std::string body = locals(local_count) + "(block $caught (try_table (catch_all $caught)";
  for (int i = 0; i < calls; ++i) body += "(local.set " + local(i % local_count) + " (call $same (i32.add (local.get " + local(i * 17 % local_count) + ") (i32.const 3))))\n";
  body += "))";
  for (int i = 0; i < local_count; ++i) body += "(local.set $x (i32.xor (i32.mul (local.get $x) (i32.const 3)) (local.get " + local(i) + ")))";
  return body + "(local.get $x)";
}

/// Branches to one label, each after another local was changed.
std::string branches_out(int branches, int local_count) {
  std::string body = locals(local_count) + "(block $out";
  for (int i = 0; i < branches; ++i) {
    body += "(local.set " + local(i % local_count) + " (i32.add (local.get " + local(i * 17 % local_count) + ") (i32.const 1)))(br_if $out (i32.eq (local.get $x) (i32.const " +
            std::to_string(i) + ")))\n";
  }
  body += ")";
  for (int i = 0; i < local_count; ++i) body += "(local.set $x (i32.xor (i32.mul (local.get $x) (i32.const 3)) (local.get " + local(i) + ")))";
  return body + "(local.get $x)";
}

void check_left_out(const std::string& body) {
  const Compiled quick = compile(CompilerChoice::Baseline, body), slow = compile(CompilerChoice::Optimizing, body);
  CHECK(slow.left_out.starts_with("function too large for the optimizing compiler (at offset 0x"));
  CHECK(slow.result == quick.result);
}

void check_optimized(const std::string& body) {
  const Compiled quick = compile(CompilerChoice::Baseline, body), slow = compile(CompilerChoice::Optimizing, body);
  CHECK(slow.left_out == "");
  CHECK(slow.result == quick.result);
}

}  // namespace

TEST_CASE("a block of four times the instructions takes about four times the time", "[llvm][budget]") {
  const Compiled once = compile(CompilerChoice::Optimizing, straight_line(6000));
  const Compiled four_times = compile(CompilerChoice::Optimizing, straight_line(24000));
  INFO(once.seconds << " s, " << four_times.seconds << " s");
  CHECK(four_times.left_out == "");
  // Where time grows with the square it takes sixteen times as long.
  CHECK(four_times.seconds < 10 * once.seconds);
}

TEST_CASE("long blocks compute the same in pieces", "[llvm][budget]") {
  check_optimized(straight_line(3000));
  check_optimized(calls_in_try(1000, 10));
  // More values meet at the label than a piece has instructions.
  check_optimized(branches_out(300, 1000));
}

TEST_CASE("functions in which too much meets are left to the baseline", "[llvm][budget]") {
  check_left_out(calls_in_try(4000, 1000));
  check_left_out(branches_out(4000, 1000));
}

TEST_CASE("functions of too many instructions are left to the baseline", "[llvm][budget]") { check_left_out(straight_line(200'000)); }
