// wasi-threads: wasi.thread-spawn.
#include "tests/cli/command.h"

using namespace cli;

namespace {

/// A program of `_start` and `wasi_thread_start` with a memory that they share. Words at 0..63 are theirs.
std::string program(const std::string& main, const std::string& thread) {
  return R"((module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "env" "memory" (memory 2 16 shared))
  (export "memory" (memory 0))
  ;; Adds one and wakes whoever waits for it.
  (func $count (param $at i32)
    (drop (i32.atomic.rmw.add (local.get $at) (i32.const 1)))
    (drop (memory.atomic.notify (local.get $at) (i32.const -1))))
  (func $wait_until (param $at i32) (param $value i32) (local $now i32)
    (loop $again
      (local.set $now (i32.atomic.load (local.get $at)))
      (if (i32.lt_u (local.get $now) (local.get $value))
        (then (drop (memory.atomic.wait32 (local.get $at) (local.get $now) (i64.const -1))) (br $again)))))
  (func $fail_unless (param i32) (if (i32.eqz (local.get 0)) (then (call $exit (i32.const 99)))))
  ;; Writes one character; scratch space by its own.
  (func $put (param $character i32) (param $scratch i32)
    (i32.store (local.get $scratch) (i32.add (local.get $scratch) (i32.const 8)))
    (i32.store offset=4 (local.get $scratch) (i32.const 1))
    (i32.store8 offset=8 (local.get $scratch) (local.get $character))
    (call $fail_unless (i32.eqz (call $fd_write (i32.const 1) (local.get $scratch) (i32.const 1) (i32.add (local.get $scratch) (i32.const 12))))))
  (func (export "_start") (local $i i32) )" + main + R"()
  (func (export "wasi_thread_start") (param $number i32) (param $argument i32) (local $i i32) (local $scratch i32)
    (local.set $scratch (i32.add (i32.const 4096) (i32.mul (i32.const 64) (local.get $argument)))) )" + thread + "))";
}

Ended run_program(const std::string& text, std::vector<std::string> options = {}, bool keep_input_open = false) {
  const TemporaryFolder folder;
  write_file(folder.file("app.wat"), text);
  options.insert(options.begin(), "--timeout=60s");
  options.push_back(folder.file("app.wat"));
  return run({.words = std::move(options), .keep_input_open = keep_input_open});
}

}  // namespace

TEST_CASE("threads run at once and share the memory", "[cli][threads]") {
  // Each waits for all the others.
  const Ended ended = run_program(program(R"(
    (loop $next
      (call $fail_unless (i32.gt_s (call $spawn (local.get $i)) (i32.const 0)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50))))
    (call $wait_until (i32.const 4) (i32.const 50)))",
                                          R"(
    (call $count (i32.const 0))
    (call $wait_until (i32.const 0) (i32.const 50))
    (call $put (i32.const 0x78) (local.get $scratch))
    (call $count (i32.const 4)))"));
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(ended.out == std::string(50, 'x'));
}

TEST_CASE("threads that end make room, thousands one after the other", "[cli][threads]") {
  const Ended ended = run_program(program(R"(
    (loop $next
      (call $fail_unless (i32.eq (call $spawn (i32.const 0)) (i32.add (local.get $i) (i32.const 1))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (call $wait_until (i32.const 0) (local.get $i))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 5000)))))",
                                          "(call $count (i32.const 0))"));
  INFO(ended.err);
  CHECK(ended.status == 0);
}

