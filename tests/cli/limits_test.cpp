// --timeout, --max-memory, --stack-size, and little address space.
#include "tests/cli/command.h"

using namespace cli;

TEST_CASE("a timeout ends a loop with 124 and says where it was", "[cli][timeout]") {
  SKIP_WITHOUT_GUEST("spin");
  const Ended ended = wasmrun({"--timeout=300ms", guest("spin")});
  INFO(ended.err);
  CHECK(ended.status == 124);
  CHECK(ended.out == "spinning\n");
  CHECK(first_line(ended.err) == "wasmrun: timed out after 300ms");
  CHECK(contains(ended.err, "  at "));
  CHECK(ended.seconds >= 0.3);
  CHECK(ended.seconds < 5);
}

TEST_CASE("a timeout bites in system calls too", "[cli][timeout]") {
  SKIP_WITHOUT_GUEST("spin");
  for (const char* call : {"read", "sleep", "poll"}) {
    const Ended ended = run({.words = {"--timeout=200ms", guest("spin"), call}, .keep_input_open = true});
    INFO(call << "\n" << ended.err);
    CHECK(ended.status == 124);
    CHECK(first_line(ended.err) == "wasmrun: timed out after 200ms");
    CHECK(ended.seconds < 5);
  }
}

TEST_CASE("a timeout counts from the start, reading the program included", "[cli][timeout]") {
  const Ended ended = run({.words = {"--timeout=100ms", "-"}, .keep_input_open = true});
  CHECK(ended.status == 124);
  CHECK(ended.err == "wasmrun: timed out after 100ms\n");
}

TEST_CASE("a program that ends in time is not touched by --timeout", "[cli][timeout]") {
  SKIP_WITHOUT_GUEST("hello");
  const Ended ended = wasmrun({"--timeout=1m", guest("hello")});
  CHECK(ended.status == 0);
  CHECK(ended.out == "hello, world\n");
  CHECK(ended.err == "");
  CHECK(ended.seconds < 30);
}

TEST_CASE("a limit of memory stops growth, which the program sees", "[cli][max-memory]") {
  SKIP_WITHOUT_GUEST("big_memory");
  CHECK(wasmrun({guest("big_memory")}).status == 100);
  CHECK(wasmrun({"--max-memory=1MiB", guest("big_memory")}).status == 16);
  CHECK(wasmrun({"--max-memory=65536", guest("big_memory")}).status == 1);
}

TEST_CASE("a program that needs more than --max-memory from the start cannot be run", "[cli][max-memory]") {
  SKIP_WITHOUT_GUEST("two_gib_minimum");
  const Ended ended = wasmrun({"--max-memory=1GiB", guest("two_gib_minimum")});
  INFO(ended.err);
  CHECK((ended.status == 126 || ended.status == 125));
  CHECK(ended.err.substr(0, 9) == "wasmrun: ");
}

TEST_CASE("the stack size decides how deep calls go", "[cli][stack-size]") {
  SKIP_WITHOUT_GUEST("recurse");
  const auto deep = [](const char* size, const char* calls) { return wasmrun({"--stack-size", size, guest("recurse"), "--invoke=deep", calls}); };
  CHECK(deep("64KiB", "100").out == "100\n");
  CHECK(deep("64KiB", "10000").status == 134);
  CHECK(deep("1MiB", "10000").out == "10000\n");
  CHECK(deep("64MiB", "500000").out == "500000\n");
}

TEST_CASE("a memory of 4 GiB works to its last byte and traps past it", "[cli][memory]") {
  SKIP_WITHOUT_GUEST("four_gib");
  CHECK(wasmrun({"--invoke=last", guest("four_gib")}).out == "77\n");
  const Ended past = wasmrun({"--invoke=past", guest("four_gib")});
  CHECK(past.status == 134);
  CHECK(contains(past.err, "out of bounds memory access"));
}

#ifndef WASMRUN_SANITIZED  // the sanitizer reserves terabytes of its own

TEST_CASE("programs run under ulimit -v 4000000", "[cli][memory]") {
  SKIP_WITHOUT_GUEST("compute");
  const uint64_t limit = uint64_t{4'000'000} << 10;
  const Ended ended = run({.words = {guest("compute")}, .address_space_bytes = limit});
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(ended.out == wasmrun({guest("compute")}).out);
  const Ended trapped = run({.words = {guest("trap"), "load"}, .address_space_bytes = limit});
  CHECK(trapped.status == 134);
  CHECK(contains(trapped.err, "out of bounds memory access"));
}

