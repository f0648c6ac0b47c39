// -O: which compiler.
#include "tests/cli/command.h"

using namespace cli;

#ifdef WASMRUN_LLVM
TEST_CASE("a program does the same under both compilers", "[cli][optimize]") {
  SKIP_WITHOUT_GUEST("hello");
  SKIP_WITHOUT_GUEST("compute");
  SKIP_WITHOUT_GUEST("files");
  const TemporaryFolder folder;
  for (const char* name : {"hello", "compute", "echo", "clock_random"}) {
    const Ended quick = run({.words = {"-O0", guest(name)}, .input = "a line\n"});
    const Ended slow = run({.words = {"-O2", guest(name)}, .input = "a line\n"});
    INFO(name << "\n" << slow.err);
    CHECK(quick.status == slow.status);
    CHECK(quick.out == slow.out);
  }
  CHECK(wasmrun({"-O2", "--dir=" + folder.path() + "::/data", guest("files"), "/data"}).status == 0);
}

TEST_CASE("optimized code traps with a backtrace", "[cli][optimize]") {
  SKIP_WITHOUT_GUEST("trap");
  SKIP_WITHOUT_GUEST("recurse");
  for (const char* kind : {"divide", "overflow", "unreachable", "load", "store", "wrong-type", "abort"}) {
    const Ended slow = wasmrun({"-O2", guest("trap"), kind});
    INFO(kind << "\n" << slow.err);
    CHECK(slow.status == 134);
    // Functions and offsets too.
    CHECK(slow.err == wasmrun({"-O0", guest("trap"), kind}).err);
  }
  const Ended deep = wasmrun({"-O2", guest("recurse"), "100000000"});
  INFO(deep.err);
  CHECK(deep.status == 134);
  CHECK(first_line(deep.err) == "wasmrun: trap: call stack exhausted");
}

TEST_CASE("optimized code that faults before its first call still has its caller in the backtrace", "[cli][optimize]") {
  const TemporaryFolder folder;
  write_file(folder.file("app.wat"), "(module (memory 1) (func $leaf (param i32) (result i32) (local.get 0))"
                                     "(func $inner (param i32) (result i32)"
                                     "  (if (i32.eqz (i32.load (local.get 0))) (then (return (i32.const 1))))"
                                     "  (i32.add (call $leaf (local.get 0)) (call $leaf (i32.const 3))))"
                                     "(func $middle (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1)))"
                                     "(func (export \"_start\") (drop (call $middle (i32.const 0x7fffffff)))))");
  const Ended ended = wasmrun({"-O2", folder.file("app.wat")});
  INFO(ended.err);
  CHECK(ended.status == 134);
  CHECK(contains(ended.err, "\n  at inner ("));
  CHECK(contains(ended.err, "\n  at middle (app!func[2]) 0x4f\n  at _start ("));
}

TEST_CASE("functions that were inlined are in backtraces, from the cache too, and in core dumps", "[cli][optimize][inline][coredump]") {
  const TemporaryFolder folder;
  write_file(folder.file("app.wat"), "(module (memory (export \"memory\") 1)"
                                     "(func $divide (param i32) (result i32) (i32.div_s (i32.const 60) (local.get 0)))"
                                     "(func $middle (param i32) (result i32) (i32.add (call $divide (local.get 0)) (i32.const 1)))"
                                     "(func $outer (param i32) (result i32) (i32.mul (i32.const 3) (call $middle (local.get 0))))"
                                     "(func (export \"_start\") (drop (call $outer (i32.load (i32.const 0))))))");
  const std::string cache = "--cache-dir=" + folder.file("cache");
  const auto run_with = [&](const std::string& level) { return wasmrun({level, cache, "--coredump=" + folder.file("core"), folder.file("app.wat")}); };
  const Ended quick = run_with("-O0");
  const std::string dump = read_file(folder.file("core"));
  CHECK(contains(quick.err, "\n  at divide (app!func[0]) 0x3d\n  at middle (app!func[1]) 0x43\n  at outer (app!func[2]) 0x4f\n  at _start (app!func[3]) 0x5a\n"));
  CHECK(!dump.empty());
  for (const bool is_cached : {false, true}) {
    const Ended slow = run_with("-O2");
    INFO(is_cached << slow.err);
    CHECK(slow.status == 134);
    CHECK(slow.err == quick.err);
    CHECK(read_file(folder.file("core")) == dump);
  }
}