TEST_CASE("a lock made of wait and notify keeps the sum of a hundred threads", "[cli][threads]") {
  // The lock is at 8, the sum at 12.
  const Ended ended = run_program(program(R"(
    (loop $next
      (call $fail_unless (i32.gt_s (call $spawn (local.get $i)) (i32.const 0)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (call $wait_until (i32.const 0) (i32.const 100))
    (call $fail_unless (i32.eq (i32.load (i32.const 12)) (i32.const 100000))))",
                                          R"(
    (loop $next
      (loop $try
        (if (i32.atomic.rmw.cmpxchg (i32.const 8) (i32.const 0) (i32.const 1))
          (then (drop (memory.atomic.wait32 (i32.const 8) (i32.const 1) (i64.const -1))) (br $try))))
      (i32.store (i32.const 12) (i32.add (i32.load (i32.const 12)) (i32.const 1)))
      (i32.atomic.store (i32.const 8) (i32.const 0))
      (drop (memory.atomic.notify (i32.const 8) (i32.const 1)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    (call $count (i32.const 0)))"));
  INFO(ended.err);
  CHECK(ended.status == 0);
}

#ifndef WASMRUN_SANITIZED  // each of thousands of threads costs the sanitizer ten milliseconds
TEST_CASE("when no more threads may run at once the program is told, and may start others when some are over", "[cli][threads]") {
  // All wait at 0, count themselves at 4, and at 8 when they go on. The system may allow fewer than wasmrun does.
  const Ended ended = run_program(program(R"(
    (local $result i32)
    (loop $next
      (local.set $result (call $spawn (local.get $i)))
      (if (i32.gt_s (local.get $result) (i32.const 0))
        (then (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next))))
    (call $fail_unless (i32.eq (local.get $result) (i32.const -6)))
    (call $fail_unless (i32.and (i32.gt_u (local.get $i) (i32.const 50)) (i32.le_u (local.get $i) (i32.const 4096))))
    (call $wait_until (i32.const 4) (local.get $i))
    (call $count (i32.const 0))
    (call $wait_until (i32.const 8) (local.get $i))
    (loop $again (br_if $again (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0))))
    (call $wait_until (i32.const 8) (i32.add (local.get $i) (i32.const 1))))",
                                          R"(
    (call $count (i32.const 4))
    (call $wait_until (i32.const 0) (i32.const 1))
    (call $count (i32.const 8)))"));
  INFO(ended.err);
  CHECK(ended.status == 0);
}
#endif

TEST_CASE("an exit of any thread ends the program with its status", "[cli][threads]") {
  const char* const wait_forever = "(drop (call $spawn (i32.const 0))) (call $wait_until (i32.const 0) (i32.const 1))";
  const Ended exited = run_program(program(wait_forever, "(call $exit (i32.const 7))"));
  INFO(exited.err);
  CHECK(exited.status == 7);
  CHECK(exited.err == "");
  const Ended looping = run_program(program("(drop (call $spawn (i32.const 0))) (loop (br 0))", "(call $exit (i32.const 0))"));
  CHECK(looping.status == 0);
}

TEST_CASE("a trap of any thread ends the program and is reported once", "[cli][threads]") {
  const Ended ended = run_program(program(R"(
    (loop $next (drop (call $spawn (local.get $i))) (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
    (i32.atomic.store (i32.const 0) (i32.const 1)) (drop (memory.atomic.notify (i32.const 0) (i32.const -1))) (loop (br 0)))",
                                          "(call $wait_until (i32.const 0) (i32.const 1)) (unreachable)"));
  INFO(ended.err);
  CHECK(ended.status == 134);
  CHECK(first_line(ended.err) == "wasmrun: trap: unreachable");
  CHECK(contains(ended.err, "wasi_thread_start"));
  CHECK(ended.err.find("trap:") == ended.err.rfind("trap:"));
}

TEST_CASE("the return of the first thread ends the program", "[cli][threads]") {
  const Ended ended = run_program(program("(drop (call $spawn (i32.const 0))) (call $wait_until (i32.const 0) (i32.const 1))",
                                          "(call $count (i32.const 0)) (loop (br 0))"));
  CHECK(ended.status == 0);
}

TEST_CASE("a thread that waits for input does not keep the others from the system", "[cli][threads]") {
  const char* const read = R"(
    (i32.store (i32.const 1024) (i32.const 2048)) (i32.store (i32.const 1028) (i32.const 16))
    (call $count (i32.const 0))
    (drop (call $fd_read (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 1032))))";
  const char* const poll = R"(
    (i32.store8 (i32.const 1032) (i32.const 1))
    (call $count (i32.const 0))
    (drop (call $poll (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 3072))))";
  for (const char* const wait : {read, poll}) {
    const Ended ended = run_program(program(std::string("(drop (call $spawn (i32.const 0)))") + wait,
                                            R"((call $wait_until (i32.const 0) (i32.const 1))
      (loop $next (call $put (i32.const 0x79) (local.get $scratch))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
      (drop (call $fd_close (i32.const 0)))
      (call $exit (i32.const 3)))"),
                                    {}, true);
    INFO(ended.err);
    CHECK(ended.status == 3);
    CHECK(ended.out == std::string(1000, 'y'));
    CHECK(ended.seconds < 30);
  }
}

TEST_CASE("files opened and closed by many threads do not mix", "[cli][threads]") {
  const TemporaryFolder folder;
  // Each thread opens "a".."h" of its own, writes, closes, again and again.
  const Ended ended = run_program(program(R"(
    (loop $next
      (call $fail_unless (i32.gt_s (call $spawn (local.get $i)) (i32.const 0)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
    (call $wait_until (i32.const 0) (i32.const 8)))",
                                          R"(
    (i32.store8 offset=32 (local.get $scratch) (i32.add (i32.const 0x61) (local.get $argument)))
    (loop $next
      (call $fail_unless (i32.eqz (call $path_open (i32.const 3) (i32.const 0) (i32.add (local.get $scratch) (i32.const 32)) (i32.const 1)
        (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 1) (i32.add (local.get $scratch) (i32.const 36)))))
      (i32.store (local.get $scratch) (i32.add (local.get $scratch) (i32.const 32)))
      (i32.store offset=4 (local.get $scratch) (i32.const 1))
      (call $fail_unless (i32.eqz (call $fd_write (i32.load offset=36 (local.get $scratch)) (local.get $scratch) (i32.const 1)
        (i32.add (local.get $scratch) (i32.const 12)))))
      (call $fail_unless (i32.eqz (call $fd_close (i32.load offset=36 (local.get $scratch)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500))))
    (call $count (i32.const 0)))"),
                                  {"--dir=" + folder.path() + "::/"});
  INFO(ended.err);
  CHECK(ended.status == 0);
  for (char name = 'a'; name <= 'h'; ++name) CHECK(read_file(folder.file(std::string(1, name))) == std::string(500, name));
}

TEST_CASE("a timeout ends a program of several threads", "[cli][threads][timeout]") {
  const Ended ended = run_program(program("(drop (call $spawn (i32.const 0))) (loop (br 0))", "(loop (br 0))"), {"--timeout=300ms"});
  CHECK(ended.status == 124);
}

namespace {

/// Each of four threads adds, subtracts and exchanges 2,000 times in cells of every width at once, and flips a bit of its own.
std::string contention() {
  std::string thread = "(loop $again\n";
  const std::vector<std::pair<std::string, int>> cells = {{"i32.atomic.rmw", 64}, {"i64.atomic.rmw", 72}, {"i32.atomic.rmw8", 80},
                                                          {"i64.atomic.rmw16", 82}, {"i64.atomic.rmw32", 84}};
  for (const auto& [name, at] : cells) {
    const std::string type = name.substr(0, 3), cell = "(i32.const " + std::to_string(at) + ")", u = name.ends_with("rmw") ? "" : "_u";
    const std::string bit = type == "i32" ? "(i32.shl (i32.const 1) (local.get $argument))" : "(i64.extend_i32_u (i32.shl (i32.const 1) (local.get $argument)))";
    const auto modify = [&](const std::string& op, int offset, const std::string& operand) {
      thread += "(drop (" + name + "." + op + u + " offset=" + std::to_string(offset) + " " + cell + " " + operand + "))\n";
    };
    modify("add", 0, "(" + type + ".const 3)");
    modify("sub", 0, "(" + type + ".const 2)");
    modify("xor", 32, bit);
    modify("or", 64, bit);
    // Each adds one unless another was quicker.
    const std::string load = "(" + type + ".atomic.load" + (name.ends_with("rmw") ? "" : name.substr(14) + "_u") + " offset=96 " + cell + ")";
    thread += "(loop $retry (local.set $" + type + " " + load + ")(br_if $retry (" + type + ".ne (local.get $" + type + ") (" + name + ".cmpxchg" + u +
              " offset=96 " + cell + " (local.get $" + type + ") (" + type + ".add (local.get $" + type + ") (" + type + ".const 1))))))\n";
  }
  thread += "(br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))\n(call $count (i32.const 0))";
  std::string main = "(loop $next (drop (call $spawn (local.get $i))) (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))"
                     "(call $wait_until (i32.const 0) (i32.const 4))\n";
  const auto holds = [&](const std::string& load, int at, int64_t value) {
    main += "(call $fail_unless (i64.eq (" + load + " (i32.const " + std::to_string(at) + ")) (i64.const " + std::to_string(value) + ")))\n";
  };
  for (const int rows : {0, 96}) {
    for (const auto& [load, at] : std::vector<std::pair<std::string, int>>{{"i64.load32_u", 64}, {"i64.load", 72}, {"i64.load16_u", 82}, {"i64.load32_u", 84}}) holds(load, at + rows, 8000);
    holds("i64.load8_u", 80 + rows, 8000 & 0xff);
  }
  // Flipped an even number of times; set by each.
  holds("i64.load", 96, 0);
  holds("i64.load", 104, 0);
  holds("i64.load8_u", 112, 0);
  holds("i64.load", 128, 15);
  holds("i64.load", 136, 15);
  holds("i64.load8_u", 144, 15);
  std::string text = program(main, thread);
  const std::string parameters = "(param $number i32) (param $argument i32)";
  return text.insert(text.find(parameters) + parameters.size(), " (local $i32 i32) (local $i64 i64)");
}

}  // namespace

TEST_CASE("no change of a shared cell is lost, whatever its width", "[cli][threads]") {
  CHECK(run_program(contention()).status == 0);
#ifdef WASMRUN_LLVM
  const Ended optimized = run_program(contention(), {"-v", "-O2"});
  INFO(optimized.err);
  CHECK(optimized.status == 0);
  CHECK(!contains(optimized.err, "compiled by the baseline"));
#endif
}

TEST_CASE("what threads cannot have is said", "[cli][threads]") {
  SECTION("without wasi_thread_start") {
    std::string text = program("(call $fail_unless (i32.eq (call $spawn (i32.const 0)) (i32.const -58)))", "");
    text.replace(text.find("\"wasi_thread_start\""), 19, "\"other\"");
    CHECK(run_program(text).status == 0);
  }
  SECTION("without a shared memory") {
    const Ended ended = run_program(R"((module (import "wasi" "thread-spawn" (func (param i32) (result i32))) (memory (export "memory") 1) (func (export "_start"))))");
    CHECK(ended.status == 126);
    CHECK(contains(ended.err, "the program starts threads but imports no shared memory"));
  }
  SECTION("in a deterministic run") {
    CHECK(run_program(program("(call $fail_unless (i32.eq (call $spawn (i32.const 0)) (i32.const -58)))", ""), {"--deterministic"}).status == 0);
  }
  SECTION("of another type") {
    const Ended ended = run_program(R"((module (import "wasi" "thread-spawn" (func (param i64))) (import "env" "memory" (memory 1 1 shared)) (func (export "_start"))))");
    CHECK(ended.status == 126);
    CHECK(contains(ended.err, "[i32] -> [i32]"));
  }
}
