// --perf, --gdb and --coredump.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/cli/command.h"

using namespace cli;

namespace {

std::string find_program(const char* name) {
  for (const char* folder : {"/usr/bin/", "/usr/local/bin/", "/bin/"}) {
    if (::access((std::string(folder) + name).c_str(), X_OK) == 0) return std::string(folder) + name;
  }
  return {};
}

size_t position(const std::string& text, std::string_view part) {
  const size_t found = text.find(part);
  INFO(text << "\nlacks " << part);
  REQUIRE(found != std::string::npos);
  return found;
}

std::vector<std::string> levels() {
#ifdef WASMRUN_LLVM
  return {"-O0", "-O2"};
#else
  return {"-O0"};
#endif
}

std::vector<std::string> names_in(const std::string& folder) {
  const Ended ended = run({.words = {"-A", folder}, .program = "/bin/ls"});
  std::vector<std::string> names;
  std::string name;
  for (const char c : ended.out) {
    if (c == '\n') {
      names.push_back(name);
      name.clear();
    } else {
      name += c;
    }
  }
  return names;
}

}  // namespace

TEST_CASE("perf's map names the program's functions under both compilers", "[cli][perf]") {
  SKIP_WITHOUT_GUEST("compute");
  for (const std::string& level : levels()) {
    // The shell's `exec` keeps the number of the process.
    const std::string script = "echo $$ >&2; exec " WASMRUN_COMMAND " --perf " + level + " " + guest("compute") + " > /dev/null";
    const Ended ended = run({.words = {"-c", script}, .program = "/bin/sh"});
    INFO(ended.err);
    CHECK(ended.status == 0);
    const std::string path = "/tmp/perf-" + first_line(ended.err) + ".map";
    const std::string map = read_file(path);
    ::unlink(path.c_str());
    CHECK(contains(map, " _start\n"));
    CHECK(contains(map, " __original_main\n"));
  }
}

TEST_CASE("perf's map is written over no link", "[cli][perf]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  write_file(folder.file("precious"), "kept");
  const std::string script = "ln -s " + folder.file("precious") + " /tmp/perf-$$.map && echo $$ >&2 && exec " WASMRUN_COMMAND
                             " --perf " + guest("hello");
  const Ended ended = run({.words = {"-c", script}, .program = "/bin/sh"});
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(read_file(folder.file("precious")) == "kept");
  ::unlink(("/tmp/perf-" + first_line(ended.err) + ".map").c_str());
}

TEST_CASE("gdb shows the program's functions and lines", "[cli][gdb]") {
  SKIP_WITHOUT_GUEST("inlined_dwarf5");
  const std::string gdb = find_program("gdb");
  SKIP_WITHOUT(gdb, "gdb is not installed");
  for (const std::string& level : levels()) {
    const Ended ended = run({.words = {"-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", "set breakpoint pending on",
                                       "-ex", "break inlined.c:14", "-ex", "run", "-ex", "backtrace", "--args", WASMRUN_COMMAND, "--gdb",
                                       level, guest("inlined_dwarf5"), "x"},
                             .program = gdb});
    if (contains(ended.err + ended.out, "ptrace")) SKIP_WITHOUT("", "processes may not be traced here");
    INFO(level << "\n" << ended.out << ended.err);
    const size_t inner = position(ended.out, "#0  ");
    CHECK(contains(ended.out.substr(inner), "compute ("));
    CHECK(contains(ended.out.substr(inner), "/inlined.c:"));
    // Where a function was inlined, its line shows in the one that it became part of.
    const size_t outer = position(ended.out, "#1  ");
    CHECK(contains(ended.out.substr(outer, ended.out.find('#', outer + 1) - outer), "/inlined.c:19"));
    if (level == "-O2") continue;
    CHECK(contains(ended.out.substr(outer), " in main () at "));
    CHECK(contains(ended.out.substr(outer), " in _start () at "));
  }
}

TEST_CASE("the places of traps are the same when debuggers are told about the code", "[cli][gdb]") {
  SKIP_WITHOUT_GUEST("trap");
  for (const char* kind : {"divide", "overflow", "unreachable", "load", "store", "wrong-type", "abort"})
    CHECK(wasmrun({"--gdb", guest("trap"), kind}).err == wasmrun({guest("trap"), kind}).err);
}

TEST_CASE("a trap leaves a core dump that is a module", "[cli][coredump]") {
  SKIP_WITHOUT_GUEST("inlined_dwarf5");
  for (const std::string& level : levels()) {
    const TemporaryFolder folder;
    const Ended ended = wasmrun({level, "--coredump=" + folder.file("core.wasm"), guest("inlined_dwarf5")});
    INFO(ended.err);
    CHECK(ended.status == 134);
    CHECK(first_line(ended.err) == "wasmrun: trap: integer divide by zero");
    CHECK(contains(ended.err, "\nwasmrun: core dump: " + folder.file("core.wasm") + "\n"));
    CHECK(names_in(folder.path()) == std::vector<std::string>{"core.wasm"});
    const Ended inspected = wasmrun({"inspect", folder.file("core.wasm")});
    INFO(inspected.out << inspected.err);
    CHECK(inspected.status == 0);
    for (const char* name : {"core", "coremodules", "coreinstances", "corestack"}) CHECK(contains(inspected.out, name));
    CHECK(wasmrun({"validate", folder.file("core.wasm")}).status == 0);
    const std::string bytes = read_file(folder.file("core.wasm"));
    // Its program, its module, its thread, and what it had in memory.
    CHECK(contains(bytes, std::string("\x04" "core\0\x13" "inlined_dwarf5.wasm", 25)));
    CHECK(contains(bytes, std::string("\x0b" "coremodules\x01\0\x0e" "inlined_dwarf5", 29)));
    CHECK(contains(bytes, std::string("\x09" "corestack\0\x04" "main", 16)));
    struct stat status;
    REQUIRE(::stat(folder.file("core.wasm").c_str(), &status) == 0);
    CHECK((status.st_mode & 077) == 0);
  }
}

