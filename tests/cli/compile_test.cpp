// `wasmrun compile`: files of machine code, and who may run them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cli/command.h"

using namespace cli;

namespace {

/// The program compiled by the baseline.
std::string compiled(const TemporaryFolder& folder, std::string_view program, std::vector<std::string> options = {"-O0"}) {
  const std::string file = folder.file(std::string(program) + ".wasmx");
  std::vector<std::string> words{"compile", guest(program), "-o", file};
  words.insert(words.end(), options.begin(), options.end());
  const Ended ended = wasmrun(words);
  INFO(ended.err);
  REQUIRE(ended.status == 0);
  CHECK(ended.out == "");
  CHECK(ended.err == "");
  return file;
}

Ended run_compiled(std::vector<std::string> words) {
  words.insert(words.begin(), "--allow-precompiled");
  return wasmrun(words);
}

}  // namespace

TEST_CASE("a compiled program does what its module does", "[cli][compile]") {
  SKIP_WITHOUT_GUEST("echo");
  SKIP_WITHOUT_GUEST("compute");
  SKIP_WITHOUT_GUEST("files");
  const TemporaryFolder folder;
  CHECK(run_compiled({compiled(folder, "echo"), "a", "--", "-b"}).out == wasmrun({"--argv0=echo.wasmx", guest("echo"), "a", "--", "-b"}).out);
  CHECK(run_compiled({compiled(folder, "compute")}).out == wasmrun({guest("compute")}).out);
  CHECK(run_compiled({"--dir=" + folder.path() + "::/data", compiled(folder, "files"), "/data"}).status == 0);
}

TEST_CASE("a compiled program traps with the same words, functions and offsets", "[cli][compile]") {
  SKIP_WITHOUT_GUEST("trap");
  SKIP_WITHOUT_GUEST("recurse");
  const TemporaryFolder folder;
  const std::string file = compiled(folder, "trap");
  for (const char* kind : {"divide", "unreachable", "load", "wrong-type", "abort"}) {
    const Ended ended = run_compiled({file, kind});
    CHECK(ended.status == 134);
    CHECK(ended.err == wasmrun({guest("trap"), kind}).err);
  }
  CHECK(first_line(run_compiled({compiled(folder, "recurse"), "100000000"}).err) == "wasmrun: trap: call stack exhausted");
}

TEST_CASE("threads and timeouts work in compiled programs", "[cli][compile][threads]") {
  SKIP_WITHOUT_GUEST("spin");
  const TemporaryFolder folder;
  // Ends when another thread, with an instance of its own, has written to the memory.
  write_file(folder.file("threads.wat"), R"((module
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "env" "memory" (memory 1 1 shared))
    (export "memory" (memory 0))
    (func (export "_start")
      (if (i32.le_s (call $spawn (i32.const 33)) (i32.const 0)) (then (call $exit (i32.const 1))))
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
      (call $exit (i32.atomic.load (i32.const 0))))
    (func (export "wasi_thread_start") (param i32 i32)
      (i32.atomic.store (i32.const 0) (local.get 1))
      (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))))");
  REQUIRE(wasmrun({"compile", "-O0", folder.file("threads.wat"), "-o", folder.file("threads")}).status == 0);
  CHECK(run_compiled({"--timeout=60s", folder.file("threads")}).status == 33);
  CHECK(run_compiled({"--timeout=1s", compiled(folder, "spin")}).status == 124);
}

TEST_CASE("a compiled program is not run unless it is allowed", "[cli][compile]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  const std::string file = compiled(folder, "hello");
  const Ended refused = wasmrun({file});
  CHECK(refused.status == 126);
  CHECK(refused.out == "");
  CHECK(contains(first_line(refused.err), "is a compiled program, which is run only with --allow-precompiled"));
  // Whatever its name, and for whoever looks at it as a module.
  write_file(folder.file("hello.wasm"), read_file(file));
  CHECK(wasmrun({folder.file("hello.wasm")}).status == 126);
  CHECK(wasmrun({"validate", file}).status == 126);
  CHECK(wasmrun({"inspect", file}).status == 126);
  CHECK(wasmrun({"compile", file, "-o", folder.file("again")}).status == 126);
  CHECK(run({.words = {"--allow-precompiled", "-"}, .input = read_file(file)}).status == 126);
  // A module is run in either case.
  CHECK(run_compiled({guest("hello")}).status == 0);
}

TEST_CASE("a damaged compiled program is refused", "[cli][compile]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  const std::string whole = read_file(compiled(folder, "hello"));
  const std::string file = folder.file("damaged");
  for (const size_t size : {size_t{8}, size_t{100}, size_t{1000}, whole.size() / 2, whole.size() - 1}) {
    write_file(file, whole.substr(0, size));
    const Ended ended = run_compiled({file});
    INFO(size << "\n" << ended.err);
    CHECK(ended.status == 126);
    CHECK(contains(ended.err, "damaged"));
    CHECK(contains(ended.err, "wasmrun compile"));
  }
  std::string changed = whole;
  changed[changed.size() - 1] ^= 1;
  write_file(file, changed);
  CHECK(run_compiled({file}).status == 126);
}

TEST_CASE("a compiled program for another build, processor or use says what to do", "[cli][compile]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  const std::string file = compiled(folder, "hello");
  for (const char* option : {"--deterministic", "--explicit-bounds-checks"}) {
    const Ended ended = run_compiled({option, file});
    INFO(ended.err);
    CHECK(ended.status == 126);
    CHECK(contains(ended.err, std::string("compiled without ") + option));
    CHECK(contains(ended.err, "Compile the program again"));
    CHECK(run_compiled({option, compiled(folder, "hello", {"-O0", option})}).status == 0);
  }
  CHECK(run_compiled({compiled(folder, "hello", {"-O0", "--target-cpu=x86-64-v2"})}).status == 0);
  const Ended unknown = wasmrun({"compile", "--target-cpu=pentium", guest("hello")});
  CHECK(unknown.status == 125);
  CHECK(contains(unknown.err, "x86-64-v3"));
}

