// Both compilers give the same bits, and the same backtrace of a trap: each numeric instruction with operands known and not known while
// compiling, with the same operand twice, and with operands that are loaded from the end of the memory and from beyond it.
//
// WASMRUN_AGREEMENT_SEED=N draws other numbers.
#include <cstdlib>
#include <cstring>
#include <map>

#include "tests/llvm/operations.h"
#include "tests/llvm/pair.h"

using namespace llvm_test;
using namespace wasmrun;
using instructions::NanResult;

namespace {

uint64_t seed() {
  const char* text = std::getenv("WASMRUN_AGREEMENT_SEED");
  return text ? std::strtoull(text, nullptr, 10) : 1;
}

std::string hex(std::string_view type, const RawValue& value) {
  const size_t bytes = type == "v128" ? 16 : type == "i32" || type == "f32" || type == "addr" ? 4 : 8;
  std::string text;
  for (size_t i = bytes; i-- > 0;) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", value.v128[i]);
    text += digits;
  }
  return text;
}

std::string shown(const std::vector<std::string>& types, const std::vector<RawValue>& values) {
  std::string text;
  for (size_t i = 0; i < types.size(); ++i) text += (i ? " " : "") + hex(types[i], values[i]);
  return text;
}

std::string shown(const Operation& operation, const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::Trapped) return with_backtrace(outcome.trap);
  return shown(operation.results, outcome.results);
}

// ---- NaNs.

uint64_t lane_of(const RawValue& value, unsigned bytes, unsigned lane) {
  uint64_t bits = 0;
  std::memcpy(&bits, value.v128 + lane * bytes, bytes);
  return bits;
}

