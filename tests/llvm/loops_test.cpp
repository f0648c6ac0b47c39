// Loops that walk through memory do the same under both compilers: results, traps and what memory holds afterwards. The optimizing one
// has several versions of each, chosen by checks before the loop: so walks overlap, wrap around, begin and end at the memory's end, and
// ends are missed.
//
// WASMRUN_LOOPS_SEED=N draws other loops, WASMRUN_LOOPS_MODULES=N as many modules of them (default: 12).
#include <cstdlib>
#include <cstring>

#include "tests/llvm/operations.h"
#include "tests/llvm/pair.h"

using namespace llvm_test;
using namespace wasmrun;

namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Element {
  std::string type;   ///< of the value
  std::string load, store;
  uint32_t bytes;
};

const std::vector<Element> kElements = {
    {"i32", "i32.load", "i32.store", 4},      {"i64", "i64.load", "i64.store", 8},       {"f64", "f64.load", "f64.store", 8},
    {"f32", "f32.load", "f32.store", 4},      {"i32", "i32.load8_u", "i32.store8", 1},   {"i32", "i32.load8_s", "i32.store8", 1},
    {"i32", "i32.load16_u", "i32.store16", 2}, {"i64", "i64.load32_s", "i64.store32", 4}, {"i64", "i64.load8_u", "i64.store8", 1},
};

/// Text of one random loop: (param $n $p $q $r i32) (result i64).
class LoopText {
 public:
  explicit LoopText(Random& random) : random_(random), element_(random.below(2) ? pick(kElements) : kElements[random.below(4)]) {}

  std::string function(const std::string& name) {
    const uint32_t times = std::vector<uint32_t>{1, 1, 1, 2, 2, 3, 4, 5, 8}[random_.below(9)];
    counts_down_ = random_.below(4) == 0;
    stride_ = element_.bytes * (random_.below(5) == 0 ? 1 + random_.below(3) : 1);
    if (!is_float() && random_.below(8) == 0) stride_ += 1;
    shape_ = random_.below(12);
    has_offset_copies_ = random_.below(2);
    constant_ = random_.below(7);
    other_offset_ = pick(std::vector<uint32_t>{0, 0, 0, 8, 16, 64, 65000, 4, 1}) / (is_float() ? 8 : 1) * (is_float() ? 8 : 1);
    std::string body;
    for (uint32_t copy = 0; copy < times; ++copy) body += statement(copy);
    const std::string step = std::to_string(times);
    std::string head, tail;
    switch (random_.below(counts_down_ ? 3 : 5)) {
      case 0:  // as often as n says, or until memory ends
        head = "(local.set $i (i32.const 0))";
        tail = "(br_if $loop (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const " + step + "))) (local.get $n)))";
        break;
      case 1:
        head = "(local.set $i (i32.const 0))";
        tail = "(local.set $i (i32.add (local.get $i) (i32.const " + step + ")))"
               "(br_if $loop (local.tee $n (i32.sub (local.get $n) (i32.const 1))))";
        break;
      case 2:  // two reasons to end at one place
        head = "(local.set $i (i32.const 0))";
        tail = "(br_if $loop (i32.and (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const " + step + "))) (local.get $n))"
               " (i32.ne (i32.load8_u (i32.add (local.get $q) (local.get $i))) (i32.const 64))))";
        break;
      case 3:
        head = "(br_if $end (i32.eqz (local.get $n)))";
        tail = "(br_if $loop (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const " + step + "))) (local.get $n)))";
        break;
      default:  // a pointer that is compared with the end
        head = "(local.set $n (i32.add (local.get $p) (i32.mul (local.get $n) (i32.const " + std::to_string(stride_ * times) + "))))";
        tail = "(local.set $i (i32.add (local.get $i) (i32.const " + step + ")))"
               "(br_if $loop (i32.ne (i32.add (local.get $p) (i32.mul (local.get $i) (i32.const " + std::to_string(stride_) +
               "))) (local.get $n)))";
    }
    return "(func (export \"" + name + "\") (param $n i32) (param $p i32) (param $q i32) (param $r i32) (result i64)\n"
           "  (local $i i32) (local $sum i64) (local $x " + element_.type + ")\n"
           "  (block $end " + head + " (loop $loop\n" + body + "    " + tail + "))\n"
           "  (i64.add (local.get $sum) (i64.extend_i32_u (local.get $i))))\n";
  }