TEST_CASE("what is written appears whole or not at all", "[cli][compile]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  const auto compile = [&](const std::string& input, const std::string& output) { return wasmrun({"compile", "-O0", input, "-o", output}); };
  const Ended full = compile(guest("hello"), "/dev/full");
  CHECK(full.status == 125);
  CHECK(full.err == "wasmrun: cannot write '/dev/full': No space left on device\n");
  CHECK(contains(compile(guest("hello"), folder.path()).err, "it is a directory"));
  CHECK(contains(compile(guest("hello"), folder.file("no/such")).err, "No such file or directory"));
  const std::string app = folder.file("app.wasm");
  write_file(app, read_file(guest("hello")));
  ::symlink("app.wasm", folder.file("link").c_str());
  for (const char* name : {"app.wasm", "link", "./app.wasm"}) CHECK(contains(compile(app, folder.file(name)).err, "it is the program itself"));
  CHECK(read_file(app) == read_file(guest("hello")));
  // A failure leaves what was there.
  write_file(folder.file("out"), "before");
  write_file(folder.file("bad.wasm"), std::string("\0asm\1\0\0\0\1\1", 10));
  CHECK(compile(folder.file("bad.wasm"), folder.file("out")).status == 126);
  CHECK(read_file(folder.file("out")) == "before");
  CHECK(compile(app, folder.file("out")).status == 0);
  CHECK(run_compiled({folder.file("out")}).status == 0);
  // Nothing of another name is left.
  ::unlink(folder.file("out").c_str());
  ::unlink(folder.file("bad.wasm").c_str());
  ::unlink(folder.file("link").c_str());
  ::unlink(app.c_str());
  CHECK(::rmdir(folder.path().c_str()) == 0);
  ::mkdir(folder.path().c_str(), 0700);
}

TEST_CASE("a compiled program has its module's name and another ending", "[cli][compile]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  CHECK(run({.words = {"compile", "-O0", guest("hello")}, .directory = folder.path()}).status == 0);
  CHECK(run_compiled({folder.file("hello.wasmx")}).out == wasmrun({guest("hello")}).out);
  const Ended unnamed = run({.words = {"compile", "-O0", "-"}, .input = read_file(guest("hello"))});
  CHECK(unnamed.status == 125);
  CHECK(contains(unnamed.err, "-o FILE"));
}

TEST_CASE("compiled code runs from a file system that forbids it", "[cli][compile]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  const std::string file = compiled(folder, "hello");
  // Where mounting is forbidden there is nothing to try.
  const std::string script = "mount -t tmpfs -o noexec none " + folder.path() + " 2>/dev/null || exit 77; cat > " + folder.file("x") +
                             " || exit 1; mount -o remount,ro,noexec " + folder.path() + " && exec " + WASMRUN_COMMAND + " --allow-precompiled " +
                             folder.file("x");
  const Ended ended = run({.words = {"-m", "sh", "-c", script}, .program = "/usr/bin/unshare", .input = read_file(file), .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}});
  if (ended.status == 77 || contains(ended.err, "unshare")) {
    std::printf("SKIPPED: mounting a file system is not allowed here\n");
    return;
  }
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(ended.out == wasmrun({guest("hello")}).out);
}

#ifdef WASMRUN_LLVM
TEST_CASE("a program compiled for speed catches what it throws, and finds its objects", "[cli][compile][optimize]") {
  const TemporaryFolder folder;
  write_file(folder.file("app.wat"), "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32))) (memory (export \"memory\") 1)"
                                     "(tag $e (param i32)) (type $b (struct (field i32))) (func $t (param i32) (throw $e (local.get 0)))"
                                     "(func (export \"_start\") (local $x i32) (local $o (ref null $b))"
                                     "  (local.set $x (i32.const 20)) (local.set $o (struct.new $b (i32.const 15)))"
                                     "  (call $exit (i32.add (block $c (result i32)"
                                     "      (try_table (catch $e $c) (local.set $x (i32.const 7)) (call $t (i32.const 20))) (unreachable))"
                                     "    (i32.add (local.get $x) (struct.get $b 0 (local.get $o)))))))");
  REQUIRE(wasmrun({"compile", "-O2", folder.file("app.wat"), "-o", folder.file("app.wasmx")}).status == 0);
  CHECK(run_compiled({folder.file("app.wasmx")}).status == 42);
}

TEST_CASE("compile makes fast code unless it is told otherwise", "[cli][compile][optimize]") {
  SKIP_WITHOUT_GUEST("compute");
  const TemporaryFolder folder;
  const std::string fast = compiled(folder, "compute", {});
  CHECK(run_compiled({fast}).out == wasmrun({guest("compute")}).out);
  CHECK(read_file(fast).find("LLVM") != std::string::npos);
}
#else
TEST_CASE("without its plugin compile says that it cannot make fast code", "[cli][compile][optimize]") {
  SKIP_WITHOUT_GUEST("hello");
  const TemporaryFolder folder;
  const Ended refused = wasmrun({"compile", "-O2", guest("hello"), "-o", folder.file("x")});
  CHECK(refused.status == 125);
  CHECK(contains(refused.err, "the optimizing compiler cannot be loaded"));
  CHECK(contains(refused.err, "-O0"));
  const Ended quiet = wasmrun({"compile", guest("hello"), "-o", folder.file("x")});
  CHECK(quiet.status == 0);
  CHECK(contains(quiet.err, "compiling with -O0"));
}
#endif