bool is_nan(uint64_t bits, unsigned bytes) {
  return bytes == 4 ? (bits & 0x7fff'ffff) > 0x7f80'0000 : (bits & ~(uint64_t{1} << 63)) > 0x7ff0'0000'0000'0000;
}
bool is_quiet(uint64_t bits, unsigned bytes) { return bits >> (bytes == 4 ? 22 : 51) & 1; }

/// Whether the standard lets these results differ and the compilers may: of two NaNs either may be passed on, and a NaN that comes from
/// none is made by the processor or, of constants, by LLVM, with another sign. All are quiet.
bool may_differ(const Operation& operation, const std::vector<RawValue>& operands, bool has_constants, const Outcome& one, const Outcome& other) {
  if (operation.nans == NanResult::None) return false;
  const unsigned bytes = operation.nans == NanResult::F32 || operation.nans == NanResult::F32x4 ? 4 : 8;
  const unsigned lanes = operation.nans == NanResult::F32x4 ? 4 : operation.nans == NanResult::F64x2 ? 2 : 1;
  for (unsigned lane = 0; lane < lanes; ++lane) {
    const uint64_t first = lane_of(one.results[0], bytes, lane), second = lane_of(other.results[0], bytes, lane);
    if (first == second) continue;
    if (!is_nan(first, bytes) || !is_nan(second, bytes) || !is_quiet(first, bytes) || !is_quiet(second, bytes)) return false;
    size_t nans = 0;
    for (const RawValue& operand : operands) nans += is_nan(lane_of(operand, bytes, lane), bytes);
    const bool is_made = nans == 0 && has_constants && (first ^ second) == uint64_t{1} << (bytes * 8 - 1);
    // A product may be one more NaN.
    if (!is_made && nans < 2 && operands.size() < 3) return false;
  }
  return true;
}

void check_same(Pair& pair, const Operation& operation, const std::string& function, const std::vector<RawValue>& arguments,
                const std::vector<RawValue>& operands, bool has_constants, bool nans_are_settled) {
  const Outcome one = pair.baseline.call(function, arguments);
  const Outcome other = pair.optimized.call(function, arguments);
  const std::string expected = shown(operation, one), got = shown(operation, other);
  if (expected == got) return;
  if (one.kind == other.kind && one.kind == Outcome::Kind::Returned && !nans_are_settled && may_differ(operation, operands, has_constants, one, other)) return;
  FAIL_CHECK(operation.text << " (" << function << ") of " << shown(operation.operands, operands) << ": baseline " << expected << ", optimized " << got);
}

// ---- Functions that apply an instruction.

std::string applied(const Operation& operation, const std::string& immediate, const std::vector<std::string>& operands) {
  std::string text = " (" + operation.text + immediate;
  for (const std::string& operand : operands) text += " " + operand;
  return text + ")";
}

std::string local(size_t index) { return "(local.get " + std::to_string(index) + ")"; }

std::vector<std::string> locals(size_t count) {
  std::vector<std::string> text;
  for (size_t i = 0; i < count; ++i) text.push_back(local(i));
  return text;
}

std::string function(const Operation& operation, const std::string& name, const std::string& body) {
  return "(func (export \"" + name + "\")" + params(operation.operands) + results(operation.results) + body + ")\n";
}

/// Calls `use` with groups of operations that make modules of moderate size.
template <class Predicate, class Use>
void in_groups(Predicate belongs, Use use) {
  std::vector<const Operation*> group;
  for (const Operation& operation : operations()) {
    if (belongs(operation)) group.push_back(&operation);
    if (group.size() == 100) use(std::exchange(group, {}));
  }
  if (!group.empty()) use(group);
}

struct Known {
  const Operation* operation;
  std::string function;
  std::vector<RawValue> operands;
  bool has_constants;
};

void check_operands(bool canonical_nans) {
  constexpr int kVariable = 40, kConstant = 3;
  Random random(seed());
  size_t checked = 0;
  in_groups([](const Operation& operation) { return !operation.has_address(); }, [&](const std::vector<const Operation*>& group) {
    std::string text = "(module\n";
    std::vector<Known> calls;
    for (size_t number = 0; number < group.size(); ++number) {
      const Operation& operation = *group[number];
      const size_t arity = operation.operands.size();
      const std::string prefix = std::to_string(number) + "-", immediate = random.immediate(operation);
      text += function(operation, prefix + "variable", applied(operation, immediate, locals(arity)));
      text += function(operation, prefix + "same", applied(operation, immediate, std::vector<std::string>(arity, local(0))));
      const bool can_be_same = arity > 1 && std::count(operation.operands.begin(), operation.operands.end(), operation.operands[0]) == static_cast<ptrdiff_t>(arity);
      if (!can_be_same) text.resize(text.rfind("(func"));
      for (int i = 0; i < kVariable; ++i) {
        std::vector<RawValue> operands;
        for (const std::string& type : operation.operands) operands.push_back(random.value(type));
        calls.push_back({&operation, prefix + "variable", operands, false});
        if (can_be_same) calls.push_back({&operation, prefix + "same", std::vector<RawValue>(arity, operands[0]), false});
        if (i >= kConstant) continue;
        // All constant, and each alone.
        for (size_t known = 0; known <= (arity > 1 ? arity : 0); ++known) {
          std::vector<std::string> given = locals(arity);
          for (size_t k = 0; k < arity; ++k) {
            if (known == arity || arity == 1 || k == known) given[k] = constant(operation.operands[k], operands[k]);
          }
          const std::string name = prefix + "constant" + std::to_string(known) + "-" + std::to_string(i);
          text += function(operation, name, applied(operation, immediate, given));
          calls.push_back({&operation, name, operands, true});
        }
      }
    }
    Pair pair(text + ")", {.canonical_nans = canonical_nans});
    for (const Known& call : calls) {
      check_same(pair, *call.operation, call.function, call.operands, call.operands, call.has_constants, canonical_nans);
      ++checked;
    }
  });
  CHECK(checked > 10000);
}

}  // namespace

TEST_CASE("both compilers give the same bits for operands known and unknown", "[llvm][agreement]") { check_operands(false); }

TEST_CASE("both compilers give the same bits for canonical NaNs", "[llvm][agreement]") { check_operands(true); }

TEST_CASE("an operand loaded from the end of the memory is not read beyond it", "[llvm][agreement]") {
  const std::map<std::string, std::vector<std::string>> loads = {
      {"i32", {"(i32.load (i32.const 65532))", "(i32.load8_u (i32.const 65535))", "(i32.load16_s (i32.const 65534))"}},
      {"i64", {"(i64.load (i32.const 65528))", "(i64.load32_s (i32.const 65532))"}},
      {"f32", {"(f32.load (i32.const 65532))"}},
      {"f64", {"(f64.load (i32.const 65528))"}},
      {"v128", {"(v128.load64_zero (i32.const 65528))", "(v128.load32_zero (i32.const 65532))", "(v128.load64_splat (i32.const 65528))",
                "(v128.load32_splat (i32.const 65532))", "(v128.load16_splat (i32.const 65534))", "(v128.load8x8_s (i32.const 65528))",
                "(v128.load (i32.const 65520))"}}};
  Random random(seed());
  in_groups([](const Operation& operation) { return !operation.has_address(); }, [&](const std::vector<const Operation*>& group) {
    std::string text = "(module (memory 1 1) (data (i32.const 65520) \"\\01\\00\\00\\3f\\00\\00\\80\\3f\\00\\00\\00\\40\\00\\00\\f0\\3f\")\n";
    std::vector<Known> calls;
    for (size_t number = 0; number < group.size(); ++number) {
      const Operation& operation = *group[number];
      const std::string immediate = random.immediate(operation);
      for (size_t i = 0; i < operation.operands.size(); ++i) {
        for (const std::string& load : loads.at(operation.operands[i])) {
          std::vector<std::string> given = locals(operation.operands.size());
          given[i] = load;
          const std::string name = std::to_string(calls.size());
          text += function(operation, name, applied(operation, immediate, given));
          std::vector<RawValue> operands;
          for (const std::string& type : operation.operands) operands.push_back(random.value(type));
          operands[i] = RawValue{};
          calls.push_back({&operation, name, operands, true});
        }
      }
    }
    Pair pair(text + ")", {.canonical_nans = true});
    for (const Known& call : calls) check_same(pair, *call.operation, call.function, call.operands, call.operands, true, true);
  });
}

