// Backtraces of programs that were built with -g: files, lines, and what was inlined.
#include "tests/cli/command.h"

using namespace cli;

namespace {

size_t position(const std::string& text, std::string_view part) {
  const size_t found = text.find(part);
  INFO(text << "\nlacks " << part);
  REQUIRE(found != std::string::npos);
  return found;
}

}  // namespace

TEST_CASE("a backtrace has the lines of the source, and inlined functions first", "[cli][trap][dwarf]") {
  SKIP_WITHOUT_GUEST("inlined_dwarf4");
  for (const std::string guest_name : {"inlined_dwarf4", "inlined_dwarf5"}) {
    const Ended ended = wasmrun({guest(guest_name)});
    CHECK(ended.status == 134);
    CHECK(first_line(ended.err) == "wasmrun: trap: integer divide by zero");
    const size_t divide = position(ended.err, "\n  at divide (inlined, " + guest_name + "!func[");
    const size_t divide_line = position(ended.err, "/inlined.c:5:12\n");
    const size_t both_ways = position(ended.err, "\n  at both_ways (inlined, " + guest_name + "!func[");
    const size_t both_ways_line = position(ended.err, "/inlined.c:9:10\n");
    const size_t compute = position(ended.err, "\n  at compute (" + guest_name + "!func[");
    const size_t compute_line = position(ended.err, "/inlined.c:13:11\n");
    const size_t main = position(ended.err, "\n  at main (" + guest_name + "!func[");
    const size_t main_line = position(ended.err, "/inlined.c:19:18\n");
    CHECK(divide < divide_line);
    CHECK(divide_line <= both_ways);
    CHECK(both_ways < both_ways_line);
    CHECK(both_ways_line <= compute);
    CHECK(compute < compute_line);
    CHECK(compute_line <= main);
    CHECK(main < main_line);
  }
}

#ifdef WASMRUN_LLVM
TEST_CASE("the lines are the same in optimized code", "[cli][trap][dwarf][optimize]") {
  SKIP_WITHOUT_GUEST("inlined_dwarf5");
  CHECK(wasmrun({"-O2", guest("inlined_dwarf5")}).err == wasmrun({guest("inlined_dwarf5")}).err);
}
#endif

TEST_CASE("a program that does not trap prints nothing of its lines", "[cli][dwarf]") {
  SKIP_WITHOUT_GUEST("inlined_dwarf5");
  const Ended ended = wasmrun({guest("inlined_dwarf5"), "a", "b"});
  CHECK(ended.status == 0);
  CHECK(ended.out == "2 6\n");
  CHECK(ended.err == "");
}

TEST_CASE("a debugging section that is no DWARF leaves the backtrace as it is without", "[cli][trap][dwarf]") {
  const TemporaryFolder folder;
  write_file(folder.file("app.wat"), R"((module
    (@custom ".debug_info" "\ff\ff\ff\7f\05\00") (@custom ".debug_abbrev" "\01\11\00") (@custom ".debug_line" "garbage")
    (func $stop (unreachable)) (func (export "_start") (call $stop))))");
  const Ended ended = wasmrun({folder.file("app.wat")});
  CHECK(ended.status == 134);
  CHECK(contains(ended.err, "\n  at stop (app!func[0]) 0x"));
  CHECK(!contains(ended.err, "inlined"));
}