  /// Then walks must be aligned: of NaNs, which parts of numbers may be, either compiler may pass on another.
  bool is_float() const { return element_.type[0] == 'f'; }

 private:
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[random_.below(static_cast<uint32_t>(from.size()))];
  }

  std::string number(uint32_t value) const { return "(" + element_.type + ".const " + std::to_string(value) + ")"; }

  /// The address of element i + copy + shift of the array, and what the access adds to it.
  std::string address(const std::string& array, uint32_t copy, int shift, std::string& offset) {
    const std::string index = counts_down_ ? "(i32.sub (i32.const 0) (local.get $i))" : "(local.get $i)";
    std::string where = "(i32.add (local.get " + array + ") (i32.mul " + index + " (i32.const " + std::to_string(stride_) + ")))";
    const int64_t distance = (counts_down_ ? -1 : 1) * int64_t{copy} * stride_ + int64_t{shift} * stride_;
    uint64_t added = array == "$q" ? other_offset_ : 0;
    if (has_offset_copies_ && distance >= 0) {
      added += static_cast<uint64_t>(distance);
    } else if (distance != 0) {
      where = "(i32.add " + where + " (i32.const " + std::to_string(distance) + "))";
    }
    offset = added ? " offset=" + std::to_string(added) : "";
    return where;
  }
  std::string load(const std::string& array, uint32_t copy, int shift = 0) {
    std::string offset;
    const std::string where = address(array, copy, shift, offset);
    return "(" + element_.load + offset + " " + where + ")";
  }
  std::string store(const std::string& array, uint32_t copy, const std::string& value, int shift = 0) {
    std::string offset;
    const std::string where = address(array, copy, shift, offset);
    return "    (" + element_.store + offset + " " + where + " " + value + ")\n";
  }
  std::string binary(const std::string& op, const std::string& a, const std::string& b) const { return "(" + element_.type + "." + op + " " + a + " " + b + ")"; }
  std::string add_to_sum(const std::string& value) const {
    const std::string wide = element_.type == "i64"   ? value
                             : element_.type == "i32" ? "(i64.extend_i32_s " + value + ")"
                             : element_.type == "f64" ? "(i64.reinterpret_f64 " + value + ")"
                                                      : "(i64.extend_i32_u (i32.reinterpret_f32 " + value + "))";
    return "    (local.set $sum (i64.add (local.get $sum) " + wide + "))\n";
  }

  std::string statement(uint32_t copy) {
    const std::string c = number(constant_ + 2);
    switch (shape_) {
      case 0: return store("$p", copy, binary("add", load("$q", copy), c));
      case 1: return store("$p", copy, binary("mul", load("$q", copy), load("$r", copy)));
      case 2: return store("$p", copy, binary("sub", load("$p", copy), load("$q", copy)));
      case 3: return store("$p", copy, binary("add", load("$p", copy), c), 1);  // what is stored is loaded next
      case 4: return add_to_sum(load("$q", copy));
      case 5: return store("$p", copy, binary("add", load("$q", copy, -1), binary("add", load("$q", copy), load("$q", copy, 1))));
      case 6:
        return "    (if (i32.and (i32.load8_u (i32.add (local.get $q) (local.get $i))) (i32.const 1)) (then\n" + store("$p", copy, c) + "    ))\n" +
               add_to_sum(load("$r", copy));
      case 7: return store("$p", copy, binary("add", "(" + element_.load + " (local.get $r))", load("$q", copy)));
      case 8: return store("$p", copy, c) + store("$q", copy, number(constant_));
      case 9:  // one of two values
        return store("$p", copy, "(select " + load("$q", copy) + " " + load("$r", copy) + " (i32.and (local.get $i) (i32.const 1)))");
      case 10:  // ends early
        return "    (br_if $end (i32.eq (i32.load8_u (i32.add (local.get $r) (local.get $i))) (i32.const 255)))\n" + store("$p", copy, load("$q", copy));
      default:
        if (is_float()) {
          return "    (local.set $x " + binary("add", "(local.get $x)", binary("mul", load("$p", copy), load("$q", copy))) + ")\n" +
                 (copy == 0 ? add_to_sum("(local.get $x)") : "");
        }
        return "    (local.set $x " + binary("xor", binary("mul", "(local.get $x)", number(31)), load("$p", copy)) + ")\n" +
               (copy == 0 ? add_to_sum("(local.get $x)") : "");
    }
  }

  Random& random_;
  const Element element_;
  bool counts_down_ = false;
  uint32_t stride_ = 1;
  uint32_t shape_ = 0;
  bool has_offset_copies_ = false;
  uint32_t constant_ = 0;
  uint32_t other_offset_ = 0;
};