TEST_CASE("an operand that traps while it is loaded traps at its own place", "[llvm][agreement]") {
  const std::map<std::string, std::vector<std::string>> loads = {
      {"i32", {"(i32.load (local.get 0))", "(i32.load8_u (local.get 0))", "(i32.load16_s (local.get 0))"}},
      {"i64", {"(i64.load (local.get 0))", "(i64.load32_s (local.get 0))"}},
      {"f32", {"(f32.load (local.get 0))"}},
      {"f64", {"(f64.load (local.get 0))"}},
      {"v128", {"(v128.load64_zero (local.get 0))", "(v128.load32_splat (local.get 0))", "(v128.load8x8_s (local.get 0))", "(v128.load (local.get 0))"}}};
  const RawValue beyond = {.i32 = 65536};
  Random random(seed());
  in_groups([](const Operation& operation) { return !operation.has_address(); }, [&](const std::vector<const Operation*>& group) {
    std::string text = "(module (memory 1 1)\n";
    std::vector<std::pair<const Operation*, std::string>> calls;
    const auto add = [&](const Operation& operation, const std::string& results, const std::string& body) {
      const std::string name = std::to_string(calls.size());
      text += "(func (export \"" + name + "\") (param i32 " + params(operation.operands).substr(sizeof "(param") + results + body + ")\n";
      calls.push_back({&operation, name});
    };
    for (const Operation* const operation : group) {
      const std::string immediate = random.immediate(*operation);
      for (size_t i = 0; i < operation->operands.size(); ++i) {
        for (const std::string& load : loads.at(operation->operands[i])) {
          std::vector<std::string> given;
          for (size_t k = 0; k < operation->operands.size(); ++k) given.push_back(local(1 + k));
          given[i] = load;
          const std::string body = applied(*operation, immediate, given);
          add(*operation, results(operation->results), body);
          if (operation->results.size() != 1) continue;
          const std::string& result = operation->results[0];
          add(*operation, "", "(" + result + ".store (local.get 0)" + body + ")");
          if (result == "i32") add(*operation, "(result i32)", "(if (result i32)" + body + "(then (i32.const 1)) (else (i32.const 2)))");
        }
      }
    }
    Pair pair(text + ")", {});
    for (const auto& [operation, name] : calls) {
      std::vector<RawValue> arguments = {beyond};
      for (const std::string& type : operation->operands) arguments.push_back(random.value(type));
      const Outcome one = pair.baseline.call(name, arguments), other = pair.optimized.call(name, arguments);
      REQUIRE(one.kind == Outcome::Kind::Trapped);
      if (shown(*operation, one) != shown(*operation, other)) {
        FAIL_CHECK(operation->text << " (" << name << "): baseline " << shown(*operation, one) << ", optimized " << shown(*operation, other));
      }
    }
  });
}

