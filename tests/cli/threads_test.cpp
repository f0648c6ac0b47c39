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