/// Small numbers in all types, so that no NaN is met whose sign may differ.
void fill(std::span<uint8_t> memory, uint64_t seed) {
  for (size_t i = 0; i + 8 <= memory.size(); i += 8) {
    const double value = static_cast<double>((i * 7 + seed * 13) % 1021) / 4;
    std::memcpy(memory.data() + i, &value, 8);
  }
}

std::string shown(const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::Trapped) return outcome.trap.message.substr(0, outcome.trap.message.find('\n'));
  return std::to_string(outcome.results[0].i64);
}

}  // namespace

TEST_CASE("loops that walk through memory do the same under both compilers", "[llvm]") {
  Random random(number_from("WASMRUN_LOOPS_SEED", 1) * 977);
  const uint64_t modules = number_from("WASMRUN_LOOPS_MODULES", 12);
  constexpr uint32_t kLoops = 40, kCalls = 16;
  const std::vector<uint32_t> places = {0,     8,     16,    1024,  1025,  1032,        1056,        2048,       30000,
                                        65536, 65535, 65528, 65472, 65000, 0xffff'fff0, 0xffff'fff8, 0xffff'ff00, 4096};
  const std::vector<uint32_t> counts = {1, 2, 3, 4, 7, 8, 9, 12, 15, 16, 17, 24, 32, 33, 40, 64, 100, 120, 1000, 5000, 0xffff'ffff};
  for (uint64_t m = 0; m < modules; ++m) {
    std::vector<std::string> functions;
    std::string text = "(module (memory (export \"memory\") 1 1)\n";
    std::vector<bool> are_float;
    for (uint32_t i = 0; i < kLoops; ++i) {
      LoopText loop(random);
      are_float.push_back(loop.is_float());
      functions.push_back(loop.function("f" + std::to_string(i)));
      text += functions.back();
    }
    EngineOptions options;
    options.canonical_nans = m % 4 == 3;
    options.explicit_bounds_checks = m % 6 == 5;
    Pair pair(text + ")", options);
    for (uint32_t i = 0; i < kLoops; ++i) {
      for (uint32_t call = 0; call < kCalls; ++call) {
        const auto pick = [&](const std::vector<uint32_t>& from) { return from[random.below(static_cast<uint32_t>(from.size()))]; };
        std::vector<RawValue> arguments(4);
        arguments[0].i32 = pick(counts);
        for (size_t k = 1; k < 4; ++k) arguments[k].i32 = pick(places) & (are_float[i] ? ~7u : ~0u);
        const auto memory = pair.baseline.store->memory(*pair.baseline.instance, "memory").value();
        const auto other_memory = pair.optimized.store->memory(*pair.optimized.instance, "memory").value();
        fill(memory, call);
        fill(other_memory, call);
        const Outcome one = pair.baseline.call("f" + std::to_string(i), arguments);
        const Outcome other = pair.optimized.call("f" + std::to_string(i), arguments);
        INFO(functions[i] << "of " << arguments[0].i32 << " " << arguments[1].i32 << " " << arguments[2].i32 << " " << arguments[3].i32);
        CHECK(shown(one) == shown(other));
        const auto difference = std::ranges::mismatch(memory, other_memory);
        CHECK(difference.in1 - memory.begin() == std::ssize(memory));
      }
    }
  }
}