TEST_CASE("a memory that the system refuses to grow fails as the program expects", "[cli][memory]") {
  SKIP_WITHOUT_GUEST("four_gib");
  const Ended ended = run({.words = {"--invoke=grow", guest("four_gib")}, .address_space_bytes = uint64_t{4'000'000} << 10});
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(ended.out == "-1\n");
}

#endif

TEST_CASE("a heap that is full is a trap, and --gc-heap-size says when", "[cli][gc]") {
  const TemporaryFolder folder;
  // A list of 3,000,000 objects that stays alive.
  write_file(folder.file("list.wat"), R"((module
    (type $node (struct (field (ref null $node)) (field i64)))
    (func (export "_start") (local $list (ref null $node)) (local $i i32)
      (loop $again
        (local.set $list (struct.new $node (local.get $list) (i64.const 1)))
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3000000)))))
    (memory (export "memory") 1)))");
  CHECK(wasmrun({folder.file("list.wat")}).status == 0);
  const Ended full = wasmrun({"--gc-heap-size=16MiB", folder.file("list.wat")});
  CHECK(full.status == 134);
  CHECK(contains(full.err, "allocation failure"));
  CHECK(wasmrun({"--gc-heap-size=much", folder.file("list.wat")}).status == 125);
}

TEST_CASE("a limit of processor time ends a loop, and not a program that waits", "[cli][cpu-time]") {
  SKIP_WITHOUT_GUEST("spin");
  const Ended ended = wasmrun({"--cpu-time=200ms", guest("spin")});
  INFO(ended.err);
  CHECK(ended.status == 124);
  CHECK(first_line(ended.err) == "wasmrun: used 200ms of processor time");
  CHECK(contains(ended.err, "  at "));
  const Ended waiting = run({.words = {"--cpu-time=200ms", "--timeout=600ms", guest("spin"), "read"}, .keep_input_open = true});
  CHECK(waiting.status == 124);
  CHECK(first_line(waiting.err) == "wasmrun: timed out after 600ms");
}

TEST_CASE("what is written up to --max-output arrives, then the program ends", "[cli][max-output]") {
  SKIP_WITHOUT_GUEST("yes");
  const Ended ended = wasmrun({"--max-output=100001", "--timeout=1m", guest("yes")});
  INFO(ended.err);
  CHECK(ended.status == 124);
  CHECK(ended.out.size() == 100001);
  CHECK(first_line(ended.err) == "wasmrun: wrote more than 100001");
}

TEST_CASE("a program that writes as much as it may is not touched by --max-output", "[cli][max-output]") {
  SKIP_WITHOUT_GUEST("hello");
  const Ended all = wasmrun({"--max-output=13", guest("hello")});
  CHECK(all.status == 0);
  CHECK(all.out == "hello, world\n");
  const Ended most = wasmrun({"--max-output=12", guest("hello")});
  CHECK(most.status == 124);
  CHECK(most.out == "hello, world");
}

TEST_CASE("the limit of output counts files, appended, at positions and reserved", "[cli][max-output]") {
  SKIP_WITHOUT_GUEST("files");
  const TemporaryFolder folder;
  const Ended ended = wasmrun({"--max-output=3", "--dir=" + folder.path() + "::/data", guest("files"), "/data"});
  CHECK(ended.status == 124);
}

TEST_CASE("the limit of descriptors is what the program may have open, and enough to start with", "[cli][max-fds]") {
  SKIP_WITHOUT_GUEST("cat");
  const TemporaryFolder folder;
  write_file(folder.file("in.txt"), "hello\n");
  const std::string dir = "--dir=" + folder.path() + "::/data";
  CHECK(wasmrun({"--max-fds=5", dir, guest("cat"), "/data/in.txt"}).out == "hello\n");
  const Ended full = wasmrun({"--max-fds=4", dir, guest("cat"), "/data/in.txt"});
  CHECK(full.status == 5);
  CHECK(contains(full.err, "/data/in.txt: No file descriptors available"));
  const Ended too_few = wasmrun({"--max-fds=3", dir, guest("cat")});
  CHECK(too_few.status == 125);
  CHECK(first_line(too_few.err) == "wasmrun: --max-fds: 3 is too few: the program starts with 4, the standard streams included");
}

TEST_CASE("limits that are no numbers are wrong usage", "[cli][max-fds][max-output][cpu-time]") {
  for (const char* option : {"--max-fds=0", "--max-fds=many", "--max-fds=99999999999", "--max-output=", "--max-output=0", "--cpu-time=5", "--cpu-time=-1s"}) {
    const Ended ended = wasmrun({option, "app.wasm"});
    INFO(option << "\n" << ended.err);
    CHECK(ended.status == 125);
    CHECK(contains(ended.err, std::string(option).substr(0, 6)));
  }
}
