// Traps: status 134, the reason, and a backtrace with names.
#include "tests/cli/command.h"

using namespace cli;

namespace {

std::string trap(const std::string& kind) {
  const Ended ended = wasmrun({guest("trap"), kind});
  INFO(kind << "\n" << ended.err);
  CHECK(ended.status == 134);
  CHECK(ended.out == "before\n");
  CHECK(contains(ended.err, "\n  at "));
  return ended.err;
}

}  // namespace

TEST_CASE("each trap has its reason and a backtrace", "[cli][trap]") {
  SKIP_WITHOUT_GUEST("trap");
  CHECK(first_line(trap("divide")) == "wasmrun: trap: integer divide by zero");
  CHECK(first_line(trap("overflow")) == "wasmrun: trap: integer overflow");
  CHECK(contains(first_line(trap("unreachable")), "wasmrun: trap: unreachable"));
  CHECK(contains(first_line(trap("load")), "wasmrun: trap: out of bounds memory access"));
  CHECK(contains(first_line(trap("store")), "wasmrun: trap: out of bounds memory access"));
  CHECK(contains(first_line(trap("wrong-type")), "wasmrun: trap: indirect call type mismatch"));
  CHECK(contains(first_line(trap("abort")), "wasmrun: trap: unreachable"));
}

TEST_CASE("a backtrace names the functions, innermost first, with offsets", "[cli][trap]") {
  SKIP_WITHOUT_GUEST("trap");
  const std::string text = trap("divide");
  const size_t inner = text.find("  at divide (trap!func[");
  const size_t outer = text.find("_start (trap!func[");
  REQUIRE(inner != std::string::npos);
  REQUIRE(outer != std::string::npos);
  CHECK(inner < outer);
  CHECK(contains(text, "]) 0x"));
}

TEST_CASE("endless recursion traps, and its backtrace is capped", "[cli][trap]") {
  SKIP_WITHOUT_GUEST("recurse");
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--stack-size=64KiB"}, {"--stack-size=64MiB"}}) {
    std::vector<std::string> words = options;
    words.push_back(guest("recurse"));
    const Ended ended = wasmrun(words);
    INFO(ended.err);
    CHECK(ended.status == 134);
    CHECK(first_line(ended.err) == "wasmrun: trap: call stack exhausted");
    CHECK(contains(ended.err, "more frames ..."));
    CHECK(ended.err.size() < 8000);
  }
}

TEST_CASE("a C program whose own stack overflows traps", "[cli][trap]") {
  SKIP_WITHOUT_GUEST("trap");
  const std::string text = trap("recurse");
  CHECK((contains(first_line(text), "call stack exhausted") || contains(first_line(text), "out of bounds memory access")));
}

TEST_CASE("the same traps come with explicit bounds checks", "[cli][trap]") {
  SKIP_WITHOUT_GUEST("trap");
  for (const char* kind : {"load", "store"}) {
    const Ended ended = wasmrun({"--explicit-bounds-checks", guest("trap"), kind});
    CHECK(ended.status == 134);
    CHECK(contains(first_line(ended.err), "wasmrun: trap: out of bounds memory access"));
  }
}

TEST_CASE("a start function that traps is a trap", "[cli][trap]") {
  SKIP_WITHOUT_GUEST("start_traps");
  const Ended ended = wasmrun({guest("start_traps")});
  CHECK(ended.status == 134);
  CHECK(contains(ended.err, "early"));
}