TEST_CASE("an access whose address was loaded and whose result becomes an address traps at its own place", "[llvm][agreement]") {
  const std::vector<std::string> loads = {"i32.load", "i32.load8_u", "i32.load8_s", "i32.load16_u", "i32.load16_s", "i32.atomic.load"};
  const std::vector<std::string> operations = {"i32.and", "i32.or", "i32.add", "i32.mul", "i32.shl"};
  std::string text = "(module (memory 1 1)\n";
  std::vector<std::string> names;
  for (const std::string& first : loads) {
    for (const std::string& operation : operations) {
      for (const std::string& second : loads) {
        names.push_back(first + " " + operation + " " + second);
        const auto masked = [](const std::string& value) { return "(i32.and " + value + " (i32.const 12))"; };
        text += "(func (export \"" + names.back() + "\") (param i32 i32) (result i32)\n  (local.set 1 (" + operation + " (local.get 1) (" + first + " " +
                masked("(local.get 0)") + ")))\n  (local.set 0 (" + second + " (local.get 1)))\n  (i32.add (local.get 0) (i32.load8_u " +
                masked("(local.get 0)") + ")))\n";
      }
    }
  }
  Pair pair(text + "(data (i32.const 0) \"" + std::string(16, '~') + "\"))", {});
  size_t traps = 0;
  for (const std::string& name : names) {
    for (const uint32_t operand : {0x7fff'fffcu, 0x2c00'0000u, 8u}) {
      const std::vector<RawValue> arguments = {RawValue{.i32 = 4}, RawValue{.i32 = operand}};
      const Outcome one = pair.baseline.call(name, arguments), other = pair.optimized.call(name, arguments);
      INFO(name << " of " << operand);
      REQUIRE(one.kind == other.kind);
      if (one.kind != Outcome::Kind::Trapped) continue;
      ++traps;
      CHECK(with_backtrace(one.trap) == with_backtrace(other.trap));
    }
  }
  CHECK(traps > names.size());
}

namespace {

void check_memory(EngineOptions options, const std::string& memory, const std::string& address_type) {
  Random random(seed());
  const uint64_t offsets[] = {0, 1, 3, 8, 65535, 65536, 0x7fff'ffff, 0x8000'0000, 0xffff'fff8, 0xffff'ffff};
  in_groups([](const Operation& operation) { return operation.has_address(); }, [&](const std::vector<const Operation*>& group) {
    std::string text = "(module (memory (export \"memory\") " + memory + ") (data (i32.const 65000) \"wasm\\ff\\80\\7f\")\n";
    if (address_type == "i64") text.replace(text.find("(i32.const"), 4, "(i64");
    struct Access {
      Operation operation;
      std::string function;
      uint64_t offset;
    };
    std::vector<Access> accesses;
    for (const Operation* row : group) {
      Operation operation = *row;
      operation.operands[0] = address_type;
      const std::string lane = random.immediate(operation);
      for (const uint64_t offset : offsets) {
        const std::string name = std::to_string(accesses.size());
        const std::string body = applied(operation, " offset=" + std::to_string(offset) + lane, locals(operation.operands.size()));
        text += function(operation, name, body);
        accesses.push_back({operation, name, offset});
        if (row->is_store()) continue;
        // A trap stays where nobody wants the result.
        Operation dropped = operation;
        dropped.results.clear();
        text += function(dropped, name + "dropped", " (drop" + body + ")");
        accesses.push_back({dropped, name + "dropped", offset});
      }
    }
    Pair pair(text + ")", options);
    for (const Access& access : accesses) {
      const uint64_t bytes = access.operation.access_bytes();
      std::vector<uint64_t> addresses = {0, 65000, 65536 - bytes, 65536 - bytes + 1, 65535, 0x8000'0000, 0xffff'ffff, 0 - access.offset,
                                         65536 - bytes - access.offset, 65536 - bytes / 2 - access.offset};
      if (address_type == "i64") addresses.insert(addresses.end(), {uint64_t{1} << 32, uint64_t{1} << 63, ~uint64_t{0}});
      for (const uint64_t address : addresses) {
        std::vector<RawValue> operands;
        for (const std::string& type : access.operation.operands) operands.push_back(random.value(type));
        operands[0] = RawValue{};
        if (address_type == "i64") {
          operands[0].i64 = address;
        } else {
          operands[0].i32 = static_cast<uint32_t>(address);
        }
        check_same(pair, access.operation, access.function, operands, operands, false, true);
      }
    }
    const auto one = pair.baseline.store->memory(*pair.baseline.instance, "memory");
    const auto other = pair.optimized.store->memory(*pair.optimized.instance, "memory");
    REQUIRE((one && other));
    CHECK(std::vector<uint8_t>(one->begin(), one->end()) == std::vector<uint8_t>(other->begin(), other->end()));
  });
}

}  // namespace

TEST_CASE("accesses at every edge of a memory do the same under both compilers", "[llvm][agreement]") { check_memory({}, "1 1", "i32"); }

TEST_CASE("checked accesses at every edge of a memory do the same under both compilers", "[llvm][agreement]") {
  check_memory({.explicit_bounds_checks = true}, "1 1", "i32");
}

TEST_CASE("accesses at every edge of a 64-bit memory do the same under both compilers", "[llvm][agreement]") { check_memory({}, "i64 1 1", "i64"); }

TEST_CASE("accesses at every edge of a memory of bytes do the same under both compilers", "[llvm][agreement]") {
  check_memory({}, "65536 65536 (pagesize 1)", "i32");
}