TEST_CASE("a core dump has memories, globals and every frame as they were", "[cli][coredump]") {
  const TemporaryFolder folder;
  write_file(folder.file("app.wat"), R"((module
    (memory 2 3) (memory i64 1) (global (mut i32) (i32.const 7)) (global f64 (f64.const 1.5)) (global (mut funcref) (ref.null func))
    (global v128 (v128.const i32x4 1 2 3 4)) (global i64 (i64.const -3))
    (func $deep (param i32) (result i32) (local i64 f32)
      (if (i32.eqz (local.get 0)) (then (unreachable)))
      (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
    (func (export "_start")
      (global.set 0 (i32.const -42)) (i32.store (i32.const 70000) (i32.const 0x64636261)) (i32.store8 1 (i64.const 5) (i32.const 0x7a))
      (drop (call $deep (i32.const 100))))))");
  const Ended ended = wasmrun({"--coredump=" + folder.file("core"), folder.file("app.wat")});
  INFO(ended.err);
  CHECK(ended.status == 134);
  CHECK(contains(ended.err, "more frames ..."));
  const Ended text = wasmrun({"inspect", "--wat", folder.file("core")});
  CHECK(text.status == 0);
  for (const char* part : {"(memory (;0;) 2 3)", "i64 1", "i32.const -42", "f64.const 1.5", "ref.null func", "i64.const -3", "abcd"})
    CHECK(contains(text.out, part));
  // A frame: instance 0, function 0, an offset, three locals that are not known, no operands. 101 of them.
  const std::string bytes = read_file(folder.file("core"));
  size_t frames = 0;
  const std::string tail("\x03\x01\x01\x01\0", 5);
  for (size_t at = bytes.find(tail); at != std::string::npos; at = bytes.find(tail, at + 1)) ++frames;
  CHECK(frames == 101);
}

TEST_CASE("a core dump that cannot be written changes no status, and leaves nothing", "[cli][coredump]") {
  SKIP_WITHOUT_GUEST("trap");
  const TemporaryFolder folder;
  // A folder of that name stays.
  REQUIRE(::mkdir(folder.file("taken").c_str(), 0755) == 0);
  const Ended taken = wasmrun({"--coredump=" + folder.file("taken"), guest("trap"), "divide"});
  INFO(taken.err);
  CHECK(taken.status == 134);
  CHECK(contains(taken.err, "wasmrun: no core dump '" + folder.file("taken") + "': "));
  CHECK(names_in(folder.path()) == std::vector<std::string>{"taken"});
  // A full disk.
  const std::string script = "ulimit -f 1; exec " WASMRUN_COMMAND " --coredump=" + folder.file("large") + " " + guest("trap") + " divide";
  const Ended large = run({.words = {"-c", script}, .program = "/bin/sh"});
  INFO(large.err);
  CHECK(large.status == 134);
  CHECK(contains(large.err, "wasmrun: no core dump '" + folder.file("large") + "': "));
  CHECK(names_in(folder.path()) == std::vector<std::string>{"taken"});
}

TEST_CASE("where no core dump could be written the program does not start", "[cli][coredump]") {
  SKIP_WITHOUT_GUEST("hello");
  for (const char* path : {"/nowhere/at/all/core", "/"}) {
    const Ended ended = wasmrun({std::string("--coredump=") + path, guest("hello")});
    INFO(ended.err);
    CHECK(ended.status == 125);
    CHECK(ended.out == "");
    CHECK(contains(first_line(ended.err), "--coredump"));
  }
}

TEST_CASE("a program that does not trap leaves no core dump and no process", "[cli][coredump]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  const Ended ended = run({.words = {"--coredump", guest("hello")}, .directory = folder.path()});
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(ended.err == "");
  CHECK(names_in(folder.path()).empty());
}

TEST_CASE("a core dump without a name is named after the process", "[cli][coredump]") {
  SKIP_WITHOUT_GUEST("trap");
  const TemporaryFolder folder;
  const Ended ended = run({.words = {"--coredump", guest("trap"), "divide"}, .directory = folder.path()});
  CHECK(ended.status == 134);
  const auto names = names_in(folder.path());
  REQUIRE(names.size() == 1);
  CHECK(names[0].substr(0, 5) == "core.");
  CHECK(contains(ended.err, "wasmrun: core dump: " + names[0] + "\n"));
}