TEST_CASE("a function that the optimizing compiler does not have is compiled all the same, and -v says why", "[cli][optimize]") {
  const TemporaryFolder folder;
  const std::string params = "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)";
  write_file(folder.file("app.wat"), "(module (table 1 funcref) (type $all (func " + params + "))"
                                     "(func (export \"_start\") (drop (call $left (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)"
                                     " (i32.const 5) (i32.const 6) (i32.const 7) (i32.const 8) (i32.const 9) (i32.const 10))))"
                                     "(func $left " + params + " (result i32) (if (local.get 10) (then (return (call $trap (local.get 10)))))"
                                     " (return_call_indirect (type $same) (local.get 0) (local.get 1) (local.get 2)"
                                     " (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 9)"
                                     " (local.get 10) (i32.const 0)))"
                                     "(type $same (func " + params + " (result i32)))"
                                     "(func $trap (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 0))))");
  const Ended ended = wasmrun({"-v", "-O2", "--no-cache", folder.file("app.wat")});
  INFO(ended.err);
  CHECK(ended.status == 134);
  CHECK(contains(ended.err, "compiled, 1 function by the baseline: not supported yet: indirect tail call with every integer register in use"));
  // Lines and functions of both.
  const Ended quick = wasmrun({"-O0", "--no-cache", folder.file("app.wat")});
  CHECK(contains(quick.err, "\n  at trap (app!func[2]) 0x"));
  CHECK(contains(quick.err, "\n  at left (app!func[1]) 0x"));
  CHECK(wasmrun({"-O2", "--no-cache", folder.file("app.wat")}).err == quick.err);

  const Ended compiled = wasmrun({"compile", folder.file("app.wat"), "-o", folder.file("app.wasmx")});
  CHECK(compiled.status == 0);
  CHECK(contains(compiled.err, "compiled 1 function with -O0: not supported yet"));
  CHECK(wasmrun({"--allow-precompiled", folder.file("app.wasmx")}).err == quick.err);
}

TEST_CASE("a plugin of another build is refused", "[cli][optimize]") {
  const TemporaryFolder folder;
  const std::string command = WASMRUN_COMMAND;
  write_file(folder.file("wasmrun"), read_file(command), 0755);
  write_file(folder.file("app.wat"), "(module (func (export \"_start\")))");
  const std::string folder_of_command = command.substr(0, command.rfind('/') + 1);
  if (exists(folder_of_command + "wasmrun-llvm")) write_file(folder.file("wasmrun-llvm"), read_file(folder_of_command + "wasmrun-llvm"), 0755);
  std::string plugin = read_file(folder_of_command + "libwasmrun-llvm.so");
  write_file(folder.file("libwasmrun-llvm.so"), plugin);
  CHECK(run({.words = {"-O2", folder.file("app.wat")}, .program = folder.file("wasmrun")}).status == 0);

  // cmake/build_note.cmake: sizes, type and owner, then the checksum.
  const std::string_view before("\x08\0\0\0\x14\0\0\0\x01\0\0\0wasmrun\0", 20);
  const size_t place = plugin.find(before);
  REQUIRE(place != std::string::npos);
  plugin[place + before.size()] ^= 1;
  write_file(folder.file("libwasmrun-llvm.so"), plugin);
  const Ended ended = run({.words = {"-O2", folder.file("app.wat")}, .program = folder.file("wasmrun")});
  CHECK(ended.status == 125);
  CHECK(contains(ended.err, "libwasmrun-llvm.so is of another build of wasmrun; install the one that was built with this program"));
  CHECK(run({.words = {folder.file("app.wat")}, .program = folder.file("wasmrun")}).status == 0);
}

TEST_CASE("on a terminal long compilations say how far they are, and take it back", "[cli][optimize]") {
  SKIP_WITHOUT_GUEST("containers");
  SKIP_WITHOUT("/usr/bin/script", "no command that makes a terminal");
  const TemporaryFolder folder;
  for (const std::string& words : {"-O2 --no-cache " + guest("containers"), "cache warm --cache-dir=" + folder.file("cache") + " " + guest("containers"),
                                   "compile " + guest("containers") + " -o " + folder.file("app")}) {
    const Ended ended = run({.words = {"-qec", WASMRUN_COMMAND " " + words, "/dev/null"}, .program = "/usr/bin/script"});
    INFO(words);
    CHECK(ended.status == 0);
    const size_t shown = ended.out.rfind("\rcompiling containers: "), erased = ended.out.rfind("\r\x1b[K");
    REQUIRE(shown != std::string::npos);
    REQUIRE(erased != std::string::npos);
    CHECK(shown < erased);
  }
}

TEST_CASE("optimized code can be interrupted", "[cli][optimize][timeout]") {
  SKIP_WITHOUT_GUEST("spin");
#ifdef WASMRUN_SANITIZED  // compiling takes its time of it
  const char* const timeout = "--timeout=20s";
#else
  const char* const timeout = "--timeout=3s";
#endif
  const Ended ended = wasmrun({"-O2", timeout, guest("spin")});
  INFO(ended.err);
  CHECK(ended.status == 124);
  CHECK(contains(ended.err, "  at "));
}
#else
TEST_CASE("without its plugin the optimizing compiler is refused", "[cli][optimize]") {
  SKIP_WITHOUT_GUEST("hello");
  const Ended ended = wasmrun({"-O2", guest("hello")});
  CHECK(ended.status == 125);
  CHECK(contains(ended.err, "the optimizing compiler cannot be loaded"));
  CHECK(wasmrun({"-O0", guest("hello")}).status == 0);
}
#endif

TEST_CASE("levels that are none are wrong usage", "[cli][optimize]") {
  for (const char* option : {"-O9", "-O1", "-Ofast", "-O=2"}) {
    const Ended ended = run({.words = {option, "app.wasm"}});
    INFO(option << "\n" << ended.err);
    CHECK(ended.status == 125);
    CHECK(contains(ended.err, "-O"));
  }
}
