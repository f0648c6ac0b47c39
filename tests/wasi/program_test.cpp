// What a program is told of itself and its world, case by case: arguments, environment, clocks, random bytes, its end.
#include <time.h>
#include <uv.h>

#include <set>

#include "tests/wasi/behaviour.h"

namespace wasmrun::wasi {

namespace {

struct Strings {
  std::vector<std::string> texts;
  uint32_t size_bytes;
};

/// Reads arguments ("args") or environment ("environ") as C libraries do.
Strings read_strings(Guest& guest, const std::string& which) {
  REQUIRE(guest.call(which + "_sizes_get", kResult, kResult + 4) == Errno::Success);
  const auto count = guest.get<uint32_t>(kResult);
  Strings strings{{}, guest.get<uint32_t>(kResult + 4)};
  REQUIRE(guest.call(which + "_get", 0x1000, kBuffer) == Errno::Success);
  for (uint32_t i = 0; i < count; ++i) {
    const auto at = guest.get<uint32_t>(0x1000 + 4 * i);
    REQUIRE((at >= kBuffer && at < kBuffer + strings.size_bytes));
    strings.texts.emplace_back(reinterpret_cast<const char*>(guest.memory().data() + at));
  }
  return strings;
}

Guest with_args(std::vector<std::string> args) {
  WasiOptions options;
  options.args = std::move(args);
  return Guest(std::move(options));
}
Guest with_env(std::vector<std::pair<std::string, std::string>> env) {
  WasiOptions options;
  options.env = std::move(env);
  return Guest(std::move(options));
}

uint64_t time_of(Guest& guest, uint32_t clock) {
  REQUIRE(guest.call("clock_time_get", clock, 0, kResult) == Errno::Success);
  return guest.get<uint64_t>(kResult);
}
uint64_t host_time(clockid_t clock) {
  timespec now;
  REQUIRE(::clock_gettime(clock, &now) == 0);
  return nanoseconds(now);
}

}  // namespace

TEST_CASE("arguments are strings one after the other, each with its zero", "[wasi][program][args_get]") {
  Guest guest = with_args({"prog", "a", "", "last"});
  const Strings args = read_strings(guest, "args");
  CHECK(args.texts == std::vector<std::string>{"prog", "a", "", "last"});
  CHECK(args.size_bytes == 5 + 2 + 1 + 5);
  CHECK(guest.text(kBuffer, args.size_bytes) == std::string("prog\0a\0\0last\0", 13));
}

TEST_CASE("arguments may be any bytes but zero", "[wasi][program][args_get]") {
  const std::vector<std::string> expected{"prog", "\xff\xfe", "a b\tc\n", "--dir=/", "\"'\\$", std::string(5000, 'x')};
  Guest guest = with_args(expected);
  CHECK(read_strings(guest, "args").texts == expected);
}

TEST_CASE("a program without arguments has none", "[wasi][program][args_get]") {
  Guest guest = with_args({});
  CHECK(read_strings(guest, "args").texts.empty());
  CHECK(guest.call("args_get", 0xffffffff, 0xffffffff) == Errno::Success);
}

TEST_CASE("ten thousand arguments arrive in order", "[wasi][program][args_get]") {
  std::vector<std::string> expected;
  for (int i = 0; i < 10'000; ++i) expected.push_back(std::to_string(i));
  WasiOptions options;
  options.args = expected;
  Guest guest(std::move(options));
  guest.resize_memory(0x100000);
  REQUIRE(guest.call("args_sizes_get", kResult, kResult + 4) == Errno::Success);
  REQUIRE(guest.get<uint32_t>(kResult) == 10'000);
  REQUIRE(guest.call("args_get", 0x10000, 0x80000) == Errno::Success);
  for (uint32_t i = 0; i < 10'000; ++i) {
    const auto at = guest.get<uint32_t>(0x10000 + 4 * i);
    if (guest.text(at, static_cast<uint32_t>(expected[i].size()) + 1) != expected[i] + '\0') FAIL(i);
  }
}

TEST_CASE("arguments that do not fit trap and write nothing", "[wasi][program][args_get]") {
  Guest guest = with_args({"prog", "argument"});
  const auto end = static_cast<uint32_t>(guest.memory().size());
  const std::string before(16, '#');
  guest.put(end - 16, before);
  CHECK_FALSE(guest.call("args_get", kResult, end - 13).trap.empty());
  CHECK_FALSE(guest.call("args_get", end - 7, kBuffer).trap.empty());
  CHECK(guest.text(end - 16, 16) == before);
  CHECK(guest.call("args_get", end - 24, end - 14) == Errno::Success);
}

TEST_CASE("the environment has the variables given, in order, and no others", "[wasi][program][environ_get]") {
  Guest guest = with_env({{"B", "2"}, {"A", "1"}, {"PATH_LIKE", "a:b=c"}});
  CHECK(read_strings(guest, "environ").texts == std::vector<std::string>{"B=2", "A=1", "PATH_LIKE=a:b=c"});
}

TEST_CASE("of a variable given twice the last value counts, at the first place", "[wasi][program][environ_get]") {
  Guest guest = with_env({{"A", "1"}, {"B", "2"}, {"A", "3"}, {"a", "4"}});
  CHECK(read_strings(guest, "environ").texts == std::vector<std::string>{"A=3", "B=2", "a=4"});
}

TEST_CASE("variables may be empty, and values any bytes", "[wasi][program][environ_get]") {
  Guest guest = with_env({{"EMPTY", ""}, {"BYTES", "\xff \n="}, {"UNICODE_\xc3\xa9", "x"}});
  CHECK(read_strings(guest, "environ").texts ==
        std::vector<std::string>{"EMPTY=", "BYTES=\xff \n=", "UNICODE_\xc3\xa9=x"});
}

TEST_CASE("asking twice gives the same arguments and environment", "[wasi][program][args_get][environ_get]") {
  WasiOptions options;
  options.args = {"prog", "x"};
  options.env = {{"A", "1"}};
  Guest guest(std::move(options));
  const auto args = read_strings(guest, "args").texts;
  const auto env = read_strings(guest, "environ").texts;
  CHECK(read_strings(guest, "args").texts == args);
  CHECK(read_strings(guest, "environ").texts == env);
}

TEST_CASE("the real time is the host's", "[wasi][program][clock_time_get]") {
  Guest guest(WasiOptions{});
  const uint64_t before = host_time(CLOCK_REALTIME);
  const uint64_t time = time_of(guest, kClockRealtime);
  CHECK(time >= before);
  CHECK(time <= host_time(CLOCK_REALTIME));
}

TEST_CASE("monotonic time never goes back and is never 0", "[wasi][program][clock_time_get]") {
  Guest guest(WasiOptions{});
  uint64_t last = 1;
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t time = time_of(guest, kClockMonotonic);
    if (time < last) FAIL(time);
    last = time;
  }
}

TEST_CASE("the precision of a clock is no demand", "[wasi][program][clock_time_get]") {
  Guest guest(WasiOptions{});
  for (const uint64_t precision : {uint64_t{0}, uint64_t{1}, UINT64_MAX}) {
    for (const uint32_t clock : {0u, 1u, 2u, 3u}) {
      CHECK(guest.call("clock_time_get", clock, precision, kResult) == Errno::Success);
    }
  }
}

TEST_CASE("the processor's time grows by work, not by sleep", "[wasi][program][clock_time_get]") {
  Guest guest(WasiOptions{});
  for (const uint32_t clock : {kClockProcessCpu, kClockThreadCpu}) {
    const uint64_t begin = time_of(guest, clock);
    ::usleep(30'000);
    const uint64_t slept = time_of(guest, clock) - begin;
    CHECK(slept < 20'000'000);
    const uint64_t until = host_time(CLOCK_THREAD_CPUTIME_ID) + 5'000'000;
    while (host_time(CLOCK_THREAD_CPUTIME_ID) < until) {
    }
    CHECK(time_of(guest, clock) - begin >= slept + 5'000'000);
  }
}

TEST_CASE("the resolution of a clock is the host's", "[wasi][program][clock_res_get]") {
  Guest guest(WasiOptions{});
  const clockid_t host[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
  for (uint32_t clock = 0; clock < 4; ++clock) {
    timespec resolution;
    REQUIRE(::clock_getres(host[clock], &resolution) == 0);
    REQUIRE(guest.call("clock_res_get", clock, kResult) == Errno::Success);
    CHECK(guest.get<uint64_t>(kResult) == nanoseconds(resolution));
  }
}

TEST_CASE("clocks that do not exist are invalid and write nothing", "[wasi][program][clock_time_get][clock_res_get]") {
  Guest guest(WasiOptions{});
  guest.set(kResult, uint64_t{77});
  for (const uint32_t clock : {4u, 5u, 0x100u, 0x10001u, 0x80000000u, 0xffffffffu}) {
    CHECK(guest.call("clock_time_get", clock, 0, kResult) == Errno::Inval);
    CHECK(guest.call("clock_res_get", clock, kResult) == Errno::Inval);
  }
  CHECK(guest.get<uint64_t>(kResult) == 77);
}

TEST_CASE("no random bytes may be asked for, anywhere", "[wasi][program][random_get]") {
  Guest guest(WasiOptions{});
  CHECK(guest.call("random_get", 0, 0) == Errno::Success);
  CHECK(guest.call("random_get", guest.memory().size(), 0) == Errno::Success);
  CHECK(guest.call("random_get", 0xffffffff, 0) == Errno::Success);
}

TEST_CASE("all of the memory can be filled with random bytes", "[wasi][program][random_get]") {
  Guest guest(WasiOptions{});
  REQUIRE(guest.call("random_get", 0, guest.memory().size()) == Errno::Success);
  std::vector<size_t> counts(256);
  for (const uint8_t byte : guest.memory()) ++counts[byte];
  // 1024 of each are expected; ten standard deviations are 320.
  for (const size_t count : counts) CHECK((count > 700 && count < 1350));
}

TEST_CASE("random bytes that do not fit trap and fill nothing", "[wasi][program][random_get]") {
  Guest guest(WasiOptions{});
  const auto end = static_cast<uint32_t>(guest.memory().size());
  guest.put(end - 8, "########");
  CHECK_FALSE(guest.call("random_get", end - 8, 9).trap.empty());
  CHECK_FALSE(guest.call("random_get", 0, 0xffffffff).trap.empty());
  CHECK(guest.text(end - 8, 8) == "########");
}

TEST_CASE("short random numbers do not repeat", "[wasi][program][random_get]") {
  Guest guest(WasiOptions{});
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(guest.call("random_get", kBuffer, 8) == Errno::Success);
    seen.insert(guest.get<uint64_t>(kBuffer));
  }
  CHECK(seen.size() == 1000);
}

TEST_CASE("every exit code of a byte is kept", "[wasi][program][proc_exit]") {
  Guest guest(WasiOptions{});
  for (uint32_t code = 0; code < 256; ++code) {
    const Reply reply = guest.call("proc_exit", code);
    if (!reply.exited || reply.exit_code != code) FAIL(code);
  }
}

TEST_CASE("a code of more than a byte is a failure unless it is 0", "[wasi][program][proc_exit]") {
  Guest guest(WasiOptions{});
  for (const uint32_t code : {0x100u, 0x200u, 0x7fffff00u, 0xffffff00u}) CHECK(guest.call("proc_exit", code).exit_code == 1);
  for (const uint32_t code : {0x1ffu, 0xffffffffu, 0xfffffffeu}) {
    CHECK(guest.call("proc_exit", code).exit_code == (code & 0xff));
  }
}

TEST_CASE("no signal that a guest raises reaches the host", "[wasi][program][proc_raise]") {
  Guest guest(WasiOptions{});
  for (uint32_t signal = 0; signal < 70; ++signal) CHECK(guest.call("proc_raise", signal) == Errno::Notsup);
  CHECK(guest.call("proc_raise", 0xffffffff) == Errno::Notsup);
}

TEST_CASE("yielding always succeeds", "[wasi][program][sched_yield]") {
  Guest guest(WasiOptions{});
  for (int i = 0; i < 100; ++i) CHECK(guest.call("sched_yield") == Errno::Success);
}

}  // namespace wasmrun::wasi
